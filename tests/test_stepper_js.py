"""The stepper's JavaScript keeps its promises, checked in a real browser without a server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from ui.stepper.bundle import ORDER, css, javascript

ROOT = Path(__file__).parents[1]
HERE = Path(__file__).parent / "js"
STEPPER = ROOT / "ui" / "stepper"
ORIGIN = "http://stepper.test"
RUN = """
async ([file, words]) => {
  const { default: tests } = await import(file);
  const failures = [];
  for (const [name, test] of Object.entries(tests)) {
    try { await test(words); } catch (error) { failures.push(`${name}: ${error.message}`); }
  }
  return { count: Object.keys(tests).length, failures };
}
"""


def _words(language: str) -> dict[str, str]:
    return json.loads((ROOT / "ui" / "text" / f"stepper.{language}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.route(f"{ORIGIN}/**", _serve)
    page.goto(f"{ORIGIN}/")
    yield page
    page.close()


def _serve(route: object) -> None:
    path = route.request.url.removeprefix(ORIGIN).split("?")[0]
    if path == "/":
        route.fulfill(body="<!doctype html><html lang='en'><title>tests</title><body></body></html>", content_type="text/html")
        return
    if path == "/bundle.js":
        body = javascript()
    elif path == "/bundle.css":
        route.fulfill(body=css(), content_type="text/css")
        return
    elif path.startswith("/stepper/"):
        body = (STEPPER / Path(path).name).read_text(encoding="utf-8")
    else:
        body = (HERE / Path(path).name).read_text(encoding="utf-8")
    # the modules import each other by "./name.js"
    route.fulfill(body=body, content_type="text/javascript")


@pytest.mark.parametrize("name", sorted(path.name for path in HERE.glob("*.test.js")))
def test_javascript(page: object, name: str) -> None:
    result = page.evaluate(RUN, [f"/js/{name}", _words("en")])
    assert result["count"] > 0
    assert not result["failures"], "\n".join(result["failures"])


def test_bundle_is_one_module() -> None:
    source = javascript()
    assert not re.search(r"^import ", source, re.MULTILINE)
    assert len(re.findall(r"^export default function", source, re.MULTILINE)) == 1
    assert not re.search(r"^export (?!default)", source, re.MULTILINE)
    names = re.findall(r"^(?:async )?(?:function|const|let) (\w+)", source, re.MULTILINE)
    assert len(names) == len(set(names)), sorted({name for name in names if names.count(name) > 1})
    assert {path.stem for path in STEPPER.glob("*.js")} == set(ORDER)


def test_files_are_small_and_safe() -> None:
    for path in STEPPER.glob("*.js"):
        source = path.read_text(encoding="utf-8")
        assert source.count("\n") <= 300, path.name
        assert not re.search(r"innerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", source), path.name
        assert "://" not in source.replace("http://www.w3.org/2000/svg", ""), path.name
    for path in STEPPER.glob("*.css"):
        assert path.read_text(encoding="utf-8").count("\n") <= 400, path.name
        assert path.read_text(encoding="utf-8") in css(), path.name
    assert "url(" not in css()


def test_words_are_complete_in_both_languages() -> None:
    english, chinese = _words("en"), _words("zh")
    assert english.keys() == chinese.keys()
    for key, text in english.items():
        assert text.strip() and chinese[key].strip(), key
        blanks = re.findall(r"\{\w+\}", text)
        assert set(blanks) >= set(re.findall(r"\{\w+\}", chinese[key])), key


def test_every_word_the_code_asks_for_exists() -> None:
    english = _words("en")
    for path in STEPPER.glob("*.js"):
        for key in re.findall(r"\bw(?:\.raw)?\(\"([^\"]+)\"", path.read_text(encoding="utf-8")):
            assert key in english or path.name == "words.js", f"{path.name}: {key}"
