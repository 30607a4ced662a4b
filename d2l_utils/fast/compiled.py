"""Linear regression by graphs of whole epochs."""

from collections.abc import Callable
from functools import cache
from time import perf_counter
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import nd

from .. import linear, rules
from ..train.history import History
from ..train.stepwise import stepwise
from ..train.task import Task, shuffled
from ..train.update import Buffers, trace
from .elementwise import TRIAL, check_elementwise
from .epoch import epoch_graph


def compiled(
    rule: Callable,
    features: Any,
    labels: Any,
    *,
    batch_size: int = 10,
    num_epochs: int = 2,
    record_every: int = 100,
    **hyperparams: Any,
) -> History:
    """Train linear regression by a rule, each epoch as one graph; the losses are those of stepwise.

    The weights start and the examples are shuffled from the same draws. A graph is compiled at the first
    call and kept for calls with the same rule, hyperparameters and shapes.

    Args:
        rule: a pure rule (see d2l_utils.rules) that can be traced and is elementwise.
        features, labels, batch_size, num_epochs, record_every: as in stepwise.
        **hyperparams: what the rule takes by name, such as lr and gamma; numbers.

    Returns:
        A History. The seconds of the whole run are spread evenly over its epochs. A run that diverges is run
        again by stepwise, which finds the step, warns and returns the history.

    Raises:
        ValueError: an argument is out of its range, or the rule is not elementwise.
        TypeError: the rule cannot be traced or takes no such hyperparameter, or the data are no NDArrays.

    Example:
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> compiled(sgd, nd.ones((20, 2)), nd.ones(20), lr=0.1, record_every=10).steps
        [0, 1, 2, 3, 4]
    """
    task = Task(features, labels, batch_size, num_epochs, record_every)
    knobs = rules.for_one_run(hyperparams)
    for name, value in knobs.items():
        if np.ndim(value):
            raise TypeError(f"{name} has {np.ndim(value)} axes; compiled takes a number, and sweep takes arrays")
    rows = linear.table(features, labels)
    before_shuffling = np.random.get_state()
    start, orders = draw(features, num_epochs)
    thetas, last, seconds = _train(rule, rows, start, orders, task, knobs)
    with np.errstate(over="ignore"):  # what overflows is found below
        losses = linear.losses(rows, thetas)[:, 0].astype(np.float32)
    if np.isfinite(losses).all() and np.isfinite(last).all():
        steps, epochs = task.records
        clock = [seconds * epoch / num_epochs for epoch in epochs]
        params = [nd.from_numpy(last[:-1].T.copy()), nd.from_numpy(last[-1].copy())]
        return History(rules.label(rules.name_of(rule), knobs), steps, epochs, losses.tolist(), clock, params)
    np.random.set_state(before_shuffling)
    net = linear.net(features.shape[1], mx.init.Constant(start[:-1].T))
    settings: dict[str, Any] = {"batch_size": batch_size, "num_epochs": num_epochs, "record_every": record_every}
    return stepwise(rule, features, labels, net=net, **settings, **knobs)


def draw(features: Any, num_epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """What stepwise draws for linear regression: the start, and the order of the examples in each epoch."""
    start = linear.start(features.shape[1])
    orders = np.stack([shuffled(len(features)) for _ in range(num_epochs)])
    return start, orders


def _train(rule, rows, start, orders, task, hyperparams):
    """The parameters at each record, the last ones, and the seconds that it took."""
    knobs = tuple(hyperparams.items())
    num_slots = _count_slots(rule, knobs)
    graph = epoch_graph(rule, knobs, num_slots, len(start), task.batch_sizes, task.marks)
    # from_numpy shares memory: nd.array, which copies, costs as much as 20 steps.
    x = nd.from_numpy(start)
    states = [nd.zeros(start.shape)] * num_slots  # no graph writes to it
    recorded = []
    began = perf_counter()
    for order in orders:  # MXNet works in the background: while it does one epoch, we make the next one's rows
        of_epoch, x, *states = graph(nd.from_numpy(rows[order]), x, *states)
        recorded.append(of_epoch)
    epochs = [of_epoch.asnumpy() for of_epoch in recorded]
    seconds = perf_counter() - began
    last = epochs[-1][-1:]
    thetas = np.concatenate([start[None], *(of_epoch[:-1] for of_epoch in epochs), last])
    return thetas[: len(task.records[0])], last[0], seconds  # the end is recorded, but not twice


@cache
def _count_slots(rule, hyperparams):
    """Check that a rule can be unrolled; return how many arrays it remembers."""
    knobs = dict(hyperparams)
    x = nd.array(TRIAL)
    (state,) = states = rules.check_rule(rule, [x], knobs, nd.zeros_like)
    check_elementwise(rule, x, state, knobs)
    try:
        trace(rule, Buffers.like([x], states), knobs)
    except Exception as error:  # whatever a rule may raise on symbols
        message = f"rule {rules.name_of(rule)} cannot be made a graph: {error}; train.stepwise runs it as it stands"
        raise TypeError(message) from error
    return len(state)
