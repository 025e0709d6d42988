"""Nabla's server: `python serve.py`, or `make run`.

One process answers everybody. The look and Streamlit's settings are in .streamlit/config.toml; this file adds what that file
cannot say. Environment: PORT (8501), HOST (127.0.0.1), HEADLESS=1 (do not open a browser), FRAME_ANCESTORS ('self'; who may
embed the app), ALLOWED_HOSTS (comma separated names under which the app may be reached; on 127.0.0.1 only local ones).
"""

from __future__ import annotations

import os

# Many small sessions share few cores: a pool of BLAS threads per session makes all of them slower. NumPy reads this at import.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import asyncio
import gc
import gzip
import importlib
import logging
import pkgutil
import sys
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import streamlit as st
import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from ui.assets import PLOTLY_ROUTE, SERVED, plotly_file

ROOT = Path(__file__).parent.resolve()
LOCAL = ("127.0.0.1", "localhost", "::1")
REFUSED = ("/_stcore/upload_file", "/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")
YEAR = "public, max-age=31536000, immutable"
# Everything ships with us, and the browser holds us to it. Streamlit needs inline styles and compiles components at run time.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob: data:; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' data: blob:; worker-src 'self' blob:; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors {}"
)


class Guard:
    """ASGI middleware: refuses the routes that nobody needs and adds security headers to every answer.

    The upload route takes files into memory from anyone, uploader or not; the metrics route is for operators.
    """

    def __init__(self, app: ASGIApp, ancestors: str = "'self'") -> None:
        self.app = app
        self.headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"same-origin"),
            (b"content-security-policy", POLICY.format(ancestors).encode("ascii")),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = {name for name, _ in self.headers}
                theirs = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
                message = {**message, "headers": [*theirs, *self.headers]}
            await send(message)

        if scope["path"].startswith(REFUSED):
            await Response("Not available here.\n", 403)(scope, receive, with_headers)
        else:
            await self.app(scope, receive, with_headers)


class Server(uvicorn.Server):
    """A uvicorn server that says where it is as soon as it can be reached, and opens a browser there if asked to."""

    def __init__(self, settings: uvicorn.Config, headless: bool = True) -> None:
        super().__init__(settings)
        self.headless = headless

    async def startup(self, sockets: list | None = None) -> None:
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        address = f"http://{shown}:{port}"
        print(f"Nabla is at {address}   (stop with Ctrl+C)", flush=True)
        if not self.headless:
            asyncio.get_running_loop().run_in_executor(None, webbrowser.open, address)


def make_server(app: ASGIApp, host: str, port: int, headless: bool = True) -> Server:
    """The server for an ASGI app. uvicorn makes the socket itself: only then is TCP_NODELAY on, which saves 40 ms a click."""
    settings = uvicorn.Config(
        app, host=host, port=port, ws="websockets-sansio", ws_max_size=2 * 1024 * 1024, log_level="warning", access_log=False
    )
    return Server(settings, headless)


def make_app() -> st.App:
    """The ASGI app: Streamlit behind the Guard, plus the route of plotly.min.js."""
    ancestors = os.environ.get("FRAME_ANCESTORS", "'self'")
    return st.App(
        ROOT / "app.py",
        routes=[Route(PLOTLY_ROUTE, plotly)],
        middleware=[Middleware(Guard, ancestors=ancestors)],
        lifespan=lifespan,
    )


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict]:
    """Around the server's life: warm up beside the first requests, so that the address answers at once."""
    threading.Thread(target=warm_up, name="warm-up", daemon=True).start()
    yield {}


def warm_up() -> None:
    """Import every module of ours, then take what is loaded out of the garbage collector's rounds for good."""
    for package in ("engine", "lessons", "ui"):
        for found in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            try:
                importlib.import_module(found.name)
            except Exception:  # the page that needs it will say so; the server itself goes on
                logging.getLogger("nabla").exception("%s cannot be imported", found.name)
    packed()
    gc.collect()
    gc.freeze()


def plotly(request: Request) -> Response:
    """plotly.min.js out of the installed package; the address carries its version, so browsers may keep it."""
    headers = {"Cache-Control": YEAR, "Vary": "Accept-Encoding"}
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed(), headers={**headers, "Content-Encoding": "gzip"}, media_type="text/javascript")
    return FileResponse(plotly_file(), headers=headers, media_type="text/javascript")


@cache
def packed() -> bytes:
    """plotly.min.js gzipped once per process: 1.4 MB in place of 4.7 MB for each browser."""
    return gzip.compress(plotly_file().read_bytes(), compresslevel=6, mtime=0)


def allowed_hosts(host: str) -> list[str]:
    """The Host names that a WebSocket may ask for; a page of a rebound name must not reach a private server. [] = any."""
    if names := os.environ.get("ALLOWED_HOSTS", ""):
        return [name.strip() for name in names.split(",") if name.strip()]
    return ["localhost", "127.0.0.1", "[::1]", "::1", "0.0.0.0"] if host in LOCAL else []


def main() -> int:
    """Start, serve, and return the exit status."""
    host = os.environ.get("HOST") or "127.0.0.1"
    raw = os.environ.get("PORT") or "8501"
    if not (raw.isascii() and raw.isdigit() and int(raw) < 65536):
        print(f"PORT={raw} is not a port number. Try PORT=8502 make run", file=sys.stderr)
        return 2
    os.environ[SERVED] = "1"
    app = make_app()
    config.set_option("server.allowedHosts", allowed_hosts(host))
    if st.get_option("runner.postScriptGC"):
        print("runner.postScriptGC is on, which makes a class wait. Is .streamlit/config.toml there?", file=sys.stderr)
        return 2
    for part in ("scriptrunner_utils.script_run_context", "state.session_state_proxy"):
        logging.getLogger(f"streamlit.runtime.{part}").setLevel(logging.ERROR)  # they warn that no page runs yet: so we mean it
    importlib.import_module("ui.frame").claim_pages()
    server = make_server(app, host, int(raw), headless=os.environ.get("HEADLESS", "") not in ("", "0"))
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    except SystemExit:
        print(f"Port {raw} on {host} is taken or not allowed. Try PORT={int(raw) + 1} make run", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
