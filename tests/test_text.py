"""Interface text: the same keys and placeholders in every language, nothing empty, nothing missing, nothing left over."""

from __future__ import annotations

import ast
import json
import re
import string
from pathlib import Path

import pytest

from ui import i18n

ROOT = Path(__file__).parent.parent
PARTS = sorted({file.name.split(".")[0] for file in i18n.FOLDER.glob("*.json")})
OTHERS = [lang for lang in i18n.LANGUAGES if lang != "en"]


def catalogue(part: str, lang: str) -> dict[str, str]:
    pairs = json.loads((i18n.FOLDER / f"{part}.{lang}.json").read_text("utf-8"), object_pairs_hook=list)
    keys = [key for key, _ in pairs]
    assert len(keys) == len(set(keys)), f"{part}.{lang}.json repeats a key"
    return dict(pairs)


def placeholders(sentence: str) -> set[str]:
    """The names in braces; braces of LaTeX hold no plain name after a backslash command, so they are left out first."""
    return set(re.findall(r"(?<![\\_^}a-zA-Z])\{([a-z_]+)\}", sentence))


def sources() -> str:
    """Everything that may name a key: Python, JavaScript, and the texts of lessons."""
    files = [
        f
        for room in ("ui", "pages", "lessons", "engine")
        for kind in ("py", "js", "md", "json")
        for f in (ROOT / room).rglob(f"*.{kind}")
    ]
    return "\n".join(f.read_text("utf-8") for f in files if f.parent != i18n.FOLDER)


def test_every_part_is_in_every_language() -> None:
    for lang in i18n.LANGUAGES:
        assert {f.name.split(".")[0] for f in i18n.FOLDER.glob(f"*.{lang}.json")} == set(PARTS)
    strangers = [f.name for f in i18n.FOLDER.glob("*.json") if f.name.split(".")[1] not in i18n.LANGUAGES]
    assert not strangers


@pytest.mark.parametrize("lang", OTHERS)
@pytest.mark.parametrize("part", PARTS)
def test_the_same_keys(part: str, lang: str) -> None:
    assert catalogue(part, lang).keys() == catalogue(part, "en").keys()


@pytest.mark.parametrize("lang", OTHERS)
@pytest.mark.parametrize("part", PARTS)
def test_the_same_placeholders(part: str, lang: str) -> None:
    english, other = catalogue(part, "en"), catalogue(part, lang)
    odd = {key: (english[key], other[key]) for key in english if placeholders(english[key]) != placeholders(other[key])}
    assert not odd


@pytest.mark.parametrize("lang", list(i18n.LANGUAGES))
@pytest.mark.parametrize("part", PARTS)
def test_values_are_sentences(part: str, lang: str) -> None:
    for key, value in catalogue(part, lang).items():
        assert isinstance(value, str), key
        assert value.strip(), key
        assert value == value.strip() or len(value) < 4, f"{key} begins or ends with a space and is no joint"


@pytest.mark.parametrize("part", PARTS)
def test_chinese_is_chinese(part: str) -> None:
    # A value without a Chinese character is a symbol or a name that both languages share; a sentence must not stay English.
    english, chinese = catalogue(part, "en"), catalogue(part, "zh")
    left = {k: v for k, v in chinese.items() if not re.search(r"[\u4e00-\u9fff]", v) and len(re.findall(r"[a-z]{3,}", v)) > 2}
    assert not left
    assert not {k: v for k, v in english.items() if re.search(r"[\u4e00-\u9fff]", v) and k != "language.label"}


def test_keys_belong_to_one_part() -> None:
    for lang in i18n.LANGUAGES:
        assert len(i18n.text(lang)) == sum(len(catalogue(part, lang)) for part in PARTS)


def test_every_key_named_in_python_exists() -> None:
    known, missing = i18n.text("en"), []
    for file in [f for room in ("ui", "pages") for f in (ROOT / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("t", "i18n.t") and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and first.value not in known:
                    missing.append(f"{file.name}:{node.lineno} {first.value}")
                elif isinstance(first, ast.Constant):
                    given = {keyword.arg for keyword in node.keywords}
                    assert None in given or placeholders(known[first.value]) == given, f"{file.name}:{node.lineno}"
    assert not missing


def patterns() -> list[re.Pattern[str]]:
    """What the f-strings of our Python can turn into, as far as they start with plain text: f"page.{x}" -> page\\..+"""
    found = []
    for file in [f for room in ("ui", "pages", "lessons") for f in (ROOT / room).rglob("*.py")]:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.JoinedStr)
                and isinstance(first := node.values[0], ast.Constant)
                and "." in str(first.value)
            ):
                parts = (re.escape(str(v.value)) if isinstance(v, ast.Constant) else ".+" for v in node.values)
                found.append(re.compile("".join(parts)))
    return found


def test_no_key_is_left_over() -> None:
    """A key counts as used when the whole of it, or its tail after some dot, is written as a string somewhere, or an f-string
    can become it. What this finds is surely unused; it may miss some."""
    written = set(re.findall(r"""["'`.{} ]([A-Za-z_][A-Za-z0-9_.-]*)(?=["'`{])""", sources()))
    written |= {f.stem for room in ("pages", "lessons") for f in (ROOT / room).rglob("*.*")}
    made = patterns()
    unused = []
    for key in i18n.text("en"):
        parts = key.split(".")
        tails = (".".join(parts[i:]) for i in range(len(parts)))
        if not any(tail in written for tail in tails) and not any(pattern.fullmatch(key) for pattern in made):
            unused.append(key)
    assert not unused


def test_text_is_read_only_and_strict() -> None:
    with pytest.raises(TypeError):
        i18n.text("en")["page.home"] = "x"
    with pytest.raises(KeyError):
        i18n.text("xx")


@pytest.mark.parametrize(
    ("locale", "lang"),
    [("zh-CN", "zh"), ("zh-Hans-CN", "zh"), ("zh_TW", "zh"), ("en-GB", "en"), ("de", "en"), ("", "en"), (None, "en")],
)
def test_the_locale_chooses(locale: str | None, lang: str) -> None:
    assert i18n.preferred(locale) == lang


def test_sentences_fill_in() -> None:
    for lang in i18n.LANGUAGES:
        names = [name for _, name, _, _ in string.Formatter().parse(i18n.text(lang)["error.page"]) if name]
        assert names == ["code"]
