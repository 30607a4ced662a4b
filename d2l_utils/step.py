"""Training minibatch by minibatch: a rule or Gluon's Trainer. Nothing here draws or prints."""

from time import perf_counter

import mxnet as mx
from mxnet import gluon as mx_gluon
from mxnet import nd

from . import data, model
from . import rule as rules
from .checks import check_data
from .history import History, first_not_finite, warn_of_divergence


def stepwise(rule, features, labels, *, net=None, batch_size=10, num_epochs=2, record_every=100, **hyperparams):
    """Train by a rule, one minibatch after another.

    Each epoch shuffles the examples with NumPy's generator. The loss is half the mean squared error; MXNet
    derives its gradient. The rule is traced into a graph if it can be, and called as it stands if not: the
    numbers are the same.

    Args:
        rule: a pure rule (see d2l_utils.rule).
        features: NDArray (num_examples, num_features), float32.
        labels: NDArray (num_examples,), float32.
        net: an initialised Gluon HybridBlock, trained in place; a fresh model.linear_net if None.
        batch_size: examples per update (int, 1 to num_examples); the last batch may be smaller.
        num_epochs: passes over the data (int, 1 or more).
        record_every: examples between two records within an epoch (int, a multiple of batch_size).
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
    check_data(features, labels, batch_size, num_epochs, record_every)
    net = model.linear_net(features.shape[1]) if net is None else net
    params = model.parameters(net, features)
    states = rules.check_rule(rule, params, hyperparams, nd.zeros_like)
    # Two sets of slots take turns, so that no update overwrites what it still has to read.
    now, then = rules.Slots(params, states), rules.Slots(params, states)
    update, loss_of_all = rules.updater(rule, now, hyperparams), model.loss_graph(net)
    gradient, next_gradient = (model.gradient_graph(net, slots.params, slots.grads) for slots in (now, then))

    def step(X, y):
        nonlocal now, then, gradient, next_gradient
        loss = gradient(X, y)
        update(now, then)
        now, then, gradient, next_gradient = then, now, next_gradient, gradient
        return loss

    history = run(
        step,
        lambda: now.params,
        lambda: loss_of_all(features, labels, *now.params),
        rules.label(rule.__name__, hyperparams),
        *(features, labels, batch_size, num_epochs, record_every),
    )
    for param, trained in zip(params, now.params):
        param[:] = trained
    return history


def gluon(name, features, labels, *, net=None, batch_size=10, num_epochs=2, record_every=100, **hyperparams):
    """Train by one of Gluon's optimizers; everything else is as in stepwise.

    Args:
        name: the optimizer as gluon.Trainer knows it, such as 'rmsprop' (str).
        features, labels, net, batch_size, num_epochs, record_every: as in stepwise.
        **hyperparams: what the optimizer takes by name, such as learning_rate, gamma1 and epsilon.

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
    check_data(features, labels, batch_size, num_epochs, record_every)
    rules.check_rate("learning_rate", hyperparams)
    known = mx.optimizer.Optimizer.opt_registry
    if name not in known:
        raise ValueError(f"name is {name!r}; Gluon's Trainer knows {', '.join(sorted(known))}")
    net = model.linear_net(features.shape[1]) if net is None else net
    params = model.parameters(net, features)
    trainer = mx_gluon.Trainer(net.collect_params(), name, hyperparams)
    loss_of_all, gradient = model.loss_graph(net), model.gradient_graph(net, params, [x.grad for x in params])

    def step(X, y):
        loss = gradient(X, y)
        for x in params:
            x._fresh_grad = True  # or the Trainer would think that the gradient is the last step's
        trainer.step(1)  # the loss is a mean over the batch already
        return loss

    return run(
        step,
        lambda: params,
        lambda: loss_of_all(features, labels, *params),
        rules.label(name, hyperparams),
        *(features, labels, batch_size, num_epochs, record_every),
    )


def run(step, params, evaluate, label, features, labels, batch_size, num_epochs, record_every):
    """The loop that all ways of training share: shuffle, step, record, stop where a number is not finite.

    Args:
        step: does one update on a minibatch (X, y) and returns its loss, an NDArray of one entry.
        params: returns the current parameters, a list of NDArrays.
        evaluate: returns the mean loss over all the data, an NDArray of one entry.
        label: names the run in its history and in warnings (str).
        features, labels, batch_size, num_epochs, record_every: as in stepwise.

    Returns:
        A History.

    Example:
        >>> w, X, y = nd.ones(1), nd.ones((4, 1)), nd.ones(4)
        >>> run(lambda X, y: w, lambda: [w], lambda: w, "at rest", X, y, 2, 1, 2).steps
        [0, 1, 2]

    Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the function train_ch7.
    """
    history, num_steps, seconds, unchecked = History(label), 0, 0.0, []

    def record(epoch):
        loss = evaluate()
        history.steps.append(num_steps)
        history.epochs.append(epoch)
        history.seconds.append(seconds)
        history.diverged_at = first_not_finite(num_steps, unchecked, [loss, *params()])
        history.losses.append(float(loss.asscalar()))
        unchecked.clear()

    record(0.0)
    passes = num_epochs if history.diverged_at is None else 0  # data that are not finite cannot be trained on
    start = perf_counter()
    for epoch, seen, X, y in data.minibatches(features, labels, batch_size, passes):
        unchecked.append(step(X, y))
        num_steps += 1
        if seen % record_every == 0:
            nd.waitall()  # MXNet works in the background: the clock waits for it
            seconds += perf_counter() - start
            record(epoch + min(seen / len(features), 1.0))
            if history.diverged_at is not None:
                break
            start = perf_counter()
    if unchecked:
        history.diverged_at = first_not_finite(num_steps, unchecked, params())
    warn_of_divergence(label, history.diverged_at, stacklevel=3)
    history.params = [array.copy() for array in params()]
    return history
