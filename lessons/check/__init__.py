"""Check my work: which cells a sheet has, a fair verdict on each, and the slip behind a wrong number."""

from __future__ import annotations

from lessons.check.cells import LARGEST, VERSIONS, Cell, blanks, cells, parts, recorded
from lessons.check.judge import Verdict, judge
from lessons.check.variants import variant

__all__ = ["LARGEST", "VERSIONS", "Cell", "Verdict", "blanks", "cells", "judge", "parts", "recorded", "variant"]
