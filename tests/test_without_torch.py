"""Promise: without PyTorch the app starts and every lesson works; with it, autograd joins the other witnesses by itself."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from lessons.examples import for_lesson
from tests.conftest import Running, running
from tests.stepping import WAIT, Stepper, addresses, ours, run_of
from ui.i18n import text

LESSONS = ("forward_pass", "loss", "backpropagation", "gradient_descent")
# Python runs a module of this name when it starts: from then on this process has no torch.
ABSENT = """
import importlib.machinery
real = importlib.machinery.PathFinder.find_spec.__func__
def find_spec(cls, name, path=None, target=None):
    return None if name.partition(".")[0] == "torch" else real(cls, name, path, target)
importlib.machinery.PathFinder.find_spec = classmethod(find_spec)
"""
BROKEN = "raise OSError('libtorch_cpu.so: cannot open shared object file')\n"


@contextmanager
def server_with(folder: Path, files: dict[str, str]) -> Iterator[Running]:
    """A server whose Python path begins with these files."""
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    with running("serve", folder, PYTHONPATH=str(folder)) as server:
        yield server


def test_the_blocker_hides_torch(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(ABSENT)
    code = (
        "import importlib.util, numpy; assert importlib.util.find_spec('torch') is None\n"
        "try: import torch\nexcept ImportError: print('none')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == "none\n"


def test_without_torch_every_lesson_steps_and_says_what_is_missing(tmp_path: Path, visit: Callable) -> None:
    with server_with(tmp_path, {"sitecustomize.py": ABSENT}) as server:
        page = visit("about:blank")
        for lesson in LESSONS:
            example = for_lesson(lesson)[0]
            trace = run_of(example=example)
            last = min(38, len(trace.program.ops) - 1)
            page.goto(f"{server.url}/{lesson}?s={last - 3}")
            stepper = Stepper(page)
            for op in range(last - 3, last + 1):
                stepper.agrees(trace, op)
                told = " ".join(stepper.look()["badges"])
                assert "autograd: install torch" in told
                assert "scalar graph ✓" in told
                if addresses(trace)[op].startswith("d"):
                    assert "central differences ✓" in told
                assert "✗" not in told
                stepper.next()
            expect(page.get_by_test_id("stException")).to_have_count(0)
        page.goto(f"{server.url}/backpropagation?lang=zh")
        words = text("zh", "stepper")
        assert any(words["missing.torch"] in badge for badge in Stepper(page).look()["badges"])
        assert ours(page) == []
        assert "Traceback" not in server.log()


def test_a_broken_torch_counts_as_none(tmp_path: Path, visit: Callable) -> None:
    with server_with(tmp_path, {"torch/__init__.py": BROKEN}) as server:
        stepper = Stepper(visit(f"{server.url}/backpropagation?s=17"))
        expect(stepper.root.get_by_text("autograd: install torch")).to_be_visible(timeout=WAIT)
        assert stepper.next()["count"] == "19 / 47"
        assert "Traceback" not in server.log()


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="needs torch")
def test_with_torch_the_badge_fills_itself_in_while_stepping_goes_on(launch: Callable, visit: Callable) -> None:
    server = launch("serve")
    stepper = Stepper(visit(f"{server.url}/backpropagation?s=17"))
    page, trace = stepper.page, run_of()
    node, seen = stepper.root.element_handle(), stepper.watch()
    page.evaluate(
        """() => {
          window.faded = 0;
          const look = () => {
            for (const one of document.querySelectorAll("[data-testid=stMain] [data-stale=true]"))
              if (parseFloat(getComputedStyle(one).opacity) < 0.99) window.faded += 1;
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    badge = stepper.root.locator(".nb-panel .nb-badge", has_text="autograd ✓")
    slowest, op = 0.0, 17
    for _ in range(60):
        began = page.evaluate("performance.now()")
        stepper.rest()
        stepper.press("ArrowRight")
        op += 1
        stepper.agrees(trace, op)
        slowest = max(slowest, page.evaluate("performance.now()") - began)
        if badge.count() or op == 45:
            break
        page.wait_for_timeout(1000)
    expect(badge).to_be_visible(timeout=1000)
    assert slowest < 2000
    told = seen()
    assert (told["gone"], told["empty"]) == (0, 0)
    assert told["least"] > 300
    assert page.evaluate("window.faded") == 0
    assert node.evaluate("(old, now) => old === now", stepper.root.element_handle())
    assert ours(page) == []
