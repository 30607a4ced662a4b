"""What a rule is, how it is checked, and how it becomes a graph.

A rule is a pure function `rule(x, g, state=(0,), **hyperparams)` that returns the new parameter and the new
state. `state` has one entry for each array that the rule remembers, as many as its default shows, and each
starts at zero. Nothing in a rule says how it is run.
"""

import inspect
import math
from numbers import Real

import mxnet as mx
import numpy as np
from mxnet import nd

STATIC = [("static_alloc", True), ("static_shape", True)]  # plan the memory of a graph once, not per call


def sqrt(x):
    """The square root of whatever a rule is run on.

    Args:
        x: a number, NumPy array, NDArray or MXNet symbol.

    Returns:
        The root, of the same kind and shape as x. That of a Python number is one, too: NumPy's own would turn an
        array of float32 that it meets into one of float64 (NEP 50).

    Example:
        >>> sqrt(9.0)
        3.0

    Source: NumPy's and MXNet's references.
    """
    if hasattr(x, "sqrt"):
        return x.sqrt()
    return float(np.sqrt(x)) if type(x) in (int, float) else np.sqrt(x)


def label(name, hyperparams):
    """What a run is called in histories, legends and warnings: 'rmsprop, lr=0.01, gamma=0.9'."""
    # Of an object, such as a scheduler, its kind: its address in memory differs on each run.
    shown = {
        key: value if isinstance(value, (Real, str)) else type(value).__name__ for key, value in hyperparams.items()
    }
    return ", ".join([name, *(f"{key}={value}" for key, value in shown.items())])


def first_state(rule):
    """The state that a rule itself starts from: plain zeros, so that a counter of steps stays one number."""
    return inspect.signature(rule).parameters["state"].default


def check_rate(name, hyperparams):
    """Raise a ValueError where a learning rate is given that is not a positive, finite number."""
    rate = hyperparams.get(name)
    if rate is not None and not (isinstance(rate, Real) and 0 < rate < math.inf):
        raise ValueError(f"{name} is {rate!r}; a learning rate is a positive, finite number")


def check_rule(rule, params, hyperparams, zeros_like):
    """Try a rule on each parameter, with a gradient of zero, before anything is trained.

    Args:
        rule: the function to try.
        params: the parameters that it will update (list of arrays).
        hyperparams: what it will be given by name (dict).
        zeros_like: makes an array of zeros like a given one.

    Returns:
        The rule's first state for each parameter: a list of tuples of zero arrays.

    Raises:
        TypeError: the rule has no state with a tuple as default, takes no such hyperparameter, or
            does not return a parameter and a tuple.
        ValueError: lr is not a positive number, or the rule returns another shape than it got.

    Example:
        >>> check_rule(lambda x, g, state=(0,): (x - g, state), [np.ones(2)], {}, np.zeros_like)
        [(array([0., 0.]),)]

    Source: the head of this module.
    """
    check_rate("lr", hyperparams)
    takes = inspect.signature(rule).parameters
    if "state" not in takes or not isinstance(takes["state"].default, tuple):
        raise TypeError(f"rule {rule.__name__} needs a third argument with a tuple as default: state=(0,), say")
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values())  # it wraps a rule
    for name in hyperparams:
        if name not in takes and not takes_any:
            raise TypeError(f"rule {rule.__name__} takes no {name!r}; it takes {', '.join(list(takes)[3:])}")
    states = [tuple(zeros_like(x) for _ in first_state(rule)) for x in params]
    for x, state in zip(params, states):
        with np.errstate(all="ignore"):  # 0 / 0 is no mistake here: only the shapes count
            # Copies, since a rule may work in place.
            result = rule(x.copy(), zeros_like(x), tuple(s.copy() for s in state), **hyperparams)
        if not (isinstance(result, tuple) and len(result) == 2 and isinstance(result[1], tuple)):
            raise TypeError(f"rule {rule.__name__} returned {type(result).__name__}; it must return x and a tuple")
        got = [getattr(array, "shape", ()) for array in (result[0], *result[1])]
        if got != [x.shape] * (1 + len(state)):
            raise ValueError(
                f"rule {rule.__name__} returned the shapes {got} for a parameter of shape {x.shape}; "
                f"it must return x and {len(state)} state entries, each of that shape"
            )
    return states


def check_each_alone(rule, x, state, hyperparams):
    """Raise a ValueError where a rule mixes the numbers of an array, so that its steps depend on what lies beside.

    Args:
        rule: a checked rule.
        x: a parameter of three different numbers (array).
        state: the rule's state for it (tuple of arrays).
        hyperparams: what the rule is given by name (dict).

    Raises:
        ValueError: three steps of one number each differ from one step of three.

    Example:
        >>> check_each_alone(lambda x, g, state=(): (x - g, state), np.arange(3.0), (), {})

    Source: the head of this module.
    """

    def step(part):
        with np.errstate(all="ignore"):
            moved, _ = rule(x[part].copy(), (x * x)[part], tuple(s[part].copy() for s in state), **hyperparams)
        return getattr(moved, "asnumpy", lambda: moved)()

    alone = np.concatenate([step(slice(i, i + 1)) for i in range(len(x))])
    if not np.allclose(step(slice(None)), alone, equal_nan=True):
        raise ValueError(f"rule {rule.__name__} mixes the numbers of an array; train.stepwise runs such a rule")


class Slots:
    """What a rule reads and writes: parameters, their gradients, and the state of each parameter.

    Attributes:
        params, grads: a list of NDArrays each.
        states: a list of tuples of NDArrays.
        inputs: all of them, in the order x0, g0, s0_0, s0_1, ..., x1, g1, ... (list of NDArrays).
        outputs: the same without the gradients, which is what a rule returns (list of NDArrays).
    """

    def __init__(self, params, states):
        self.params = [x.copy() for x in params]
        self.states = [tuple(s.copy() for s in state) for state in states]
        for x in self.params:
            x.attach_grad()
        self.grads = [x.grad for x in self.params]
        each = list(zip(self.params, self.grads, self.states))
        self.inputs = [array for x, g, state in each for array in (x, g, *state)]
        self.outputs = [array for x, _, state in each for array in (x, *state)]


def updater(rule, slots, hyperparams):
    """Make the update that reads one set of slots and writes another.

    The rule is traced into one static graph. One that cannot be traced (it asks for a value or a shape, or
    changes an array in place), or whose graph gives other numbers, is called as it stands.

    Args:
        rule: a checked rule.
        slots: Slots of the shapes that the rule will be run on; they are only looked at.
        hyperparams: what the rule is given by name (dict).

    Returns:
        A function (source, target) that does one update of all parameters, from Slots to other Slots.

    Example:
        >>> source, target = (Slots([nd.ones(1)], [()]) for _ in range(2))
        >>> updater(lambda x, g, state=(): (2 * x, state), source, {})(source, target)
        >>> float(target.params[0].asscalar())
        2.0

    Source: mxnet.ndarray.CachedOp.
    """
    try:
        return trace(rule, slots, hyperparams)
    except Exception:  # whatever a rule may raise on symbols; its own mistakes showed in check_rule
        return _plain(rule, hyperparams)


def _plain(rule, hyperparams):
    def plain(source, target):
        for i, (x, g, state) in enumerate(zip(source.params, source.grads, source.states)):
            new_x, new_state = rule(x, g, state, **hyperparams)
            for new, kept in zip((new_x, *new_state), (target.params[i], *target.states[i])):
                nd.identity(new, out=kept)

    return plain


def trace(rule, slots, hyperparams):
    """Like updater, but raise where the rule cannot be traced into a graph that gives the same bits."""
    outputs, names = [], []
    for i, (x, state) in enumerate(zip(slots.params, slots.states)):
        here = [f"x{i}", f"g{i}", *(f"s{i}_{j}" for j in range(len(state)))]
        x, g, *state = (mx.sym.Variable(name, shape=x.shape, dtype=x.dtype) for name in here)
        new_x, new_state = rule(x, g, tuple(state), **hyperparams)
        # A graph's output may not be its input; copying is exact.
        outputs += [mx.sym.identity(out) if out.get_children() is None else out for out in (new_x, *new_state)]
        names += here
    graph = mx.sym.Group(outputs)
    op, order = mx.nd.CachedOp(graph, STATIC), [names.index(name) for name in graph.list_inputs()]

    def traced(source, target):
        op(*[source.inputs[i] for i in order], out=target.outputs)

    if not _agree(traced, _plain(rule, hyperparams), slots):
        raise ValueError("its graph gives other numbers")
    return traced


def _agree(traced, plain, slots):
    """Tell whether a graph gives the same bits as the rule itself, on one trial of random arrays."""
    draw = np.random.RandomState(0).uniform  # a generator of its own: seeds stay what they were
    source, by_graph, by_rule = (Slots(slots.params, slots.states) for _ in range(3))
    for array in source.inputs:
        array[:] = nd.array(draw(0.5, 1.5, array.shape), dtype=array.dtype)
    traced(source, by_graph)
    plain(source, by_rule)
    pairs = zip(by_graph.outputs, by_rule.outputs)
    return all(np.array_equal(a.asnumpy(), b.asnumpy(), equal_nan=True) for a, b in pairs)
