"""Thousands of settings of one rule, trained side by side on NumPy arrays: every setting is one more column."""

import math
import os
import resource
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from .. import linear, rules
from ..progress import bar
from ..train.history import Sweep
from ..train.seeds import over_seeds
from ..train.task import Task, check_count
from .compiled import draw
from .elementwise import TRIAL, check_elementwise

# Arrays of the size of the weights, in float64, that are kept free for a step and a record. Plain SGD was measured to
# need 3.8, Adam 5.3; a rule may hold more on its way.
ARRAYS = 12
DELAY = 2  # seconds: a shorter sweep shows no bar


def sweep(
    rule: Callable,
    features: Any,
    labels: Any,
    *,
    num_seeds: int | None = None,
    batch_size: int = 10,
    num_epochs: int = 2,
    record_every: int = 100,
    **hyperparams: Any,
) -> Sweep:
    """Train linear regression by a rule with many settings at once; the losses are those of stepwise.

    All settings start from the same weights and see the same minibatches; one that diverges does not
    disturb the others. On thousands of columns NumPy's operations are several times as fast as MXNet's, and
    take arrays of one knob beside numbers for another.

    Args:
        rule: a pure rule (see d2l_utils.rules) that is elementwise.
        features, labels, batch_size, num_epochs, record_every: as in stepwise.
        num_seeds: how many times to run all settings (int), with the seeds 0, 1, 2 and so on, as
            train.over_seeds does; None for once, drawing from the generators as they are.
        **hyperparams: what the rule takes by name; numbers, or arrays that NumPy can broadcast together.

    Returns:
        A Sweep.

    Raises:
        ValueError: an argument is out of its range, arrays do not fit together, or the rule is not elementwise.
        TypeError: the rule takes no such hyperparameter, or the data are no NDArrays.
        MemoryError: the settings are more than fit into the memory that there is; says how much they need.

    Example:
        >>> from mxnet import nd
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> runs = sweep(sgd, nd.ones((20, 2)), nd.ones(20), lr=[0.1, 0.2, 9.0], num_seeds=2)
        >>> runs.losses.shape, runs.params.shape
        ((2, 2, 3), (3, 2, 3))
    """
    task = Task(features, labels, batch_size, num_epochs, record_every)
    own = rules.for_one_run(hyperparams)
    numbers = {name: value for name, value in own.items() if not np.ndim(value)}
    arrays = {name: _as_array(value) for name, value in own.items() if name not in numbers}
    _check_rule(rule, numbers, arrays)
    settings = _common_shape(arrays)
    if num_seeds is not None:
        check_count("num_seeds", num_seeds)
    _check_memory(task, math.prod(settings) * (num_seeds or 1), len(rules.first_state(rule)))
    arrays = {name: np.broadcast_to(array, settings) for name, array in arrays.items()}
    knobs = {**numbers, **{name: array.ravel() for name, array in arrays.items()}}
    rows = linear.table(features, labels)
    start, orders = draw(features, num_epochs) if num_seeds is None else _draw_all(features, num_epochs, num_seeds)
    start = np.repeat(start, math.prod(settings), axis=-1)
    losses, last, seconds = _train(rule, rows, start, orders, task, knobs)
    shape = (*start.shape[:-2], *settings)
    params = np.moveaxis(last, -2, 0).reshape(-1, *shape)
    label = rules.label(rules.name_of(rule), numbers)
    return Sweep(label, *task.records, np.stack(losses).reshape(-1, *shape), params, seconds)


def _train(rule, rows, start, orders, task, knobs):
    """The losses at each record, the last parameters, and the seconds that the steps took."""
    x = start.copy()
    state = rules.first_state(rule)
    losses = [linear.losses(rows, start)]
    seconds = 0.0
    steps, _ = task.records
    batches = bar(_batches(rows, orders, task), total=steps[-1], unit="step", delay=DELAY)
    with np.errstate(all="ignore"):  # a setting may diverge
        for number, batch in enumerate(batches, start=1):
            began = perf_counter()
            X = batch[..., :-1]
            y = batch[..., -1:]
            mean = (X / X.shape[-2]).swapaxes(-1, -2)
            x, state = rule(x, mean @ (X @ x - y), state, **knobs)
            seconds += perf_counter() - began
            if number == steps[len(losses)]:
                losses.append(linear.losses(rows, x))  # at once: all parameters would take six times the memory
    return losses, x, seconds


def _batches(rows, orders, task):
    cuts = np.cumsum(task.batch_sizes)[:-1]
    for order in orders:
        yield from np.split(rows[order], cuts, axis=-2)


def _draw_all(features, num_epochs, num_seeds):
    """What draw gives for each of several seeds: the seeds' axis comes first, after that of the epochs."""
    starts, orders = zip(*over_seeds(draw, features, num_epochs, num_seeds=num_seeds))
    return np.stack(starts), np.stack(orders, axis=1)


def _check_memory(task, num_runs, num_slots):
    """Refuse, before anything is drawn, what cannot fit."""
    num_weights = task.features.shape[-1] + 1
    needed = num_runs * 8 * (len(task.records[0]) * 2 + num_weights * (ARRAYS + num_slots))
    if needed > _memory():
        raise MemoryError(
            f"a sweep of {num_runs:,} runs needs {needed / 1e9:.1f} GB of memory, and there are "
            f"{_memory() / 1e9:.1f} GB; sweep over fewer settings at a time"
        )


def _memory():
    """How many bytes this process may have: those of the machine, or what the user limits it to."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return machine if limit == resource.RLIM_INFINITY else min(machine, limit)


def _as_array(values):
    """The values of a knob as float32, which the parameters are."""
    return np.asarray(values.asnumpy() if hasattr(values, "asnumpy") else values, dtype=np.float32)


def _common_shape(arrays):
    """The shape that these arrays have together: that of the settings."""
    try:
        return np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the hyperparameters' shapes do not fit together: {shapes}; see NumPy's rules") from error


def _check_rule(rule, numbers, arrays):
    """Check the rule at one setting, and all learning rates."""
    for name, array in arrays.items():
        if not array.size:
            raise ValueError(f"{name} has the shape {array.shape}; a sweep needs at least one setting")
    for rate in (arrays["lr"].min(), arrays["lr"].max()) if "lr" in arrays else ():
        rules.check_rate("lr", {"lr": float(rate)})
    one = {**numbers, **{name: float(array.flat[0]) for name, array in arrays.items()}}
    x = np.array(TRIAL, dtype=np.float32)
    states = rules.check_rule(rule, [x], one, np.zeros_like)
    check_elementwise(rule, x, states[0], one)
