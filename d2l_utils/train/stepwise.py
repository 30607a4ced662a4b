"""Training minibatch by minibatch: a rule or Gluon's Trainer. Nothing here draws or prints."""

from collections.abc import Callable
from itertools import islice
from time import perf_counter
from typing import Any

import mxnet as mx
from mxnet import gluon as mx_gluon
from mxnet import nd

from .. import rules
from .history import History, first_not_finite, warn_of_divergence
from .losses import squared_error
from .network import Network
from .task import Task
from .update import Buffers, update


def stepwise(
    rule: Callable,
    features: Any,
    labels: Any,
    *,
    net: Any = None,
    loss: Callable = squared_error,
    batch_size: int = 10,
    num_epochs: int = 2,
    record_every: int = 100,
    **hyperparams: Any,
) -> History:
    """Train by a rule, one minibatch after another.

    Each epoch shuffles the examples with NumPy's generator; MXNet derives the gradient of the mean loss. The rule
    is traced into a graph if it can be, and called as it stands if not: the numbers are the same.

    Args:
        rule: a pure rule (see d2l_utils.rules).
        features: NDArray (num_examples, ...), (num_examples, num_features) for the model that is the default.
        labels: NDArray (num_examples,), or (num_examples, num_outputs); both are cast to the network's dtype.
        net: an initialised Gluon HybridBlock, trained in place; a fresh linear.net if None. What has the grad_req
            "null" is left as it is.
        loss: the mean loss of outputs and labels, which are symbols: train.squared_error (half the mean squared
            error), train.softmax_cross_entropy, a function of your own, or one of gluon.loss.
        batch_size: examples per update (int, 1 to num_examples); the last batch may be smaller.
        num_epochs: passes over the data (int, 1 or more).
        record_every: examples between two records within an epoch (int, a multiple of batch_size); the end is
            always recorded.
        **hyperparams: what the rule takes by name, such as lr and gamma.

    Returns:
        A History. It ends early, with a DivergenceWarning, where a loss or a parameter is not finite.

    Raises:
        ValueError: an argument is out of its range; the message names it, its value and what is right.
        TypeError: the rule takes no such hyperparameter, or the data are no NDArrays.

    Example:
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> stepwise(sgd, nd.ones((20, 2)), nd.ones(20), lr=0.1, record_every=10).steps
        [0, 1, 2, 3, 4]

    Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the function train_ch7.
    """
    task = Task(features, labels, batch_size, num_epochs, record_every, loss)
    network = Network(net, task)
    params = list(network.trained.values())
    knobs = rules.for_one_run(hyperparams)
    states = rules.check_rule(rule, params, knobs, nd.zeros_like)
    # Two sets of buffers take turns, so that no update overwrites what it still has to read; the first is current.
    buffers = [Buffers.packed(params, states) for _ in range(2)]
    gradients = [network.gradient(each.params, each.grads) for each in buffers]
    move = update(rule, buffers[0], knobs)

    def step(X, y):
        batch_loss = gradients[0](X, y)
        move(*buffers)
        buffers.reverse()
        gradients.reverse()
        return batch_loss

    history = run(step, lambda: network.at(buffers[0].params), rules.label(rules.name_of(rule), knobs), network.task)
    for param, trained in zip(params, buffers[0].params):
        param[:] = trained
    return history


def gluon(
    optimizer: Any,
    features: Any,
    labels: Any,
    *,
    net: Any = None,
    loss: Callable = squared_error,
    batch_size: int = 10,
    num_epochs: int = 2,
    record_every: int = 100,
    **hyperparams: Any,
) -> History:
    """Train by one of Gluon's optimizers; everything else is as in stepwise.

    Args:
        optimizer: its name as gluon.Trainer knows it, such as 'rmsprop' (str): each call starts with a fresh state.
            Or a gluon.Trainer of the net's parameters, which goes on with the state that it has.
        features, labels, net, loss, batch_size, num_epochs, record_every: as in stepwise.
        **hyperparams: what the optimizer takes by name, such as learning_rate, gamma1 and epsilon. A scheduler
            among them is copied: each run starts with its own.

    Returns:
        A History. It ends early, with a DivergenceWarning, where a loss or a parameter is not finite.

    Raises:
        ValueError: an argument is out of its range, or Gluon has no such optimizer.
        TypeError: the data are no NDArrays, or the optimizer takes no such hyperparameter.

    Example:
        >>> gluon('sgd', nd.ones((20, 2)), nd.ones(20), learning_rate=0.1, record_every=10).steps
        [0, 1, 2, 3, 4]

    Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the function train_gluon_ch7.
    """
    task = Task(features, labels, batch_size, num_epochs, record_every, loss)
    updater, label = known_updater(optimizer, net, hyperparams)
    network = Network(net, task)
    trainer = updater if isinstance(updater, mx_gluon.Trainer) else mx_gluon.Trainer(network.params, updater)
    return run(trainer_step(trainer, network), lambda: network.at(network.trained.values()), label, network.task)


def known_updater(optimizer: Any, net: Any, hyperparams: dict) -> tuple[Any, str]:
    """A Trainer, or an optimizer to make one with; and what a run by it is called. It raises what gluon does."""
    if isinstance(optimizer, mx_gluon.Trainer):
        if net is None or hyperparams:
            raise ValueError("optimizer is a Trainer; it goes with the net that it trains, without hyperparameters")
        return optimizer, type(optimizer.optimizer).__name__.lower()
    rules.check_rate("learning_rate", hyperparams)
    known = mx.optimizer.Optimizer.opt_registry
    if not isinstance(optimizer, str) or optimizer.lower() not in known:
        raise ValueError(f"optimizer is {optimizer!r}; Gluon's Trainer knows {', '.join(sorted(known))}")
    knobs = rules.for_one_run(hyperparams)
    return mx.optimizer.create(optimizer, **knobs), rules.label(optimizer, knobs)


def trainer_step(trainer: Any, network: Network, batch_size: int | None = None) -> Callable:
    """A step of a Trainer on the gradients that a graph writes.

    Args:
        trainer: a gluon.Trainer.
        network: what it trains.
        batch_size: by what to divide the sum of a batch's gradients (int); by the rows that it has if None.

    Returns:
        A function (X, y) that does one update and returns the mean loss.
    """
    params = list(network.trained.values())
    gradient = network.gradient(params, [x.grad for x in params])

    def step(X, y):
        loss = gradient(X, y)
        for x in params:
            x._fresh_grad = True  # or the Trainer would think that the gradient is the last step's
        trainer.step(1 if batch_size is None else batch_size / len(X))
        return loss

    return step


def run(step: Callable, measure: Callable, label: str, task: Task) -> History:
    """The loop that all ways of training share: shuffle, step, record, stop where a number is not finite.

    Args:
        step: does one update on a minibatch (X, y) and returns its loss, an NDArray of one entry.
        measure: returns the mean loss over all the data, an NDArray of one entry, and the current parameters, a list
            of NDArrays.
        label: names the run in its history and in warnings (str).
        task: the data and the plan (Task).

    Returns:
        A History.

    Example:
        >>> w = nd.ones(1)
        >>> task = Task(nd.ones((4, 1)), nd.ones(4), batch_size=2, num_epochs=1, record_every=2)
        >>> run(lambda X, y: w, lambda: (w, [w]), "at rest", task).steps
        [0, 1, 2]
    """
    history = History(label)
    minibatches = task.minibatches()
    done = 0
    seconds = 0.0
    for steps, epochs in zip(*task.records):
        start = perf_counter()
        batch_losses = [step(X, y) for X, y in islice(minibatches, steps - done)]
        if batch_losses:  # there are none before the first record
            nd.waitall()  # MXNet works in the background: the clock waits for it
            seconds += perf_counter() - start
        done = steps
        loss, params = measure()
        history.steps.append(steps)
        history.epochs.append(epochs)
        history.losses.append(float(loss.asscalar()))
        history.seconds.append(seconds)
        history.diverged_at = first_not_finite(steps, batch_losses, [loss, *params])
        if history.diverged_at is not None:
            break
    warn_of_divergence(label, history.diverged_at)
    history.params = [array.copy() for array in params]
    return history
