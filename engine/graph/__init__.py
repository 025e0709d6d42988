"""Expressions and small array programs as recorded runs: typed statements become lines, forward and backward.

From text to record: `grammar` reads, `spec` describes, `lower` splits into elementary blocks, `backward` plans the way
back, `graph` writes the program, `record` runs it; `witnesses` and `autograd` work the numbers out again.
"""

from engine.graph.layout import layout
from engine.graph.record import edited, graph_of, record_expression
from engine.graph.spec import Expression

__all__ = ["Expression", "edited", "graph_of", "layout", "record_expression"]
