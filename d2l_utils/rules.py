"""What a rule is, and how it is checked.

A rule is a pure function `rule(x, g, state=(0,), **hyperparams)` that returns the new parameter and the new
state. `state` has one entry for each array that the rule remembers, as many as its default shows, and each
starts at zero. Nothing in a rule says how it is run.

Most rules are elementwise: what becomes of a number depends on its own gradients alone. Those run everywhere. A rule
may instead look at a whole parameter, such as Muon at the singular values of a matrix, and remember arrays of other
shapes: those that it returns when it is given plain zeros. train.stepwise, train.iterates and train.descend run such a
rule, array by array. train.compiled, train.sweep and train.lockstep put other numbers into the same array, and refuse
it.
"""

import copy
import inspect
from collections.abc import Callable
from functools import partial, reduce
from numbers import Integral, Real
from typing import Any

import numpy as np

FLOAT32 = np.finfo(np.float32)
LONGEST = 2**63  # MXNet's own whole numbers stay below


def sqrt(x: Any) -> Any:
    """The square root of whatever a rule is run on.

    Args:
        x: a number, NumPy array, NDArray or MXNet symbol.

    Returns:
        The root, of the same kind and shape as x. That of a Python number is one, too: NumPy's own would turn an
        array of float32 that it meets into one of float64 (NEP 50).

    Example:
        >>> sqrt(9.0)
        3.0
    """
    if hasattr(x, "sqrt"):
        return x.sqrt()
    return float(np.sqrt(x)) if type(x) in (int, float) else np.sqrt(x)


def matmul(*matrices: Any) -> Any:
    """The product of matrices that a rule is run on.

    Args:
        *matrices: NumPy arrays, or NDArrays, with two axes each.

    Returns:
        The product, of the same kind.

    Example:
        >>> matmul(np.ones((1, 2)), np.ones((2, 3)), np.ones((3, 1)))
        array([[6.]])
    """
    if isinstance(matrices[0], np.ndarray):
        return reduce(np.matmul, matrices)
    from mxnet import nd  # here, since processes that share the work need not load it

    return reduce(nd.dot, matrices)


def eigh(matrix: Any) -> tuple[Any, Any]:
    """The eigenvalues and eigenvectors of a symmetric matrix that a rule is run on.

    Args:
        matrix: a NumPy array or an NDArray (n, n), of float32 or float64.

    Returns:
        The eigenvalues in rising order (n,), and a matrix (n, n) with an eigenvector in each column, of the same kind.

    Example:
        >>> values, vectors = eigh(np.array([[2.0, 1.0], [1.0, 2.0]]))
        >>> values
        array([1., 3.])
        >>> matmul(vectors * values, vectors.T).round(9)
        array([[2., 1.],
               [1., 2.]])
    """
    if isinstance(matrix, np.ndarray):
        return np.linalg.eigh(matrix)
    from mxnet import nd

    rows, values = nd.linalg.syevd(matrix)
    return values, rows.T


def name_of(rule: Callable) -> str:
    """What a rule is called: its own name, that of the function that a partial wraps, or its class's."""
    if isinstance(rule, partial):
        return name_of(rule.func)
    return getattr(rule, "__name__", type(rule).__name__)


def label(name: str, hyperparams: dict) -> str:
    """What a run is called in histories, legends and warnings: 'rmsprop, lr=0.01, gamma=0.9'."""
    parts = [name]
    for key, value in hyperparams.items():
        # Of an object, such as a scheduler, its kind: its address in memory differs on each run.
        shown = value if isinstance(value, (Real, str)) else type(value).__name__
        parts.append(f"{key}={shown}")
    return ", ".join(parts)


def for_one_run(hyperparams: dict) -> dict:
    """Hyperparameters that belong to one run.

    A scheduler remembers what it has seen, and is copied for each. An array of one number without axes becomes that
    number, and a whole number that is too long for MXNet a float.

    Args:
        hyperparams: what the user gave by name (dict); it stays as it is.

    Returns:
        The copy (dict).
    """
    own = copy.deepcopy(hyperparams)
    for name, value in own.items():
        if isinstance(value, np.ndarray) and not value.ndim:
            own[name] = value.item()
        elif isinstance(value, Integral) and abs(int(value)) >= LONGEST:
            own[name] = float(value)
    return own


def defaults(rule: Callable) -> dict:
    """The hyperparameters that a rule has values of its own for."""
    knobs = list(inspect.signature(rule).parameters.values())[3:]
    return {knob.name: knob.default for knob in knobs if knob.default is not knob.empty}


def first_state(rule: Callable) -> tuple:
    """The state that a rule itself starts from: plain zeros, so that a counter of steps stays one number."""
    return inspect.signature(rule).parameters["state"].default


def check_rate(name: str, hyperparams: dict) -> None:
    """Raise a ValueError where a learning rate is given that is not a positive, finite number, in float32."""
    rate = hyperparams.get(name, 1)
    if isinstance(rate, bool) or not (isinstance(rate, Real) and FLOAT32.tiny <= rate <= FLOAT32.max):
        raise ValueError(f"{name} is {rate!r}; a learning rate is a positive, finite number, also in float32")


def check_rule(rule: Callable, params: list, hyperparams: dict, zeros_like: Callable) -> list[tuple]:
    """Try a rule on each parameter, with a gradient of zero, before anything is trained.

    Args:
        rule: the function to try.
        params: the parameters that it will update (list of arrays).
        hyperparams: what it will be given by name (dict).
        zeros_like: makes an array of zeros like a given one.

    Returns:
        The rule's first state for each parameter: a list of tuples of zero arrays. Their shapes are those that the
        rule returns from plain zeros; where it returns a number, that of the parameter.

    Raises:
        TypeError: the rule has no state with a tuple as default, takes no such hyperparameter, or
            does not return a parameter and a tuple.
        ValueError: lr is not a positive number, or the rule returns other shapes than it got.

    Example:
        >>> check_rule(lambda x, g, state=(0,): (x - g, state), [np.ones(2)], {}, np.zeros_like)
        [(array([0., 0.]),)]
    """
    check_rate("lr", hyperparams)
    _check_signature(rule, hyperparams)
    states = []
    for x in params:
        with np.errstate(all="ignore"):  # 0 / 0 is no mistake here: only the shapes count
            states.append(_first_arrays(rule, x, hyperparams, zeros_like))
            # Copies, since a rule may work in place.
            result = rule(x.copy(), zeros_like(x), tuple(s.copy() for s in states[-1]), **hyperparams)
        _check_result(rule, result, [array.shape for array in (x, *states[-1])])
    return states


def _first_arrays(rule, x, hyperparams, zeros_like):
    first = first_state(rule)
    try:
        _, state = rule(x.copy(), zeros_like(x), first, **hyperparams)
        return tuple(zeros_like(s if hasattr(s, "shape") else x) for _, s in zip(first, state, strict=True))
    except Exception:  # it writes into its arrays, and so needs some; its own mistakes show when it gets them
        return tuple(zeros_like(x) for _ in first)


def _check_signature(rule, hyperparams):
    if not callable(rule):
        raise TypeError(f"rule is {rule!r}; it must be a function rule(x, g, state=(0,), **hyperparams)")
    takes = inspect.signature(rule).parameters
    if "state" not in takes or not isinstance(takes["state"].default, tuple):
        raise TypeError(f"rule {name_of(rule)} needs a third argument with a tuple as default: state=(0,), say")
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values())  # it wraps a rule
    for name in hyperparams:
        if name not in takes and not takes_any:
            raise TypeError(f"rule {name_of(rule)} takes no {name!r}; it takes {', '.join(list(takes)[3:])}")


def _check_result(rule, result, shapes):
    if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], tuple)):
        raise TypeError(f"rule {name_of(rule)} returned {type(result).__name__}; it must return x and a tuple")
    got = [getattr(array, "shape", ()) for array in (result[0], *result[1])]
    if got != shapes:
        raise ValueError(
            f"rule {name_of(rule)} returned the shapes {got}; for a parameter of shape {shapes[0]} it must return x "
            f"and {len(shapes) - 1} state entries, of the shapes {shapes} that it got"
        )
