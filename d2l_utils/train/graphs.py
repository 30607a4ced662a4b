"""Static graphs for a step of training: the loss, its gradient, and the rule. Each does its work without a record."""

import logging
from collections.abc import Callable, Iterable
from itertools import chain, count
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import nd

STATIC = [("static_alloc", True), ("static_shape", True)]  # plan the memory of a graph once, not per call
LOG = logging.getLogger(__name__)


def function(symbol: Any, names: Iterable[str]) -> Callable:
    """Compile a symbol into a function of arrays.

    Args:
        symbol: what to compute (Symbol).
        names: those of its inputs, in the order in which the function takes them; it may take more.

    Returns:
        A function (*arrays, out=None) that returns the symbol's outputs, or writes them to the arrays of out.

    Example:
        >>> double = function(2 * mx.sym.Variable("x"), ["x"])
        >>> double(nd.ones(1)).asscalar() == 2
        True
    """
    operator = nd.CachedOp(symbol, STATIC)
    order = list(names)
    places = [order.index(name) for name in symbol.list_inputs()]

    def run(*arrays, out=None):
        return operator(*[arrays[place] for place in places], out=out)

    return run


def copied(outputs: Iterable) -> list:
    """The outputs of a graph, those that are its very inputs as copies: an output may not be an input."""
    return [mx.sym.identity(out) if out.get_children() is None else out for out in outputs]


def gradient(loss: Any, arrays: dict[str, Any], grads: dict[str, Any]) -> Callable:
    """Compile a loss and the way back to the parameters into one static graph.

    It does the work of autograd in a third of its time, since nothing is recorded anew at each step.

    Args:
        loss: the mean loss, a symbol of "X", "y" and parameters.
        arrays: the parameters to run it with, by name (NDArrays).
        grads: the arrays that receive gradients, by the parameter's name (NDArrays); where one is missing, its
            parameter is held.

    Returns:
        A function (X, y) that writes the gradients and returns the loss, an NDArray of shape (1,). It keeps a
        graph for each shape of a batch.

    Example:
        >>> w = mx.sym.Variable("w")
        >>> square = ((mx.sym.Variable("X") * w - mx.sym.Variable("y")) ** 2).mean()
        >>> g = nd.zeros(1)
        >>> float(gradient(square, {"w": nd.ones(1)}, {"w": g})(nd.array([3]), nd.ones(1)).asscalar())
        4.0
        >>> float(g.asscalar())
        12.0
    """
    graph = mx.sym.MakeLoss(loss)
    wanted = {name: "write" if name in grads else "null" for name in ("X", "y", *arrays)}
    batch = function(mx.sym.Group(copied(map(mx.sym.Variable, ("X", "y")))), ("X", "y"))
    bound = {}

    def bind(X, y):
        inputs = {"X": X.copy(), "y": y.copy()}
        executor = graph.bind(X.context, {**arrays, **inputs}, grads, wanted, aux_states=arrays)
        return list(inputs.values()), executor, executor.outputs[0]

    def step(X, y):
        if X.shape not in bound:
            bound[X.shape] = bind(X, y)
        inputs, executor, loss = bound[X.shape]
        batch(X, y, out=inputs)
        executor.forward(is_train=True)
        executor.backward()
        return nd.identity(loss)  # the next step will write over it; loss.copy() would take twice as long

    return step


class Buffers:
    """What a rule reads and writes: parameters, their gradients, and the state of each parameter.

    Args:
        params: the parameters to make room for (list of NDArrays).
        states: the state of each (list of tuples of NDArrays).
        like: makes an entry like a given NDArray, by default a copy; of gradients only the shape and dtype count.

    Attributes:
        params, grads: a list of NDArrays each.
        states: a list of tuples of NDArrays.
        inputs: all of them, parameters first, then gradients, then states (list of NDArrays).
        outputs: the same without the gradients, which is what a rule returns (list of NDArrays).
    """

    def __init__(self, params, states, like=nd.NDArray.copy):
        self.params = [like(x) for x in params]
        self.grads = [like(x) for x in params]
        self.states = [tuple(map(like, state)) for state in states]
        self.inputs = [*self.params, *self.grads, *chain(*self.states)]
        self.outputs = [*self.params, *chain(*self.states)]

    def stepped(self, rule: Callable, hyperparams: dict) -> list:
        """What a rule returns for them, in the order of outputs."""
        triples = zip(self.params, self.grads, self.states)
        params, states = zip(*[rule(x, g, state, **hyperparams) for x, g, state in triples])
        return [*params, *chain(*states)]


def update(rule: Callable, buffers: Buffers, hyperparams: dict) -> Callable:
    """Make the update that reads one set of buffers and writes another.

    The rule is traced into one static graph. One that cannot be traced (it asks for a value or a shape, or
    changes an array in place), or whose graph gives other numbers, is called as it stands.

    Args:
        rule: a checked rule.
        buffers: Buffers of the shapes that the rule will be run on; they are only looked at.
        hyperparams: what the rule is given by name (dict).

    Returns:
        A function (source, target) that does one update of all parameters, from Buffers to other Buffers.

    Example:
        >>> source, target = (Buffers([nd.ones(1)], [()]) for _ in range(2))
        >>> update(lambda x, g, state=(): (2 * x, state), source, {})(source, target)
        >>> float(target.params[0].asscalar())
        2.0
    """
    try:
        return trace(rule, buffers, hyperparams)
    except Exception:  # whatever a rule may raise on symbols; its own mistakes showed in check_rule
        LOG.info("The rule runs as it stands: it cannot be made a graph.", exc_info=True)
        return _plain(rule, hyperparams)


def _plain(rule, hyperparams):
    def plain(source, target):
        for new, kept in zip(source.stepped(rule, hyperparams), target.outputs):
            nd.identity(new, out=kept)

    return plain


def trace(rule: Callable, buffers: Buffers, hyperparams: dict) -> Callable:
    """Like update, but raise where the rule cannot be traced into a graph that gives the same bits."""
    numbers = count()

    def variable(array):
        return mx.sym.Variable(f"array{next(numbers)}", shape=array.shape, dtype=array.dtype)

    symbols = Buffers(buffers.params, buffers.states, variable)
    outputs = copied(symbols.stepped(rule, hyperparams))
    graph = function(mx.sym.Group(outputs), [symbol.name for symbol in symbols.inputs])

    def traced(source, target):
        graph(*source.inputs, out=target.outputs)

    if not _agree(traced, _plain(rule, hyperparams), buffers):
        raise ValueError("its graph gives other numbers")
    return traced


def _agree(traced, plain, buffers):
    """Tell whether a graph gives the same bits as the rule itself, on one trial of random arrays."""
    draw = np.random.RandomState(0).uniform  # a generator of its own: seeds stay what they were
    source, by_graph, by_rule = (Buffers(buffers.params, buffers.states) for _ in range(3))
    for array in source.inputs:
        array[:] = nd.array(draw(0.5, 1.5, array.shape), dtype=array.dtype)
    traced(source, by_graph)
    plain(source, by_rule)
    pairs = zip(by_graph.outputs, by_rule.outputs)
    return all(np.array_equal(a.asnumpy(), b.asnumpy(), equal_nan=True) for a, b in pairs)
