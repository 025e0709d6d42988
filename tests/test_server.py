"""The server: closed where it should be, quick to start, the settings in force, nothing fetched from outside."""

from __future__ import annotations

import gzip
import os
import re
import socket
import stat
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import serve
from ui import assets
from ui.frame import SECTIONS

ROOT = Path(__file__).parent.parent
NAMES = [name for names in SECTIONS.values() for name in names]


def fetch(url: str, method: str = "GET", **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers with lower-case names, and body, whatever the status."""
    request = urllib.request.Request(url, method=method, headers=headers, data=b"x" if method == "PUT" else None)
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, {k.lower(): v for k, v in error.headers.items()}, error.read()


def handshake(port: int, **headers: str) -> int:
    """The status that the server answers a WebSocket request with."""
    lines = {"Host": f"127.0.0.1:{port}", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
             "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", **headers}  # fmt: skip
    asked = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", port), timeout=10) as raw:
        raw.sendall(f"GET /_stcore/stream HTTP/1.1\r\n{asked}\r\n".encode())
        return int(raw.recv(200).split()[1])


def run_serve(**environment: str) -> subprocess.CompletedProcess:
    base = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    command = [sys.executable, "serve.py"]
    return subprocess.run(command, cwd=ROOT, env=base | environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_says_one_line_and_no_more(launch: Callable) -> None:
    server = launch("serve")
    assert fetch(f"{server.url}/")[0] == 200
    time.sleep(2)  # the warm-up would complain by now
    assert server.log() == f"Nabla is at {server.url}   (stop with Ctrl+C)\n"


@pytest.mark.parametrize("headless", ["1", "0"])
def test_headless_decides_about_the_browser(headless: str, launch: Callable, tmp_path: Path) -> None:
    fake, opened = tmp_path / "browser", tmp_path / "opened"
    fake.write_text(f'#!/bin/sh\nprintf %s "$1" > "{opened}"\n')
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    server = launch("serve", HEADLESS=headless, BROWSER=f"{fake} %s")
    deadline = time.monotonic() + 3
    while not opened.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert opened.exists() == (headless == "0")
    if opened.exists():
        time.sleep(0.2)
        assert opened.read_text() == server.url


@pytest.mark.parametrize("port", ["eighty", "70000", "-1", "٨٥٠١"])
def test_a_port_that_is_none_is_refused_with_a_sentence(port: str) -> None:
    done = run_serve(PORT=port, HEADLESS="1")
    assert done.returncode == 2
    assert "is not a port number" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(server) -> None:
    done = run_serve(PORT=str(server.port), HEADLESS="1")
    assert done.returncode == 1
    assert f"PORT={server.port + 1} make run" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux answers on all of 127.0.0.0/8")
@pytest.mark.parametrize("way", ["serve", "streamlit"])
def test_it_listens_on_this_machine_only(way: str, launch: Callable) -> None:
    server = launch(way)
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", server.port), timeout=5):
        pass


def test_host_opens_it_to_others(launch: Callable) -> None:
    server = launch("serve", HOST="0.0.0.0")
    assert handshake(server.port, Host="class.example:1", Origin="http://class.example:1") == 101


@pytest.mark.parametrize(
    "path", ["/_stcore/upload_file/a/b", "/_stcore/metrics", "/_stcore/agent/interact", "/_stcore/script-health-check"]
)
def test_routes_that_nobody_needs_are_refused(path: str, server) -> None:
    for method in ("GET", "PUT", "POST"):
        assert fetch(server.url + path, method)[0] == 403


@pytest.mark.parametrize("path", ["/", "/loss", "/_stcore/health", "/_stcore/metrics", assets.PLOTLY_ROUTE, "/nowhere.js"])
def test_every_answer_carries_the_headers(path: str, server) -> None:
    _, headers, _ = fetch(server.url + path)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'self'" in policy
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_a_school_may_embed_it(launch: Callable) -> None:
    server = launch("serve", FRAME_ANCESTORS="'self' https://lms.example")
    assert fetch(server.url)[1]["content-security-policy"].endswith("frame-ancestors 'self' https://lms.example")


def test_the_stream_is_for_our_own_pages(server) -> None:
    own = f"http://127.0.0.1:{server.port}"
    assert handshake(server.port, Origin=own) == 101
    assert handshake(server.port, Origin="http://evil.example") == 403
    # A rebound name: Host and Origin agree with each other, and are not ours.
    assert handshake(server.port, Host="evil.example", Origin="http://evil.example") == 403


def test_small_answers_leave_at_once() -> None:
    """TCP_NODELAY is on. Without it a click waits 40 ms for the browser's delayed acknowledgement."""

    async def app(scope, receive, send) -> None:
        if scope["type"] == "lifespan":
            for done in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{done}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"ok"})

    server = serve.make_server(app, "127.0.0.1", 0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            time.sleep(0.01)
        with socket.create_connection(server.servers[0].sockets[0].getsockname()) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
            (connection,) = server.server_state.connections
            accepted = connection.transport.get_extra_info("socket")
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        server.should_exit = True
        thread.join(10)


def test_settings_are_in_force() -> None:
    """Asked from Streamlit itself, in a process that starts as serve.py does, and from another folder."""
    code = (
        "import os, sys; sys.path.insert(0, os.environ['NABLA']); import serve, streamlit as st; serve.make_app();"
        "names = sys.argv[1:]; print([st.get_option(name) for name in names]); print(os.environ['OMP_NUM_THREADS'])"
    )
    wanted = {
        "runner.postScriptGC": False,
        "runner.magicEnabled": False,
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.showErrorLinks": False,
        "client.toolbarMode": "viewer",
        "server.fileWatcherType": "none",
        "server.address": "127.0.0.1",
        "server.enableXsrfProtection": True,
        "server.enableCORS": True,
        "server.enableAgentApi": False,
        "server.maxUploadSize": 1,
        "server.maxWidgetStateSize": 2,
    }
    done = subprocess.run(
        [sys.executable, "-c", code, *wanted],
        cwd="/", env=os.environ | {"NABLA": str(ROOT)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    first, second = done.stdout.strip().splitlines()[-2:]
    assert first == str(list(wanted.values()))
    assert second == "1"


def test_it_does_not_start_with_the_collection_that_makes_a_class_wait() -> None:
    code = "import serve, streamlit as st; serve.st.get_option = lambda name: True; raise SystemExit(serve.main())"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "runner.postScriptGC" in done.stderr


def test_warming_up_freezes_what_is_loaded_and_leaves_torch_alone() -> None:
    code = (
        "import gc, sys, serve; serve.warm_up(); print(gc.get_freeze_count(), 'torch' in sys.modules, "
        "'plotly.graph_objects' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    frozen, torch, plotly = done.stdout.split()
    assert int(frozen) > 50_000
    assert (torch, plotly) == ("False", "True")
    assert "cannot be imported" not in done.stderr


def test_plotly_comes_from_the_installed_package(server) -> None:
    original = assets.plotly_file().read_bytes()
    status, headers, body = fetch(f"{server.url}{assets.PLOTLY_ROUTE}?v=1", **{"Accept-Encoding": "gzip"})
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]
    assert len(body) < 2_000_000
    assert gzip.decompress(body) == original
    status, headers, body = fetch(f"{server.url}{assets.PLOTLY_ROUTE}")
    assert "content-encoding" not in headers
    assert body == original


def test_plotly_comes_under_streamlit_run_too(launch: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(assets.SERVED, raising=False)
    address = assets.plotly_url()
    assert re.fullmatch(r"/app/static/plotly\.min\.js\?v=[\d.]+", address)
    status, headers, body = fetch(launch("streamlit").url + address)
    assert status == 200
    assert "javascript" in headers["content-type"]
    assert body == assets.plotly_file().read_bytes()


def test_the_address_of_plotly_depends_on_who_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(assets.SERVED, "1")
    assert assets.plotly_url() == f"{assets.PLOTLY_ROUTE}?v={assets.plotly_version()}"


@pytest.mark.parametrize("way", ["serve", "streamlit"])
def test_nothing_is_requested_from_outside(way: str, launch: Callable, visit: Callable) -> None:
    server = launch(way)
    own = (server.url, server.url.replace("http", "ws"), "data:", "blob:")
    for name in NAMES:
        for lang in ("en", "zh"):
            page = visit(f"{server.url}/{'' if name == 'home' else name}?lang={lang}")
            page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]').wait_for(
                state="attached", timeout=20_000
            )
            page.get_by_role("heading", level=1).first.wait_for(timeout=20_000)
            page.wait_for_timeout(700)
            assert [url for url in page.asked if not url.startswith(own)] == []
            assert [text for text in page.complaints if "404" not in text] == []  # Streamlit looks for itself below the page
            page.context.close()


def test_there_is_no_uploader() -> None:
    test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()
    assert not test.get("file_uploader")
