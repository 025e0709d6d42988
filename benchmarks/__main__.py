"""Run every measurement, print a table, and write results.json beside this file. Takes about half a minute."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

import numpy as np
import torch

from . import circle, others
from .measure import Result

FILE = Path(__file__).with_name("results.json")


def line(name: str, ours: str, peer: str, value: str, ratio: str) -> str:
    """One line of the table."""
    return f"{name:<46} {ours:>24}   {peer:<40} {value:>12} {ratio:>8}"


def main() -> None:
    """Measure, print, write."""
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"NumPy {np.__version__}, PyTorch {torch.__version__}; one thread"
    )
    print(line("", "ours", "peer", "", "times"))
    found: list[Result] = []
    for source in (circle, others):
        for result in source.results():
            found.append(result)
            ours, theirs = (f"{v:,.0f}" if v > 10 else f"{v:.2f}" for v in (result.ours, result.peer_value))
            print(line(result.name, f"{ours} {result.unit}", result.peer, theirs, f"{result.ratio:.2f}"), flush=True)
    FILE.write_text(json.dumps([result.row() for result in found], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
