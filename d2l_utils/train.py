"""One rule, run in five ways; each returns what it measured, and none draws or prints.

descend follows a point in a few dimensions. The others train a model on minibatches: stepwise one update after
another, gluon by Gluon's own optimizers, compiled by a graph of a whole epoch, and sweep with thousands of
settings at once.
"""

from .descent import descend
from .step import gluon, stepwise
from .sweep import sweep
from .unroll import compiled

__all__ = ["compiled", "descend", "gluon", "stepwise", "sweep"]
