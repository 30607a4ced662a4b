"""Refuses rules that are not elementwise: here an array holds many runs, or the parameters in another order."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..rules import name_of


def check_elementwise(rule: Callable, x: Any, state: tuple, hyperparams: dict) -> None:
    """Refuse a rule that is not elementwise: one whose step for a number depends on the numbers beside it.

    Args:
        rule: a checked rule.
        x: a parameter of three different numbers (array).
        state: the rule's state for it (tuple of arrays).
        hyperparams: what the rule is given by name (dict).

    Raises:
        ValueError: three steps of one number each differ from one step of three.

    Example:
        >>> check_elementwise(lambda x, g, state=(): (x - g, state), np.arange(3.0), (), {})
    """

    def step(part):
        with np.errstate(all="ignore"):
            moved, _ = rule(x[part].copy(), (x * x)[part], tuple(s[part].copy() for s in state), **hyperparams)
        return getattr(moved, "asnumpy", lambda: moved)()

    alone = np.concatenate([step(slice(i, i + 1)) for i in range(len(x))])
    if not np.allclose(step(slice(None)), alone, equal_nan=True):
        raise ValueError(f"rule {name_of(rule)} mixes the numbers of an array; train.stepwise runs such a rule")
