"""Thousands of settings of one rule, trained side by side on NumPy arrays: every setting is one more column."""

from time import perf_counter

import numpy as np

from . import model, runtime
from . import rule as rules
from .checks import check_data
from .history import Sweep
from .unroll import draw, plan


def sweep(rule, features, labels, *, num_seeds=None, batch_size=10, num_epochs=2, record_every=100, **hyperparams):
    """Train linear regression by a rule with many settings at once; the losses are those of stepwise.

    All settings start from the same weights and see the same minibatches; one that diverges does not
    disturb the others. On thousands of columns NumPy's operations are several times as fast as MXNet's, and
    take arrays of one knob beside numbers for another.

    Args:
        rule: a pure rule (see d2l_utils.rule) that treats each number by itself.
        features, labels, batch_size, num_epochs, record_every: as in stepwise.
        num_seeds: how many times to run all settings (int), with the seeds 0, 1, 2 and so on, as
            runtime.over_seeds does; None for once, drawing from the generators as they are.
        **hyperparams: what the rule takes by name; numbers, or arrays that NumPy can broadcast together.

    Returns:
        A Sweep.

    Raises:
        ValueError: an argument is out of its range, arrays do not fit together, or the rule mixes the
            numbers of an array.
        TypeError: the rule takes no such hyperparameter, or the data are no NDArrays.

    Example:
        >>> from mxnet import nd
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> runs = sweep(sgd, nd.ones((20, 2)), nd.ones(20), lr=[0.1, 0.2, 9.0], num_seeds=2)
        >>> runs.losses.shape, runs.params.shape
        ((1, 2, 3), (3, 2, 3))

    Source: the chapter "A map of η and γ".
    """
    check_data(features, labels, batch_size, num_epochs, record_every)
    numbers = {name: value for name, value in hyperparams.items() if not np.ndim(value)}
    arrays = _broadcast({name: value for name, value in hyperparams.items() if name not in numbers})
    _check_rule(rule, numbers, arrays)
    settings = next(iter(arrays.values())).shape if arrays else ()
    knobs = {**numbers, **{name: array.ravel() for name, array in arrays.items()}}
    rows = model.table(features, labels)
    start, orders = draw(features, num_epochs) if num_seeds is None else _draw_all(features, num_epochs, num_seeds)
    start = np.repeat(start, int(np.prod(settings)), axis=-1)
    sizes, marks, steps, epochs = plan(len(rows), batch_size, num_epochs, record_every)
    began = perf_counter()
    recorded, last = _train(rule, rows, start.copy(), orders, sizes, marks, knobs)
    seconds, shape = perf_counter() - began, (*start.shape[:-2], *settings)
    losses = model.linear_losses(rows, np.stack([start, *recorded])).reshape(-1, *shape)
    params = np.moveaxis(last, -2, 0).reshape(-1, *shape)
    return Sweep(rules.label(rule.__name__, numbers), steps, epochs, losses, params, seconds)


def _train(rule, rows, x, orders, sizes, marks, knobs):
    """The parameters after each step of an epoch that is marked, and the last ones."""
    recorded, state = [], rules.first_state(rule)
    with np.errstate(all="ignore"):  # a setting may diverge
        for order in orders:
            batches = np.split(rows[order], np.cumsum(sizes)[:-1], axis=-2)
            for i, batch in enumerate(batches, start=1):
                X, y = batch[..., :-1], batch[..., -1:]
                mean = (X / X.shape[-2]).swapaxes(-1, -2)
                x, state = rule(x, mean @ (X @ x - y), state, **knobs)
                if i in marks:
                    recorded.append(x.copy())  # the rule may work in place
    return recorded, x


def _draw_all(features, num_epochs, num_seeds):
    """What draw gives for each of several seeds: the seeds' axis comes first, after that of the epochs."""
    starts, orders = zip(*runtime.over_seeds(draw, features, num_epochs, num_seeds=num_seeds))
    return np.stack(starts), np.stack(orders, axis=1)


def _broadcast(arrays):
    """Arrays of one common shape, float32 as the parameters are."""
    arrays = {name: np.asarray(getattr(a, "asnumpy", lambda a=a: a)(), dtype=np.float32) for name, a in arrays.items()}
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the hyperparameters' shapes do not fit together: {shapes}; see NumPy's rules") from error
    if 0 in shape:
        raise ValueError(f"a hyperparameter has the shape {shape}; a sweep needs at least one setting")
    return {name: np.broadcast_to(array, shape) for name, array in arrays.items()}


def _check_rule(rule, numbers, arrays):
    """Check the rule at one setting, and all learning rates."""
    for rate in (arrays["lr"].min(), arrays["lr"].max()) if "lr" in arrays else ():
        rules.check_rate("lr", {"lr": float(rate)})
    one = {**numbers, **{name: float(array.flat[0]) for name, array in arrays.items()}}
    x = np.array([0.5, 1.0, 1.5], dtype=np.float32)
    states = rules.check_rule(rule, [x], one, np.zeros_like)
    rules.check_each_alone(rule, x, states[0], one)
