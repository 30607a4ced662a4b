"""Descent on an objective of a few variables, small enough to be drawn and worked out by hand."""

import inspect

import numpy as np

from . import rule as rules
from .checks import check_count
from .history import Trajectory, warn_of_divergence


def descend(rule, f, gradient, start=(-5.0, -2.0), num_steps=20, **hyperparams):
    """Iterate a rule on an objective of a few variables.

    Args:
        rule: a pure rule (see d2l_utils.rule); it is run on float64 arrays, one entry per variable.
        f: the objective, a function of the coordinates that returns a number.
        gradient: a function of the coordinates that returns one number per coordinate.
        start: the first point (sequence of numbers).
        num_steps: how many updates to do (int, 1 or more).
        **hyperparams: what the rule takes by name, such as lr and gamma.

    Returns:
        A Trajectory. It ends early, with a DivergenceWarning, where a point or a loss is not finite.

    Raises:
        ValueError: lr is not positive, num_steps is below 1, the rule changes a shape, or the gradient
            has another number of coordinates than the start.
        TypeError: the rule takes no hyperparameter of such a name.

    Example:
        >>> def gd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> descend(gd, lambda x: x**2, lambda x: [2 * x], start=[1.0], num_steps=2).points[-1]
        array([0.64])

    Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the function train_2d.
    """
    check_count("num_steps", num_steps)
    x = np.array(start, dtype=np.float64)
    (state,) = rules.check_rule(rule, [x], hyperparams, np.zeros_like)
    points, losses, gradients, states, diverged_at = [x], [f(*x)], [], [], None
    while diverged_at is None and len(gradients) < num_steps:
        with np.errstate(all="ignore"):  # what overflows is reported below
            gradients.append(_gradient_at(x, gradient))
            x, state = rule(x.copy(), gradients[-1].copy(), state, **hyperparams)  # it may work in place
            losses.append(f(*x))
        points.append(x)
        states.append(np.array(state).reshape(-1, x.size))  # a copy
        if not np.isfinite([*x, losses[-1]]).all():
            diverged_at = len(gradients)
    label = rules.label(rule.__name__, hyperparams)
    warn_of_divergence(label, diverged_at, stacklevel=2)
    arrays = map(np.array, (points, losses, gradients, states))
    return Trajectory(label, *arrays, diverged_at, rule.__name__, _with_defaults(rule, hyperparams))


def _with_defaults(rule, hyperparams):
    takes = list(inspect.signature(rule).parameters.values())[3:]
    return {**{knob.name: knob.default for knob in takes if knob.default is not knob.empty}, **hyperparams}


def _gradient_at(x, gradient):
    g = np.array(gradient(*x), dtype=np.float64)
    if g.shape != x.shape:
        raise ValueError(f"gradient returned {g.size} numbers for {x.size} coordinates; it must return one for each")
    return g
