"""Linear regression by graphs of whole epochs: one run, or thousands of settings at once."""

import warnings
from functools import cache
from time import perf_counter

import numpy as np
from mxnet import nd

from . import model, runtime
from . import rule as rules
from .checks import check_data
from .graph import epoch_graph
from .history import DivergenceWarning, History, Sweep, warn_of_divergence
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
    thetas, last, spent = _train(rule, rows, start, orders, batch_size, record_every, hyperparams, {})
    losses = model.linear_losses(rows, thetas)[:, 0].astype(np.float32)
    if not (np.isfinite(losses).all() and np.isfinite(last).all()):
        np.random.set_state(before_shuffling)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DivergenceWarning)  # it would name a line of this module
            history = stepwise(rule, features, labels, net=model.linear_net_at(start), **settings, **hyperparams)
        warn_of_divergence(history.label, history.diverged_at, stacklevel=2)
        return history
    steps, epochs = _records(len(features), **settings)
    seconds = [spent * epoch / num_epochs for epoch in epochs]
    params = [nd.from_numpy(last[:-1].T.copy()), nd.from_numpy(last[-1].copy())]
    return History(rules.label(rule.__name__, hyperparams), steps, epochs, losses.tolist(), seconds, params)


def sweep(rule, features, labels, *, num_seeds=None, batch_size=10, num_epochs=2, record_every=100, **hyperparams):
    """Train linear regression by a rule with many settings at once, each epoch as one graph.

    All settings start from the same weights and see the same minibatches; one that diverges does not
    disturb the others.

    Args:
        rule, features, labels, batch_size, num_epochs, record_every: as in compiled.
        num_seeds: how many times to run all settings (int), with the seeds 0, 1, 2 and so on, as
            runtime.over_seeds does; None for once, drawing from the generators as they are.
        **hyperparams: what the rule takes by name; numbers, or arrays that NumPy can broadcast together.

    Returns:
        A Sweep.

    Raises:
        ValueError: an argument is out of its range, arrays do not fit together, or the rule mixes the
            numbers of an array.
        TypeError: the rule cannot be traced or takes no such hyperparameter, or the data are no NDArrays.

    Example:
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> runs = sweep(sgd, nd.ones((20, 2)), nd.ones(20), lr=np.array([0.1, 0.2, 9.0]), num_seeds=2)
        >>> runs.losses.shape, runs.params.shape
        ((1, 2, 3), (3, 2, 3))

    Source: the chapter "A map of η and γ".
    """
    check_data(features, labels, batch_size, num_epochs, record_every)
    knobs = {name: value for name, value in hyperparams.items() if not np.ndim(value)}
    arrays = _broadcast({name: value for name, value in hyperparams.items() if name not in knobs})
    settings = next(iter(arrays.values())).shape if arrays else ()
    start, orders = draw(features, num_epochs) if num_seeds is None else _draw_all(features, num_epochs, num_seeds)
    start = np.repeat(start, int(np.prod(settings)), axis=-1)
    rows = model.table(features, labels)
    thetas, last, seconds = _train(rule, rows, start, orders, batch_size, record_every, knobs, arrays)
    steps, epochs = _records(len(features), batch_size, num_epochs, record_every)
    shape = (*start.shape[:-2], *settings)
    losses = model.linear_losses(rows, thetas).reshape(-1, *shape)
    params = np.moveaxis(last, -2, 0).reshape(-1, *shape)
    return Sweep(rules.label(rule.__name__, knobs), steps, epochs, losses, params, seconds)


def draw(features, num_epochs):
    """The first parameters and the order of the examples in each epoch, as stepwise draws them."""
    start, orders = model.linear_start(features.shape[1]), np.tile(np.arange(len(features)), (num_epochs, 1))
    for order in orders:
        np.random.shuffle(order)
    return start, orders


def _draw_all(features, num_epochs, num_seeds):
    """The same for each of several seeds: the seeds' axis comes first, after that of the epochs."""
    starts, orders = zip(*runtime.over_seeds(draw, features, num_epochs, num_seeds=num_seeds))
    return np.stack(starts), np.stack(orders, axis=1)


def _broadcast(arrays):
    """Arrays of one common shape; a learning rate among them is checked here, since a rule sees only symbols."""
    arrays = {name: np.asarray(getattr(a, "asnumpy", lambda a=a: a)(), dtype=np.float32) for name, a in arrays.items()}
    try:
        shape = np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the hyperparameters' shapes do not fit together: {shapes}; see NumPy's rules") from error
    if 0 in shape:
        raise ValueError(f"a hyperparameter has the shape {shape}; a sweep needs at least one setting")
    for rate in (arrays["lr"].min(), arrays["lr"].max()) if "lr" in arrays else ():
        rules.check_rate("lr", {"lr": float(rate)})
    return {name: np.broadcast_to(array, shape) for name, array in arrays.items()}


def _train(rule, rows, start, orders, batch_size, record_every, knobs, arrays):
    """Train epoch by epoch; return the recorded and the last parameters, and the seconds that it took."""
    some = {name: float(array.flat[0]) for name, array in arrays.items()}
    num_slots = _count_slots(rule, tuple({**knobs, **some}.items()))
    full, rest = divmod(len(rows), batch_size)
    sizes = (batch_size,) * full + (rest,) * bool(rest)
    marks = tuple(i for i in range(1, len(sizes) + 1) if i * batch_size % record_every == 0)
    try:
        graph = epoch_graph(rule, tuple(knobs.items()), tuple(arrays), num_slots, start.shape, sizes, marks)
    except Exception as error:  # the rule worked on numbers: what it may raise is the arrays' doing
        names = ", ".join(arrays)
        raise TypeError(f"rule {rule.__name__} cannot be made a graph with arrays as {names}: {error}") from error
    # from_numpy shares memory: nd.array, which copies, costs as much as 20 steps.
    swept = [nd.from_numpy(np.broadcast_to(array.ravel(), start.shape).copy()) for array in arrays.values()]
    x, states = nd.from_numpy(start), [nd.from_numpy(np.zeros_like(start)) for _ in range(num_slots)]
    recorded, began = [], perf_counter()
    for order in orders:  # MXNet works in the background: while it does one epoch, we shuffle for the next
        thetas, x, states = graph(nd.from_numpy(rows[order]), x, states, swept)
        recorded.append(thetas)
    recorded = [thetas.asnumpy() for thetas in recorded]
    spent = perf_counter() - began
    return np.concatenate([start[None], *(thetas[:-1] for thetas in recorded)]), recorded[-1][-1], spent


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
    whole = rule(x, x * x, state, **hyperparams)[0]
    parts = [
        rule(x[i : i + 1], (x * x)[i : i + 1], tuple(s[i : i + 1] for s in state), **hyperparams)[0] for i in range(3)
    ]
    if not np.array_equal(whole.asnumpy(), nd.concat(*parts, dim=0).asnumpy(), equal_nan=True):
        raise ValueError(f"rule {rule.__name__} mixes the numbers of an array; train.stepwise runs such a rule")
    return len(state)


def _records(num_examples, batch_size, num_epochs, record_every):
    """The steps and epochs at which stepwise makes its records."""
    steps, epochs, per_epoch = [0], [0.0], -(-num_examples // batch_size)
    for epoch in range(num_epochs):
        seen = range(record_every, per_epoch * batch_size + 1, record_every)
        steps += [epoch * per_epoch + n // batch_size for n in seen]
        epochs += [epoch + min(n / num_examples, 1.0) for n in seen]
    return steps, epochs
