"""Files that the browser fetches from us: the plotly.min.js that lies in the installed plotly package.

`serve.py` has a route of its own for it. Under `streamlit run app.py` no route can be added, so a copy is placed in static/,
which Streamlit serves; git ignores the copy.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

PLOTLY_ROUTE = "/nabla/plotly.min.js"
SERVED = "NABLA_PLOTLY_ROUTE"  # set by serve.py: this process answers PLOTLY_ROUTE
STATIC = Path(__file__).parent.parent / "static"


def plotly_url() -> str:
    """The address of plotly.min.js on our own server, with its version so that browsers may keep it for good.

    Both routes answer with a JavaScript content type. Under `streamlit run` the path holds "app/static/", and there Streamlit
    decides about the type; a caller that wants to be sure falls back to fetching the text and running it from a Blob.
    """
    version = plotly_version()
    if os.environ.get(SERVED):
        return f"{PLOTLY_ROUTE}?v={version}"
    return f"/app/static/{_copy().name}?v={version}"


@cache
def plotly_file() -> Path:
    """The path of plotly.min.js in the installed plotly package, found without importing plotly."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("plotly is not installed")
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"


@cache
def plotly_version() -> str:
    """The version of the installed plotly package, such as 7.1.0."""
    from importlib.metadata import version

    return version("plotly")


@cache
def _copy() -> Path:
    """The copy in static/, made once; written beside and renamed, so that no reader ever sees half a file."""
    source = plotly_file()
    target = STATIC / source.name
    if not target.is_file() or target.stat().st_size != source.stat().st_size:
        STATIC.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=STATIC, delete=False) as half:
            half.write(source.read_bytes())
        shutil.copymode(source, half.name)
        os.replace(half.name, target)
    return target
