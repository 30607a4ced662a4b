"""Descent on an objective of a few variables, small enough to be drawn and worked out by hand."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import rules
from .history import Trajectory, warn_of_divergence
from .task import check_count


def descend(
    rule: Callable,
    f: Callable,
    gradient: Callable,
    start: Sequence[float] = (-5.0, -2.0),
    num_steps: int = 20,
    **hyperparams: Any,
) -> Trajectory:
    """Iterate a rule on an objective of a few variables.

    Args:
        rule: a pure rule (see d2l_utils.rules); it is run on float64 arrays, one entry per variable.
        f: the objective, a function of the coordinates that returns a number.
        gradient: a function of the coordinates that returns one number per coordinate, or the
            number itself where there is only one.
        start: the first point (sequence of numbers).
        num_steps: how many updates to do (int, 1 or more).
        **hyperparams: what the rule takes by name, such as lr and gamma.

    Returns:
        A Trajectory. It ends early, with a DivergenceWarning, where a point or a loss is not finite.

    Raises:
        ValueError: start has no numbers, lr is not positive, num_steps is below 1, the rule changes a shape, or the
            gradient has another number of coordinates than the start.
        TypeError: the rule takes no hyperparameter of such a name.

    Example:
        >>> def gd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> descend(gd, lambda x: x**2, lambda x: [2 * x], start=[1.0], num_steps=2).points[-1]
        array([0.64])

    Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the function train_2d.
    """
    check_count("num_steps", num_steps)
    x = _first_point(start)
    knobs = rules.for_one_run(hyperparams)
    (state,) = rules.check_rule(rule, [x], knobs, np.zeros_like)
    points = [x]
    losses = [f(*x)]
    gradients: list[np.ndarray] = []
    states: list[np.ndarray] = []
    diverged_at = None
    for step in range(1, num_steps + 1):
        with np.errstate(all="ignore"):  # what overflows is reported below
            gradients.append(_gradient_at(x, gradient))
            x, state = rule(x.copy(), gradients[-1].copy(), state, **knobs)  # it may work in place
            losses.append(f(*x))
        points.append(x)
        # A copy: a row for each vector or number that it remembers, and for each row of a matrix.
        states.append(np.vstack([np.empty((0, x.size)), *(entry + np.zeros_like(x) for entry in state)]))
        if not np.isfinite([*x, losses[-1]]).all():
            diverged_at = step
            break
    name = rules.name_of(rule)
    label = rules.label(name, knobs)
    warn_of_divergence(label, diverged_at)
    used = {**rules.defaults(rule), **knobs}
    return Trajectory(
        label, np.array(points), np.array(losses), np.array(gradients), np.array(states), diverged_at, name, used
    )


def _first_point(start):
    try:
        x = np.array(start, dtype=np.float64)
    except (TypeError, ValueError):
        x = np.empty(0)
    if x.ndim != 1 or not x.size:
        raise ValueError(f"start is {start!r}; it must be a sequence of numbers, one for each variable")
    return x


def _gradient_at(x, gradient):
    g = np.array(gradient(*x), dtype=np.float64)
    if g.shape == x.shape or g.size == x.size == 1:
        return g.reshape(x.shape)
    raise ValueError(
        f"gradient returned the shape {g.shape} for {x.size} coordinates; it must return one number for each"
    )
