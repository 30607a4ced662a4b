"""Linear regression by graphs of whole epochs."""

import warnings
from functools import cache
from time import perf_counter

import numpy as np
from mxnet import nd

from . import model
from . import rule as rules
from .checks import check_data
from .graph import epoch_graph
from .history import DivergenceWarning, History, warn_of_divergence
from .step import stepwise


def compiled(rule, features, labels, *, batch_size=10, num_epochs=2, record_every=100, **hyperparams):
    """Train linear regression by a rule, each epoch as one graph; the losses are those of stepwise.

    The weights start and the examples are shuffled from the same draws. A graph is compiled at the first
    call and kept for calls with the same rule, hyperparameters and shapes.

    Args:
        rule: a pure rule (see d2l_utils.rule) that can be traced and treats each number by itself.
        features, labels, batch_size, num_epochs, record_every: as in stepwise.
        **hyperparams: what the rule takes by name, such as lr and gamma; numbers.

    Returns:
        A History. The seconds of the whole run are spread evenly over its epochs. A run that diverges is run
        again by stepwise, which finds the step, warns and returns the history.

    Raises:
        ValueError: an argument is out of its range, or the rule mixes the numbers of an array.
        TypeError: the rule cannot be traced or takes no such hyperparameter, or the data are no NDArrays.

    Example:
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> compiled(sgd, nd.ones((20, 2)), nd.ones(20), lr=0.1, record_every=10).steps
        [0, 1, 2, 3, 4]

    Source: the chapter "Why is it fast?".
    """
    settings = {"batch_size": batch_size, "num_epochs": num_epochs, "record_every": record_every}
    check_data(features, labels, **settings)
    for name, value in hyperparams.items():
        if np.ndim(value):
            raise TypeError(f"{name} has {np.ndim(value)} axes; compiled takes a number, and sweep takes arrays")
    before_shuffling, rows = np.random.get_state(), model.table(features, labels)
    start, orders = draw(features, num_epochs)
    sizes, marks, steps, epochs = plan(len(rows), **settings)
    recorded, last, spent = _train(rule, rows, start, orders, sizes, marks, hyperparams)
    with np.errstate(over="ignore"):  # what overflows is found below
        losses = model.linear_losses(rows, np.stack([start, *recorded]))[:, 0].astype(np.float32)
    if not (np.isfinite(losses).all() and np.isfinite(last).all()):
        np.random.set_state(before_shuffling)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DivergenceWarning)  # it would name a line of this module
            history = stepwise(rule, features, labels, net=model.linear_net_at(start), **settings, **hyperparams)
        warn_of_divergence(history.label, history.diverged_at, stacklevel=2)
        return history
    seconds = [spent * epoch / num_epochs for epoch in epochs]
    params = [nd.from_numpy(last[:-1].T.copy()), nd.from_numpy(last[-1].copy())]
    return History(rules.label(rule.__name__, hyperparams), steps, epochs, losses.tolist(), seconds, params)


def draw(features, num_epochs):
    """The first parameters and the order of the examples in each epoch, as stepwise draws them."""
    start, orders = model.linear_start(features.shape[1]), np.tile(np.arange(len(features)), (num_epochs, 1))
    for order in orders:
        np.random.shuffle(order)
    return start, orders


def _train(rule, rows, start, orders, sizes, marks, hyperparams):
    """The parameters after each step of an epoch that is marked, the last ones, and the seconds that it took."""
    num_slots = _count_slots(rule, tuple(hyperparams.items()))
    graph = epoch_graph(rule, tuple(hyperparams.items()), num_slots, len(start), sizes, marks)
    # from_numpy shares memory: nd.array, which copies, costs as much as 20 steps.
    x, states = nd.from_numpy(start), [_zeros(len(start))] * num_slots
    recorded, began = [], perf_counter()
    for order in orders:  # MXNet works in the background: while it does one epoch, we shuffle for the next
        thetas, x, states = graph(nd.from_numpy(rows[order]), x, states)
        recorded.append(thetas)
    nd.waitall()
    recorded = [thetas.asnumpy() for thetas in recorded]
    return [theta for thetas in recorded for theta in thetas[:-1]], recorded[-1][-1], perf_counter() - began


@cache
def _zeros(num_columns):
    """The first state of a rule; no graph writes to it."""
    return nd.zeros((num_columns, 1))


@cache
def _count_slots(rule, hyperparams):
    """Check that a rule can be unrolled; return how many arrays it remembers."""
    hyperparams, x = dict(hyperparams), nd.array([0.5, 1.0, 1.5])
    (state,) = states = rules.check_rule(rule, [x], hyperparams, nd.zeros_like)
    try:
        rules.trace(rule, rules.Slots([x], states), hyperparams)
    except Exception as error:  # whatever a rule may raise on symbols
        message = f"rule {rule.__name__} cannot be made a graph: {error}; train.stepwise runs it as it stands"
        raise TypeError(message) from error
    rules.check_each_alone(rule, x, state, hyperparams)
    return len(state)


def plan(num_examples, batch_size, num_epochs, record_every):
    """The sizes of an epoch's minibatches, the steps in it to record after, and all records' steps and epochs."""
    full, rest = divmod(num_examples, batch_size)
    sizes = (batch_size,) * full + (rest,) * bool(rest)
    marks = tuple(range(record_every // batch_size, len(sizes) + 1, record_every // batch_size))
    steps = [0] + [epoch * len(sizes) + mark for epoch in range(num_epochs) for mark in marks]
    epochs = [0.0] + [e + min(mark * batch_size / num_examples, 1.0) for e in range(num_epochs) for mark in marks]
    return sizes, marks, steps, epochs
