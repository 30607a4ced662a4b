"""Training minibatch by minibatch: a rule or Gluon's Trainer. Nothing here draws or prints."""

from collections.abc import Callable
from time import perf_counter
from typing import Any

import mxnet as mx
from mxnet import gluon as mx_gluon
from mxnet import nd

from .. import linear, rules
from . import graphs
from .history import History, first_not_finite, warn_of_divergence
from .losses import squared_error
from .network import Network
from .task import Task


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
    network = Network(_net_for(task, net), task)
    params = list(network.trained.values())
    knobs = rules.for_one_run(hyperparams)
    states = rules.check_rule(rule, params, knobs, nd.zeros_like)
    # Two sets of buffers take turns, so that no update overwrites what it still has to read.
    now = graphs.Buffers(params, states)
    then = graphs.Buffers(params, states)
    update = graphs.update(rule, now, knobs)
    gradient = network.gradient(now.params, now.grads)
    next_gradient = network.gradient(then.params, then.grads)

    def step(X, y):
        nonlocal now, then, gradient, next_gradient
        batch_loss = gradient(X, y)
        update(now, then)
        now, then = then, now
        gradient, next_gradient = next_gradient, gradient
        return batch_loss

    label = rules.label(rules.name_of(rule), knobs)
    history = run(step, lambda: network.all_params(now.params), lambda: network.loss(now.params), label, network.task)
    for param, trained in zip(params, now.params):
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
    _check_optimizer(optimizer, net, hyperparams)
    net = _net_for(task, net)
    network = Network(net, task)
    params = list(network.trained.values())
    if isinstance(optimizer, mx_gluon.Trainer):
        trainer = optimizer
        label = type(trainer.optimizer).__name__.lower()
    else:
        knobs = rules.for_one_run(hyperparams)
        trainer = mx_gluon.Trainer(net.collect_params(), optimizer, knobs)
        label = rules.label(optimizer, knobs)
    step = trainer_step(trainer, network.gradient(params, [x.grad for x in params]), params)
    return run(step, lambda: network.all_params(params), lambda: network.loss(params), label, network.task)


def trainer_step(trainer: Any, gradient: Callable, params: list, batch_size: int | None = None) -> Callable:
    """A step of a Trainer on the gradients that a graph writes.

    Args:
        trainer: a gluon.Trainer.
        gradient: a function (X, y) that writes the gradients of the mean loss and returns it.
        params: the arrays that it trains (list of NDArrays).
        batch_size: by what to divide the sum of a batch's gradients (int); by the rows that it has if None.

    Returns:
        A function (X, y) that does one update and returns the loss.
    """

    def step(X, y):
        loss = gradient(X, y)
        for x in params:
            x._fresh_grad = True  # or the Trainer would think that the gradient is the last step's
        trainer.step(1 if batch_size is None else batch_size / len(X))
        return loss

    return step


def _net_for(task, net):
    if net is not None:
        return net
    if task.features.ndim != 2:
        raise ValueError(f"features has {task.features.ndim} axes; without a net it must have two, rows and columns")
    return linear.net(task.features.shape[1])


def _check_optimizer(optimizer, net, hyperparams):
    if isinstance(optimizer, mx_gluon.Trainer):
        if net is None or hyperparams:
            raise ValueError("optimizer is a Trainer; it goes with the net that it trains, without hyperparameters")
        return
    rules.check_rate("learning_rate", hyperparams)
    known = mx.optimizer.Optimizer.opt_registry
    if not isinstance(optimizer, str) or optimizer.lower() not in known:
        raise ValueError(f"optimizer is {optimizer!r}; Gluon's Trainer knows {', '.join(sorted(known))}")


def run(step: Callable, params: Callable, evaluate: Callable, label: str, task: Task) -> History:
    """The loop that all ways of training share: shuffle, step, record, stop where a number is not finite.

    Args:
        step: does one update on a minibatch (X, y) and returns its loss, an NDArray of one entry.
        params: returns the current parameters, a list of NDArrays.
        evaluate: returns the mean loss over all the data, an NDArray of one entry.
        label: names the run in its history and in warnings (str).
        task: the data and the plan (Task).

    Returns:
        A History.

    Example:
        >>> w = nd.ones(1)
        >>> task = Task(nd.ones((4, 1)), nd.ones(4), batch_size=2, num_epochs=1, record_every=2)
        >>> run(lambda X, y: w, lambda: [w], lambda: w, "at rest", task).steps
        [0, 1, 2]
    """
    history = History(label)
    steps, epochs = task.records
    unchecked: list = []
    seconds = 0.0

    def record():
        loss = evaluate()
        place = len(history.steps)
        history.steps.append(steps[place])
        history.epochs.append(epochs[place])
        history.seconds.append(seconds)
        history.diverged_at = first_not_finite(steps[place], unchecked, [loss, *params()])
        history.losses.append(float(loss.asscalar()))
        unchecked.clear()

    record()
    if history.diverged_at is None:  # data that are not finite cannot be trained on
        start = perf_counter()
        for number, (X, y) in enumerate(task.minibatches(), start=1):
            unchecked.append(step(X, y))
            if number == steps[len(history.steps)]:
                nd.waitall()  # MXNet works in the background: the clock waits for it
                seconds += perf_counter() - start
                record()
                if history.diverged_at is not None:
                    break
                start = perf_counter()
    warn_of_divergence(label, history.diverged_at, stacklevel=3)
    history.params = [array.copy() for array in params()]
    return history
