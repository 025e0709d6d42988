"""`python -m lessons verify FILE...`: the command line of the worked examples."""

from __future__ import annotations

import sys

from lessons.verify import main

if __name__ == "__main__":
    sys.exit(main())
