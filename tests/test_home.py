"""Promise: twenty seconds after opening the home page a newcomer has trained a network, and every picture is the engine's."""

from __future__ import annotations

import base64
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import ui.player
from engine import Refused, advance, predict, start
from engine.passes import forward
from lessons.tiny import EXTENT, GOOD, MAX_SEED, TINY, experiment, points
from ui.i18n import text
from ui.player.recording import SURFACE, TILE, Facts, recording

STARTS = 50
GAPS = """() => new Promise((done) => {
  const gaps = [];
  let last = performance.now();
  const end = last + 4000;
  const look = (now) => { gaps.push(now - last); last = now; if (now < end) requestAnimationFrame(look); else done(gaps); };
  requestAnimationFrame(look);
})"""


def numbers(part: dict, name: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(part[name]), dtype=kind)


# ---------------------------------------------------------------- the runs


@pytest.mark.parametrize("set_id", TINY)
def test_nearly_every_start_learns(set_id: str) -> None:
    ends = [recording.__wrapped__(set_id, seed)[1] for seed in range(STARTS)]
    learned = sum(end.learned for end in ends)
    print(f"{set_id}: {learned} of {STARTS} starts reach {GOOD:.0%}, worst {min(end.right for end in ends)} of 100")  # noqa: T201
    assert learned >= 0.9 * STARTS
    assert not any(end.diverged for end in ends)


@pytest.mark.parametrize("set_id", TINY)
def test_the_first_run_learns_and_is_small(set_id: str) -> None:
    part, facts = recording(set_id, TINY[set_id].first)
    assert facts.learned
    assert facts.last < facts.first
    assert sum(len(value) for value in part.values() if isinstance(value, str)) < 400_000


@pytest.mark.parametrize("set_id", TINY)
def test_what_is_shown_is_what_was_trained(set_id: str) -> None:
    part, facts = recording(set_id, 1)
    run = experiment(set_id, 1)
    updates = TINY[set_id].updates
    theta = numbers(part, "theta", "<f4").reshape(updates + 1, -1)
    x, t = points(set_id)
    for k in (0, 1, part["at"][17], updates):
        state = advance(start(run), k)
        assert np.array_equal(theta[k], state.theta.astype("<f4"))
        right = (predict(run.network, state.params, x) > 0.5) == t
        assert numbers(part, "right", "u1")[k] == right.sum()
        wrong = np.unpackbits(numbers(part, "wrong", "u1").reshape(updates + 1, -1)[k])[: len(x)]
        assert np.array_equal(wrong.astype(bool), ~right[:, 0])
    assert facts.right == numbers(part, "right", "u1")[-1]


def test_the_pictures_are_forward_passes() -> None:
    part, _ = recording("moons", 0)
    run = experiment("moons", 0)
    shot = 30
    state = advance(start(run), part["at"][shot])
    row, column = 3, 11
    for name, cells in (("surface", SURFACE), ("tiles", TILE)):
        place = EXTENT * np.array([[(2 * column + 1) / cells - 1, 1 - (2 * row + 1) / cells]])
        hidden, output = forward_of(run.network, state.params, place)
        picture = numbers(part, name, "u1").reshape(len(part["at"]), -1, cells, cells)[shot]
        expected = [255 * output] if name == "surface" else [127.5 + 127.5 * a for a in hidden]
        assert picture[:, row, column] == pytest.approx(expected, abs=0.51)


def forward_of(network: object, params: object, place: np.ndarray) -> tuple[np.ndarray, float]:
    from engine import get_backend

    hidden, output = forward(get_backend(), network, params, place).activations
    return hidden[0], float(output[0, 0])


def test_points_kept_back_are_others_and_nothing_is_writeable() -> None:
    for set_id in TINY:
        (x, t), (other, _) = points(set_id), points(set_id, seen=False)
        assert t.mean() == 0.5
        assert not np.isin(x, other).any()
        assert np.abs(x).max() < EXTENT
        with pytest.raises(ValueError, match="read-only"):
            x[0] = 0


@pytest.mark.parametrize(("set_id", "seed"), [("cube", 0), ("ring", -1), ("ring", MAX_SEED + 1), ("ring", True), ("ring", "1")])
def test_other_runs_are_refused(set_id: str, seed: int) -> None:
    with pytest.raises(Refused):
        experiment(set_id, seed)


@pytest.mark.parametrize(
    "asked", [None, 7, {}, {"set": "cube", "seed": 0}, {"set": ["ring"], "seed": 0}, {"set": "ring", "seed": 1e400}]
)
def test_a_forged_choice_keeps_the_last_one(monkeypatch: pytest.MonkeyPatch, asked: object) -> None:
    state = {"player": {"choice": asked}, "player.choice": {"set": "moons", "seed": 3}}
    monkeypatch.setattr(ui.player, "st", SimpleNamespace(session_state=state))
    ui.player._choose()
    assert state["player.choice"] == {"set": "moons", "seed": 3}


# ---------------------------------------------------------------- the words


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_run_that_fails_is_told_as_it_is(lang: str) -> None:
    words = text(lang)
    good = Facts(400, 100, 99, 97, 0.7, 0.05, None, False)
    stuck = Facts(400, 100, 83, 80, 0.7, 0.31, (120, 0.2, 0.35), False)
    away = Facts(31, 100, 99, 97, 0.7, float("nan"), None, True)
    levels = [ui.player.verdict(facts, words)["level"] for facts in (good, stuck, away)]
    assert levels == ["good", "fair", "bad"]
    told = ui.player.verdict(stuck, words)
    assert "83" in told["text"]
    assert all(number in told["note"] for number in ("120", "0.200", "0.350"))
    assert "31" in ui.player.verdict(away, words)["text"]


def test_the_browser_calculates_nothing() -> None:
    code = ui.player.javascript()
    assert not re.findall(r"Math\.(?:tanh|exp|log|pow)|sigmoid|\*\*", code)
    assert "innerHTML" not in code
    assert not re.search(r"^(?:import|export (?!default))", code, re.MULTILINE)


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_the_modules_fit_together(tmp_path: object) -> None:
    file = tmp_path / "player.mjs"
    file.write_text(ui.player.javascript(), encoding="utf-8")
    subprocess.run(["node", "--check", str(file)], check=True, capture_output=True)


# ---------------------------------------------------------------- in the browser


def status(page: Page) -> str:
    return page.get_by_test_id("player-status").inner_text()


def p95(gaps: list[float]) -> float:
    return sorted(gaps)[int(0.95 * len(gaps))]


def update(page: Page) -> int:
    return int(re.search(r"\d+", status(page)).group())


def test_a_newcomer_trains_a_network_within_twenty_seconds(server: object, visit: Callable[..., Page]) -> None:
    page = visit("about:blank")
    sent: list[int] = []
    page.on("websocket", lambda stream: stream.on("framesent", lambda _: sent.append(1)))
    began = time.monotonic()
    page.goto(server.url)
    train = page.get_by_role("button", name="Train", exact=True)
    expect(train).to_be_in_viewport(timeout=15_000)
    train.click()
    before = len(sent)
    assert before, "the page talks to the server"
    gaps = [page.evaluate(GAPS)]
    verdict = page.get_by_test_id("player-verdict")
    expect(verdict).to_be_visible(timeout=15_000)
    expect(verdict).to_contain_text("Learned")
    took = time.monotonic() - began
    assert took < 20
    # Other work on the machine only ever adds to a gap, so the best of three plays counts.
    while p95(gaps[-1]) > 50 and len(gaps) < 3:
        page.get_by_role("button", name="Train", exact=True).click()
        gaps.append(page.evaluate(GAPS))
        expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible(timeout=15_000)
    print(f"open to trained: {took:.1f} s; 95 of 100 frames within {min(map(p95, gaps)):.1f} ms")  # noqa: T201
    assert min(map(p95, gaps)) <= 200, "it stutters"  # how smooth exactly is for benchmarks, on a quiet machine
    assert len(sent) == before, "nothing is sent while it plays"
    assert re.fullmatch(r"update 400 of 400 · loss 0\.\d{3} · \d+ of 100 points right", status(page))
    assert not page.complaints
    assert not [url for url in page.asked if "127.0.0.1" not in url and not url.startswith(("data:", "blob:"))]
    page.get_by_test_id("player-links").get_by_role("link", name="Backpropagation").click()
    expect(page).to_have_url(re.compile("/backpropagation"))


def test_everything_goes_by_keyboard(server: object, visit: Callable[..., Page]) -> None:
    page = visit(server.url)
    expect(page.get_by_role("button", name="Train", exact=True)).to_be_visible(timeout=15_000)
    page.keyboard.press("Space")
    page.wait_for_timeout(900)
    page.keyboard.press("Space")
    here = update(page)
    assert 0 < here < 400
    page.keyboard.press("ArrowLeft")
    assert update(page) == here - 1
    page.keyboard.press("Shift+ArrowRight")
    assert update(page) == here + 9
    page.get_by_role("slider").focus()
    page.keyboard.press("Home")
    assert update(page) == 0
    page.keyboard.press("End")
    assert update(page) == 400
    page.get_by_role("button", name="Neuron h3").focus()
    page.keyboard.press("Enter")
    formula = page.get_by_test_id("player-formula")
    expect(formula).to_have_text(re.compile(r"^h3 = tanh\(.*x1 [+−] \d\.\d{3} · x2 [+−] \d\.\d{3}\)$"))
    theta = numbers(recording("ring", TINY["ring"].first)[0], "theta", "<f4").reshape(401, -1)[400]
    shown = [float(n.replace("−", "-").replace(" ", "")) for n in re.findall(r"(?:− ?)?\d+\.\d{3}", formula.inner_text())]
    assert shown == pytest.approx([theta[2], theta[6], theta[10]], abs=5.1e-4)
    page.get_by_text("The pictures in words").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("player-twin")).to_contain_text("The loss began at")


def test_another_start_and_other_points(server: object, visit: Callable[..., Page]) -> None:
    page = visit(server.url)
    page.get_by_role("button", name="Train", exact=True).click(timeout=15_000)
    page.get_by_role("button", name="Pause", exact=True).click()
    first = update(page)
    page.wait_for_timeout(200)
    assert update(page) == first, "pause stops at once"
    page.get_by_role("button", name="Again with other starting weights").click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.get_by_role("button", name="Moons").click()
    expect(page.get_by_test_id("player-status")).to_contain_text("update 0 of 600")
    expect(page.get_by_role("button", name="Moons")).to_have_attribute("aria-pressed", "true")
    assert not page.complaints


def test_less_motion_means_ten_still_pictures(server: object, visit: Callable[..., Page]) -> None:
    page = visit(server.url, reduced_motion="reduce")
    page.get_by_role("button", name="Train", exact=True).click(timeout=15_000)
    seen = set()
    deadline = time.monotonic() + 12
    while (at := update(page)) < 400 and time.monotonic() < deadline:
        seen.add(at)
    assert seen <= set(range(0, 400, 40))
    assert len(seen) >= 8


@pytest.mark.parametrize(
    ("lang", "scheme", "width"), [("zh-CN", "dark", 390), ("en-US", "light", 390), ("zh-CN", "light", 800)]
)
def test_it_fits_and_speaks(server: object, visit: Callable[..., Page], lang: str, scheme: str, width: int) -> None:
    page = visit(server.url, locale=lang, color_scheme=scheme, viewport={"width": width, "height": 844})
    train = page.get_by_role("button", name="Train")
    expect(train).to_be_in_viewport(timeout=15_000)
    expect(train).to_have_text("训练" if lang == "zh-CN" else "Train")
    player = page.get_by_test_id("player")
    expect(player).to_have_attribute("data-theme", scheme)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width
    over = """(root) => [...root.querySelectorAll('*')].filter((n) => n.getBoundingClientRect().right > innerWidth + 1
      && !n.closest('svg')).map((n) => n.className)"""
    assert player.evaluate(over) == []
    assert not page.complaints
