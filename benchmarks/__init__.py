"""Measurements of the engine beside its peers, side by side in one run: `python -m benchmarks`.

One thread each, for the engine and for PyTorch alike: set here, before anything imports NumPy.
"""

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"
