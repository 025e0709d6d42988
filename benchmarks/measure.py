"""Two contenders in one run: interleaved rounds, and the median of the ratios within a round.

Whatever slows the machine down for a while slows both sides of a round, so the ratio holds where absolute rates do not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

ROUNDS = 15
SECONDS = 0.08  # of each contender in each round


@dataclass(frozen=True)
class Result:
    """One line of the table. ratio: how many times better ours is than the peer, whichever way the unit runs."""

    name: str
    unit: str
    ours: float
    peer: str
    peer_value: float
    ratio: float

    def row(self) -> dict[str, str | float]:
        """The result with figures cut to the digits that mean something."""
        figures = {key: float(f"{getattr(self, key):.4g}") for key in ("ours", "peer_value", "ratio")}
        return asdict(self) | figures


def rate(work: Callable[[], int], seconds: float = SECONDS) -> float:
    """How many things per second `work` gets done; it returns how many it did in one call."""
    done, start = 0, time.perf_counter()
    while (now := time.perf_counter()) - start < seconds or not done:
        done += work()
    return done / (now - start)


def side_by_side(name: str, unit: str, ours: Callable[[], int], peer: str, theirs: Callable[[], int]) -> Result:
    """Rates of two contenders that do the same thing; who goes first changes every round."""
    for work in (ours, theirs):  # caches, first calls
        rate(work)
    pairs = []
    for turn in range(ROUNDS):
        if turn % 2:
            mine, other = rate(ours), rate(theirs)
        else:
            other, mine = rate(theirs), rate(ours)
        pairs.append((mine, other))
    mine, other = (median(column) for column in zip(*pairs, strict=True))
    return Result(name, unit, mine, peer, other, median(a / b for a, b in pairs))
