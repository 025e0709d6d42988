"""Fixtures: a real server on a free port, and a real browser.

A test that needs the browser is skipped with the reason when there is no chromium; with CI=true in the environment it fails.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).parent.parent
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
COMMANDS = {
    "serve": [sys.executable, "serve.py"],
    "streamlit": [sys.executable, "-m", "streamlit", "run", "app.py"],
}


class Running:
    """A server that a test started. url: its address without a slash at the end. log(): what it has printed."""

    def __init__(self, process: subprocess.Popen, port: int, file: Path) -> None:
        self.process, self.port, self.file = process, port, file
        self.url = f"http://127.0.0.1:{port}"

    def log(self) -> str:
        return self.file.read_text(encoding="utf-8")


@contextmanager
def running(way: str, folder: Path, **environment: str) -> Iterator[Running]:
    """Start the app through serve.py ("serve") or `streamlit run` ("streamlit") and stop it afterwards."""
    port = free_port()
    base = {name: value for name, value in os.environ.items() if not name.startswith(("STREAMLIT_", "HOST", "PORT"))}
    base |= {"PORT": str(port), "HEADLESS": "1", **environment}
    command = COMMANDS[way]
    if way == "streamlit":
        command = [*command, "--server.port", str(port), "--server.headless", "true"]
    file = folder / f"{way}-{port}.log"
    with file.open("w", encoding="utf-8") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=base, stdout=out, stderr=subprocess.STDOUT)
    server = Running(process, port, file)
    try:
        _wait_until_healthy(server)
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait_until_healthy(server: Running, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{server.url}/_stcore/health", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    pytest.fail(f"the server did not come up:\n{server.log()}")


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Start fresh servers: launch("serve") or launch("streamlit", NAME="value"); all are stopped after the test."""
    with ExitStack() as stack:
        yield lambda way="serve", **environment: stack.enter_context(running(way, tmp_path, **environment))


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One server, through serve.py, for all tests that need not be the first visitor."""
    with running("serve", tmp_path_factory.mktemp("server")) as one:
        yield one


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium from Debian, or from the PATH."""
    path = next((p for name in ("chromium", "chromium-browser", "google-chrome") if (p := shutil.which(name))), None)
    if path is None:
        reason = "needs a browser: apt install chromium fonts-noto-cjk"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a new private window: visit(url, locale="zh-CN", color_scheme="dark", viewport={...}) -> a page at that address.

    The page carries .asked, the addresses it requested, and .complaints, its console errors and uncaught exceptions.
    """
    contexts: list[BrowserContext] = []

    def open_window(url: str, **options: object) -> Page:
        options.setdefault("viewport", {"width": 1366, "height": 768})
        options.setdefault("locale", "en-US")
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.asked, page.complaints = [], []
        page.on("request", lambda request: page.asked.append(request.url))
        page.on("websocket", lambda stream: page.asked.append(stream.url))
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
        page.goto(url)
        return page

    yield open_window
    for context in contexts:
        context.close()
