"""The iterates of a rule along gradients that are given: no model, no data, nothing measured but the way itself."""

from collections.abc import Callable
from typing import Any

import numpy as np
from mxnet import nd

from .. import rules


def iterates(rule: Callable, start: Any, gradient: Callable, num_steps: int = 200, **hyperparams: Any) -> np.ndarray:
    """The iterates of a rule: the parameter before the first step, and after each.

    The gradient is a function of the parameter and of the number of steps done so far. So it serves for an objective
    (which ignores t) and for a list of prepared gradients (which ignores x).

    Args:
        rule: a pure rule (see d2l_utils.rules).
        start: the first parameter, a NumPy array or an NDArray; the rule is run on arrays of its kind and dtype.
        gradient: a function (x, t) of a NumPy array and an int that returns one like it.
        num_steps: how many updates to do (int).
        **hyperparams: what the rule takes by name, such as lr and gamma.

    Returns:
        A NumPy array (num_steps + 1, *start.shape).

    Raises:
        TypeError, ValueError: as rules.check_rule.

    Example:
        >>> iterates(lambda x, g, state=(), lr=0.5: (x - lr * g, state), np.ones(1), lambda x, t: x, 2).ravel()
        array([1.  , 0.5 , 0.25])
    """
    on_ndarrays = isinstance(start, nd.NDArray)
    (state,) = rules.check_rule(rule, [start], hyperparams, nd.zeros_like if on_ndarrays else np.zeros_like)
    x = start.copy()
    path = [start.asnumpy() if on_ndarrays else start]
    for t in range(num_steps):
        g = np.asarray(gradient(path[-1], t), dtype=start.dtype)
        x, state = rule(x, nd.array(g, dtype=g.dtype) if on_ndarrays else g, state, **hyperparams)
        path.append(x.asnumpy() if on_ndarrays else x)
    return np.array(path)
