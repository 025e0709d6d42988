"""The house keeps its plan: who may import whom, how long a file may be, and what nobody may write.

Read from the syntax trees, so that lazy imports inside functions count too. Each rule is shown to catch a planted offender.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = ("engine", "lessons", "ui", "pages")
TOP = ("app.py", "serve.py")
OURS = {"engine", "lessons", "ui", "pages", "benchmarks", "serve", "app"}
# room -> which of our rooms it may import
ARROWS = {
    "engine": ("engine.",),
    "lessons": ("lessons.", "engine."),
    "ui/figures": ("ui.figures.", "ui.theme.", "engine."),
    "ui": ("ui.", "lessons.", "engine."),
    "pages": ("ui.", "lessons.", "engine."),
}
# room -> packages of others that it may never import
FOREIGN = {
    "engine": {"streamlit", "plotly", "pandas", "playwright"},
    "lessons": {"streamlit", "plotly", "pandas", "torch", "playwright"},
    "ui/figures": {"streamlit", "torch", "pandas"},
    "ui": {"torch"},
    "pages": {"numpy", "torch", "plotly", "pandas"},
}
TORCH_MAY = ("engine/torch_backend.py", "engine/witness.py")  # the second backend, and autograd as a witness
LINES, PAGE_LINES, STYLE_LINES = 320, 60, 400
BANNED_NAMES = {"eval", "exec", "compile", "__import__"}
BANNED_MODULES = {"pickle", "marshal", "shelve", "dill", "joblib", "random"}
BANNED_ATTRIBUTES = (
    "torch.manual_seed",
    "torch.seed",
    "torch.load",
    "torch.set_default_dtype",
    "yaml.load",
    "yaml.unsafe_load",
    "pd.read_pickle",
    "pandas.read_pickle",
)
LOCAL_RANDOM = {"Generator", "default_rng", "SeedSequence", "PCG64", "BitGenerator"}


def modules() -> list[Path]:
    """All Python files of the app, without tests and benchmarks."""
    found = [file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
    return [*(ROOT / name for name in TOP), *found]


def room_of(path: str) -> str | None:
    """The room that a path such as ui/figures/loss.py belongs to; None for app.py and serve.py."""
    return next((room for room in ("ui/figures", *ROOMS) if path.startswith(f"{room}/")), None)


def imports(tree: ast.AST, path: str) -> list[tuple[str, int, bool]]:
    """Every import as (dotted name, line, at module level). Relative imports are resolved against path."""
    found = []
    lazy = {id(inner) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for inner in ast.walk(node)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno, id(node) not in lazy) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                folder = Path(path).parent.parts[: len(Path(path).parent.parts) - node.level + 1]
                base = ".".join([*folder, *([base] if base else [])])
            found += [(f"{base}.{alias.name}", node.lineno, id(node) not in lazy) for alias in node.names]
    return found


def arrow_breaches(source: str, path: str) -> list[str]:
    """Imports in a file that its room may not make."""
    room = room_of(path)
    breaches = []
    for name, line, top in imports(ast.parse(source), path):
        first = name.split(".")[0]
        if first == "torch" and (top or path not in TORCH_MAY):
            breaches.append(f"{path}:{line} imports torch; only {TORCH_MAY} may, inside a function")
        elif room and (first in FOREIGN[room] or (first in OURS and not f"{name}.".startswith(ARROWS[room]))):
            breaches.append(f"{path}:{line} imports {name}; {room} may not")
    return breaches


def banned(source: str, path: str) -> list[str]:
    """Code that runs text, unpickles, or draws random numbers from a state that all sessions share."""
    breaches = []
    tree = ast.parse(source)
    for name, line, _ in imports(tree, path):
        if name.split(".")[0] in BANNED_MODULES:
            breaches.append(f"{path}:{line} imports {name}")
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in BANNED_NAMES:
            breaches.append(f"{path}:{node.lineno} calls {node.func.id}")
        if isinstance(node, ast.Attribute):
            dotted = ast.unparse(node)
            owner, _, last = dotted.rpartition(".")
            if dotted in BANNED_ATTRIBUTES or (owner in ("np.random", "numpy.random") and last not in LOCAL_RANDOM):
                breaches.append(f"{path}:{node.lineno} uses {dotted}")
    return breaches


def test_every_import_follows_the_arrows() -> None:
    breaches = [b for file in modules() for b in arrow_breaches(file.read_text("utf-8"), str(file.relative_to(ROOT)))]
    assert not breaches, "\n".join(breaches)


def test_nothing_banned_is_written() -> None:
    breaches = [b for file in modules() for b in banned(file.read_text("utf-8"), str(file.relative_to(ROOT)))]
    assert not breaches, "\n".join(breaches)


def test_files_stay_short_enough_to_read() -> None:
    sizes = {str(file.relative_to(ROOT)): len(file.read_text("utf-8").splitlines()) for file in modules()}
    long = {path: n for path, n in sizes.items() if n > (PAGE_LINES if path.startswith("pages/") else LINES)}
    assert not long, f"too long: {long}"


def test_component_files_stay_short_too() -> None:
    limits = {".js": LINES, ".css": STYLE_LINES}
    files = [file for file in (ROOT / "ui").rglob("*.*") if file.suffix in limits]
    sizes = {file: len(file.read_text("utf-8").splitlines()) for file in files}
    long = {str(file.relative_to(ROOT)): n for file, n in sizes.items() if n > limits[file.suffix]}
    assert files
    assert not long, f"too long: {long}"


def test_every_page_opens_the_frame_first() -> None:
    for file in sorted((ROOT / "pages").glob("*.py")):
        calls = [
            n for n in ast.parse(file.read_text("utf-8")).body if isinstance(n, ast.Expr) and isinstance(n.value, ast.Call)
        ]
        assert ast.unparse(calls[0]) == f"open_page('{file.stem}')", file.name


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("engine/ops.py", "import streamlit"),
        ("engine/ops.py", "def f():\n    import plotly.graph_objects as go"),
        ("engine/ops.py", "from lessons import catalogue"),
        ("engine/ops.py", "from ..lessons import catalogue"),
        ("engine/ops.py", "def f():\n    import torch"),
        ("engine/torch_backend.py", "import torch"),
        ("lessons/quiz.py", "from ui.i18n import t"),
        ("lessons/quiz.py", "def f():\n    from streamlit import session_state"),
        ("ui/figures/loss.py", "import streamlit as st"),
        ("ui/figures/loss.py", "from ui.i18n import t"),
        ("ui/figures/loss.py", "from ui import i18n"),
        ("ui/frame.py", "from pages import home"),
        ("pages/loss.py", "import numpy as np"),
        ("serve.py", "import torch"),
    ],
)
def test_a_planted_import_is_caught(path: str, source: str) -> None:
    assert arrow_breaches(source, path)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("engine/torch_backend.py", "def f():\n    import torch"),
        ("ui/figures/loss.py", "from ui.theme import LIGHT\nimport plotly.graph_objects as go\nfrom engine import Loss"),
        ("lessons/quiz.py", "from engine import Experiment\nimport numpy as np"),
        ("pages/loss.py", "from ui.frame import open_page\nimport streamlit as st"),
    ],
)
def test_a_proper_import_is_not(path: str, source: str) -> None:
    assert not arrow_breaches(source, path)


@pytest.mark.parametrize(
    "source",
    [
        "eval('1 + 1')",
        "exec('x = 1')",
        "import pickle",
        "from random import random",
        "np.random.seed(0)",
        "x = np.random.rand(3)",
        "numpy.random.randn(3)",
        "torch.manual_seed(0)",
        "torch.load('w.pt')",
        "yaml.load(text)",
    ],
)
def test_a_planted_offence_is_caught(source: str) -> None:
    assert banned(source, "engine/ops.py")


def test_a_local_generator_is_no_offence() -> None:
    assert not banned("rng: np.random.Generator = np.random.default_rng(7)\nx = rng.normal(size=3)", "engine/ops.py")
