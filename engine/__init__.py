"""Nabla's engine: what a network is and how it learns, every number on record."""

from engine.backend import Backend, get_backend
from engine.graph import Expression, record_expression
from engine.losses import LOSSES
from engine.ops import ACTIVATIONS
from engine.refusal import Refused
from engine.spec import Dense, Experiment, Loss, Network
from engine.trace import Explanation, Op, Trace, record_run
from engine.train import History, TrainState, advance, evaluate_loss, history, predict, start
from engine.witness import Certificate, certify

__all__ = [
    "ACTIVATIONS",
    "LOSSES",
    "Backend",
    "Certificate",
    "Dense",
    "Experiment",
    "Explanation",
    "Expression",
    "History",
    "Loss",
    "Network",
    "Op",
    "Refused",
    "Trace",
    "TrainState",
    "advance",
    "certify",
    "evaluate_loss",
    "get_backend",
    "history",
    "predict",
    "record_expression",
    "record_run",
    "start",
]
