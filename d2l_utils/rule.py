"""What a rule is, how it is checked, and how it becomes a graph.

A rule is a pure function `rule(x, g, state=(0,), **hyperparams)` that returns the new parameter and the new
state. `state` has one entry for each array that the rule remembers, as many as its default shows, and each
starts at zero. Nothing in a rule says how it is run.
"""

import inspect
import math

import mxnet as mx
import numpy as np
from mxnet import nd

STATIC = [("static_alloc", True), ("static_shape", True)]  # plan the memory of a graph once, not per call


def sqrt(x):
    """The square root of whatever a rule is run on.

    Args:
        x: a number, NumPy array, NDArray, MXNet symbol or PyTorch tensor.

    Returns:
        The root, of the same kind and shape as x.

    Example:
        >>> float(sqrt(9.0))
        3.0

    Source: NumPy's, MXNet's and PyTorch's references.
    """
    return x.sqrt() if hasattr(x, "sqrt") else np.sqrt(x)


def label(name, hyperparams):
    """What a run is called in histories, legends and warnings: 'rmsprop, lr=0.01, gamma=0.9'."""
    return ", ".join([name, *(f"{key}={value}" for key, value in hyperparams.items())])


def check_rate(name, hyperparams):
    """Raise a ValueError where a learning rate is given that is not a positive, finite number."""
    rate = hyperparams.get(name)
    if rate is not None and not 0 < rate < math.inf:
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
        TypeError: the rule has no state with a tuple as default, or takes no such hyperparameter.
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
    for name in hyperparams:
        if name not in takes:
            raise TypeError(f"rule {rule.__name__} takes no {name!r}; it takes {', '.join(list(takes)[3:])}")
    states = [tuple(zeros_like(x) for _ in takes["state"].default) for x in params]
    for x, state in zip(params, states):
        with np.errstate(all="ignore"):  # 0 / 0 is no mistake here: only the shapes count
            new_x, new_state = rule(x, zeros_like(x), state, **hyperparams)
        got = [getattr(array, "shape", ()) for array in (new_x, *new_state)]
        if got != [x.shape] * (1 + len(state)):
            raise ValueError(
                f"rule {rule.__name__} returned the shapes {got} for a parameter of shape {x.shape}; "
                f"it must return x and {len(state)} state entries, each of that shape"
            )
    return states


class Slots:
    """The arrays that a rule reads: parameters, their gradients, and the state of each parameter."""

    def __init__(self, params, states):
        self.params = [x.copy() for x in params]
        self.states = [tuple(s.copy() for s in state) for state in states]
        for x in self.params:
            x.attach_grad()
        self.grads = [x.grad for x in self.params]

    def flat(self):
        """Parameters and states, in the order in which a rule returns them."""
        return [array for x, state in zip(self.params, self.states) for array in (x, *state)]


def bind(rule, source, target, hyperparams):
    """Make the update that reads one set of slots and writes another.

    The rule is traced into one static graph. One that cannot be traced (it asks for a value, a shape, or
    changes an array in place) is called as it stands.

    Args:
        rule: a checked rule.
        source, target: the Slots to read and to write; they share no array.
        hyperparams: what the rule is given by name (dict).

    Returns:
        A function without arguments that does one update of all parameters.

    Example:
        >>> slots = [Slots([nd.ones(1)], [()]) for _ in range(2)]
        >>> update = bind(lambda x, g, state=(): (2 * x, state), *slots, {})
        >>> _ = update()
        >>> slots[1].params[0].asscalar()
        2.0

    Source: mxnet/ndarray/_internal, CachedOp.
    """
    try:
        return _traced(rule, source, target, hyperparams)
    except Exception:  # whatever a rule may raise on symbols; its own mistakes showed in check_rule
        return lambda: _eager(rule, source, target, hyperparams)


def _traced(rule, source, target, hyperparams):
    variables, outputs = {}, []
    for i, (x, g, state) in enumerate(zip(source.params, source.grads, source.states)):
        named = {f"x{i}": x, f"g{i}": g, **{f"s{i}_{j}": s for j, s in enumerate(state)}}
        x, g, *state = (mx.sym.Variable(name, shape=array.shape) for name, array in named.items())
        new_x, new_state = rule(x, g, tuple(state), **hyperparams)
        # A graph's output may not be its input; copying is exact.
        outputs += [mx.sym.identity(out) if out.get_children() is None else out for out in (new_x, *new_state)]
        variables.update(named)
    graph = mx.sym.Group(outputs)
    if graph.infer_shape()[1] != [array.shape for array in target.flat()]:
        raise ValueError("NDArrays broadcast in + and -, symbols do not")
    update = mx.nd.CachedOp(graph, STATIC)
    inputs, results = [variables[name] for name in graph.list_inputs()], target.flat()
    return lambda: update(*inputs, out=results)


def _eager(rule, source, target, hyperparams):
    for i, slots in enumerate(zip(source.params, source.grads, source.states)):
        new_x, new_state = rule(*slots, **hyperparams)
        for new, kept in zip((new_x, *new_state), (target.params[i], *target.states[i])):
            nd.identity(new, out=kept)
