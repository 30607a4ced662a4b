"""One rule, run in many ways; each returns what it measured, and none draws or prints.

descend follows a point in a few dimensions, and iterates a parameter along any gradients. The others train a model on
minibatches: stepwise one update after another, gluon by Gluon's own optimizers, and from d2l_utils.fast compiled by a
graph of a whole epoch, sweep with thousands of settings at once, and lockstep with many rules and seeds at once.
"""

from typing import Any

from .descend import descend
from .history import DivergenceWarning, History, Sweep, Trajectory
from .iterates import iterates
from .losses import softmax_cross_entropy, squared_error
from .seeds import over_seeds
from .stepwise import gluon, stepwise
from .task import Task

FAST = "compiled", "lockstep", "sweep"


def __getattr__(name: str) -> Any:
    if name in FAST:  # when they are asked for, since they are made of what stands here
        from .. import fast

        return getattr(fast, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
