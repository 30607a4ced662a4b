"""Refuses rules that are not elementwise: here an array holds many runs, or the parameters in another order."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..rules import name_of

TRIAL = [[0.5, 1.0, 1.5], [3.0, 2.5, 2.0]]  # a matrix, since a rule may mix only those


def check_elementwise(rule: Callable, x: Any, state: tuple, hyperparams: dict) -> None:
    """Refuse a rule that is not elementwise: one whose step for a number depends on the numbers beside it.

    Args:
        rule: a checked rule.
        x: a parameter: TRIAL, as an array of the kind that the rule will be run on.
        state: the rule's state for it (tuple of arrays).
        hyperparams: what the rule is given by name (dict).

    Raises:
        ValueError: the steps of single numbers differ from one step of the matrix.

    Example:
        >>> check_elementwise(lambda x, g, state=(): (x - g, state), np.array(TRIAL), (), {})
    """

    def step(*part):
        with np.errstate(all="ignore"):
            moved, _ = rule(x[part].copy(), (x * x)[part], tuple(s[part].copy() for s in state), **hyperparams)
        return getattr(moved, "asnumpy", lambda: moved)()

    rows, columns = ([slice(i, i + 1) for i in range(size)] for size in x.shape)
    if all(s.shape == x.shape for s in state):
        alone = np.block([[step(row, column) for column in columns] for row in rows])
        if np.allclose(step(slice(None)), alone, equal_nan=True):
            return
    raise ValueError(f"rule {name_of(rule)} mixes the numbers of an array; train.stepwise runs such a rule")
