"""Promise: a live chart follows the stepper in the browser, in one node, without a blank frame, in both themes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
import pytest

from ui.assets import plotly_file
from ui.chart import chart, compact
from ui.i18n import text
from ui.theme import DARK, LIGHT

ROOT = Path(__file__).parent.parent
SCRIPT = """
from unittest import mock
import streamlit as st
import ui.chart
from engine import Dense, Experiment, Loss, Network, record_run
from ui.figures import activation_point, loss_curve
from ui.i18n import language, text

st.session_state.setdefault("rate", 0.5)
if st.button("Faster"):
    st.session_state.rate *= 2
experiment = Experiment(
    Network(2, (Dense(2, "sigmoid"), Dense(2, "sigmoid"))), Loss("squared_error"), x=((0.05, 0.10),), t=((0.01, 0.99),),
    parameters=(0.15, 0.25, 0.20, 0.30, 0.35, 0.35, 0.40, 0.50, 0.45, 0.55, 0.60, 0.60),
    learning_rate=st.session_state.rate, frozen=("b1", "b2"),
)
trace = record_run(experiment, updates=12)
address = "/nabla/plotly.min.js" if "served" in st.query_params else "/app/static/plotly.min.js"
with mock.patch.object(ui.chart, "plotly_url", lambda: address):
    ui.chart.chart(loss_curve(trace=trace, words=text(language())), key="loss")
    ui.chart.chart(activation_point(trace=trace, words=text(language())), key="point", source="only-this-stepper")
st.text(f"rate {st.session_state.rate}")
"""
# Counts, frame by frame, the pictures in which the first chart shows no line.
WATCH = """() => {
  window.seen = { frames: 0, blank: 0 };
  const look = () => {
    const line = document.querySelector('.nb-chart-plot .scatterlayer .trace path.js-line');
    window.seen.frames += 1;
    if (!line || !(line.getAttribute('d') || '').length || !line.isConnected) window.seen.blank += 1;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
STEP = "detail => window.dispatchEvent(new CustomEvent('nabla:step', { detail }))"
PLOT = "document.querySelectorAll('.nb-chart-plot')"


def test_compact_rounds_to_seven_digits_and_drops_what_is_not_finite() -> None:
    assert compact({"x": (1 / 3, float("nan")), "y": [True, None, "a", np.int64(7)]}) == {
        "x": [0.3333333, None],
        "y": [True, None, "a", 7],
    }


def test_a_chart_without_words_is_refused() -> None:
    with pytest.raises(ValueError, match="alternative text"):
        chart(go.Figure(), key="silent")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Streamlit server with two charts, started for this file."""
    folder = tmp_path_factory.mktemp("chart")
    (folder / "probe.py").write_text(SCRIPT, encoding="utf-8")
    (folder / "static").mkdir()
    shutil.copyfile(plotly_file(), folder / "static" / "plotly.min.js")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(folder / "probe.py"),
        f"--server.port={port}",
        "--server.headless=true",
    ]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(240):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=2):
                    break
            except OSError:
                assert server.poll() is None, "the server stopped"
                time.sleep(0.25)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.fixture
def page(browser, address, request) -> Iterator[object]:
    """A page with both charts drawn; parametrise with context options."""
    options = {"viewport": {"width": 900, "height": 900}, "locale": "en-US"} | getattr(request, "param", {})
    context = browser.new_context(**options)
    page = context.new_page()
    page.problems = []
    page.hosts = set()
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("request", lambda sent: page.hosts.add(sent.url.split("/")[2]) if sent.url.startswith("http") else None)
    page.goto(address)
    drawn(page)
    yield page
    assert page.problems == []
    assert page.hosts == {address.removeprefix("http://")}
    context.close()


def drawn(page) -> None:
    page.wait_for_function(f"{PLOT}.length === 2 && [...{PLOT}].every(p => p.querySelector('path.js-line'))", timeout=60_000)


def step(page, **detail) -> None:
    page.evaluate(STEP, detail)


def cursor(page, update: int) -> None:
    page.wait_for_function(f"k => {PLOT}[0].data[1].x[0] === k", arg=update, timeout=10_000)


def test_follows_the_stepper_without_a_server_trip_or_a_blank_frame(page) -> None:
    page.evaluate(f"() => {{ {PLOT}[0].mark = 'kept'; }}")
    page.evaluate(WATCH)
    words = page.get_by_role("group").first
    before = words.get_attribute("aria-label")
    for update in range(12):
        step(page, update=update)
        cursor(page, update)
    page.evaluate(f"() => {{ for (let k = 0; k < 12; k += 1) ({STEP})({{ update: 11 - k }}); ({STEP})({{ update: 5 }}); }}")
    cursor(page, 5)  # the newest wins
    seen = page.evaluate("window.seen")
    assert seen["frames"] > 12
    assert seen["blank"] == 0
    assert page.evaluate(f"{PLOT}[0].mark") == "kept"
    assert words.get_attribute("aria-label") != before
    step(page, update=99)  # not recorded: the last picture stays
    page.wait_for_timeout(200)
    cursor(page, 5)


def test_follows_addresses_of_its_own_stepper_only(page) -> None:
    def point() -> list[float]:
        return page.evaluate(f"[{PLOT}[1].data[3].x[0], {PLOT}[1].data[3].y[0]]")

    start = point()
    step(page, id="another", update=0, address="a2[0,1]")
    page.wait_for_timeout(200)
    assert point() == start
    step(page, id="only-this-stepper", update=0, address="a2[0,1]")
    page.wait_for_function(f"{PLOT}[1].data[3].x[0] > 1")
    there = point()
    assert there == pytest.approx([1.2249214, 0.7729285], abs=1e-6)  # net_o2 and out_o2 of the published example
    step(page, id="only-this-stepper", update=0, address="W2[0,0]")  # no unit: the picture keeps its place
    page.wait_for_timeout(200)
    assert point() == there


def test_a_rerun_keeps_node_and_zoom(page) -> None:
    page.evaluate(f"() => {{ {PLOT}[0].mark = 'kept'; }}")
    page.evaluate(WATCH)
    box = page.locator(".nb-chart-plot .nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.7 * box["height"], steps=5)
    page.mouse.up()
    reset = page.get_by_role("button", name="Reset view").first
    reset.wait_for(state="visible")
    zoomed = page.evaluate(f"{PLOT}[0]._fullLayout.xaxis.range")
    assert zoomed[0] > 2
    old = page.evaluate(f"{PLOT}[0].data[0].y[3]")
    step(page, update=4)
    cursor(page, 4)
    page.get_by_role("button", name="Faster").click()
    page.wait_for_function(f"old => {PLOT}[0].data[0].y[3] !== old", arg=old, timeout=20_000)
    cursor(page, 4)  # where the stepper stands survives the rerun as well
    assert page.evaluate(f"{PLOT}[0].mark") == "kept"
    assert page.evaluate(f"{PLOT}[0]._fullLayout.xaxis.range") == pytest.approx(zoomed)
    assert page.evaluate("window.seen.blank") == 0
    reset.press("Enter")
    page.wait_for_function(f"{PLOT}[0]._fullLayout.xaxis.range[0] < 0")
    reset.wait_for(state="hidden")


@pytest.mark.parametrize("page", [{"color_scheme": "dark", "locale": "zh-CN"}], indirect=True)
def test_dark_and_chinese(page) -> None:
    assert page.evaluate(f"{PLOT}[0].data[0].line.color") == DARK["loss"]
    assert page.evaluate(f"{PLOT}[0]._fullLayout.font.color") == DARK["ink"]
    assert page.locator(".nb-chart-title").first.text_content() == text("zh")["figure.loss_curve.title"]
    page.emulate_media(color_scheme="light")  # the theme changes under a running chart
    page.wait_for_function(f"colour => {PLOT}[0].data[0].line.color === colour", arg=LIGHT["loss"], timeout=10_000)


@pytest.mark.parametrize("page", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_text_twin_keyboard_and_small_screen(page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    group = page.get_by_role("group", name="Curve of the loss").first
    assert group.evaluate("g => [...g.querySelectorAll('svg')].every(s => s.getAttribute('aria-hidden') === 'true')")
    summary = group.get_by_text("Show as table")
    summary.focus()
    page.keyboard.press("Enter")
    rows = group.locator("tbody tr")
    rows.first.wait_for()
    assert "0.2983711" in rows.first.text_content()
    assert group.locator("th").all_text_contents() == ["what", "updates done", "loss"]
    with page.expect_download() as download:
        group.get_by_role("button", name="Download image").press("Enter")
    assert download.value.suggested_filename == "loss.png"
    # Every tick and label lies inside the picture.
    outside = page.evaluate(
        f"""() => [...{PLOT}].flatMap(plot => {{
          const frame = plot.getBoundingClientRect();
          return [...plot.querySelectorAll('text')].filter(t => t.textContent.trim() && t.getBoundingClientRect().width)
            .map(t => [t.textContent, t.getBoundingClientRect()])
            .filter(([, box]) => box.left < frame.left - 1 || box.right > frame.right + 1).map(([content]) => content);
        }})"""
    )
    assert outside == []


@pytest.mark.parametrize("page", [{"color_scheme": "dark"}, {"color_scheme": "light"}], indirect=True)
def test_axe_finds_nothing(page) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for summary in page.get_by_text("Show as table").all():
        summary.click()
    page.locator("tbody tr").first.wait_for()
    page.wait_for_timeout(300)
    found = axe.run(page, context=".nb-chart").response["violations"]
    assert [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found] == []


def test_plotly_from_a_route_with_a_script_type(browser, address) -> None:
    """As serve.py answers it: one request, run by a script tag, shared by all charts."""
    context = browser.new_context()
    page = context.new_page()
    asked = []
    page.route(
        "**/nabla/plotly.min.js*",
        lambda route: (asked.append(1), route.fulfill(path=plotly_file(), content_type="text/javascript")),
    )
    page.goto(f"{address}/?served=1")
    drawn(page)
    assert len(asked) == 1
    context.close()
