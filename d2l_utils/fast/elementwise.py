"""Refuses rules that are not elementwise: here an array holds many runs, or the parameters in another order."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..rules import name_of

TRIAL = [[0.5, 1.0, 1.5], [3.0, 2.5, 2.0]]  # a matrix, since a rule may mix only those


def check_elementwise(rule: Callable, x: Any, state: tuple, hyperparams: dict) -> None:
    """Refuse a rule that is not elementwise: one whose steps for a number depend on the numbers beside it.

    Args:
        rule: a checked rule.
        x: a parameter: TRIAL, as an array of the kind that the rule will be run on.
        state: the rule's state for it (tuple of arrays).
        hyperparams: what the rule is given by name (dict).

    Raises:
        ValueError: two steps of single numbers differ from two steps of the matrix, in what they give or remember.

    Example:
        >>> check_elementwise(lambda x, g, state=(): (x - g, state), np.array(TRIAL), (), {})
    """

    def two_steps(*part):
        moved = x[part].copy()
        held = tuple(s[part].copy() for s in state)
        with np.errstate(all="ignore"):
            for _ in range(2):  # a state may be filled by the first, and mixed by the second
                moved, held = rule(moved, (x * x)[part], held, **hyperparams)
        return [getattr(array, "asnumpy", lambda array=array: array)() for array in (moved, *held)]

    rows, columns = ([slice(i, i + 1) for i in range(size)] for size in x.shape)
    if all(s.shape == x.shape for s in state):
        alone = [[two_steps(row, column) for column in columns] for row in rows]
        together = two_steps(slice(None))
        parts = [np.block([[found[i] for found in row] for row in alone]) for i in range(len(together))]
        # Relative, since some numbers are tiny.
        if all(np.allclose(whole, part, atol=0, equal_nan=True) for whole, part in zip(together, parts)):
            return
    raise ValueError(f"rule {name_of(rule)} mixes the numbers of an array; train.stepwise runs such a rule")
