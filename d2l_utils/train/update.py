"""A rule's update of all parameters of a network, as one static graph where the rule can be traced."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, count, pairwise

import mxnet as mx
import numpy as np
from mxnet import nd

from .graphs import copied, function

LOG = logging.getLogger(__name__)

# Operators whose result at a place depends on their inputs at that place alone, where all shapes are the same.
ELEMENTWISE = {
    *("elemwise_add", "elemwise_sub", "elemwise_mul", "elemwise_div", "broadcast_add", "broadcast_sub"),
    *("broadcast_mul", "broadcast_div", "broadcast_power", "broadcast_maximum", "broadcast_minimum"),
    *("_power", "_maximum", "_minimum", "_plus_scalar", "_minus_scalar", "_rminus_scalar", "_mul_scalar"),
    *("_div_scalar", "_rdiv_scalar", "_power_scalar", "_rpower_scalar", "_maximum_scalar", "_minimum_scalar"),
    *("_greater_scalar", "_lesser_scalar", "_equal_scalar", "where", "clip", "zeros_like", "ones_like", "negative"),
    *("sqrt", "rsqrt", "square", "abs", "sign", "exp", "log", "_copy", "null"),
}


@dataclass(frozen=True)
class Buffers:
    """What a rule reads and writes: parameters, their gradients, and the state of each parameter.

    Attributes:
        params, grads: a list of arrays each.
        states: a list of tuples of arrays.
        whole: the same numbers as one long parameter with its gradient and its state (Buffers); None where the
            arrays stand alone.
        inputs: all arrays, parameters first, then gradients, then states (list).
        outputs: the same without the gradients, which is what a rule returns (list).
    """

    params: list
    grads: list
    states: list
    whole: "Buffers | None" = None

    @classmethod
    def like(cls, params: list, states: list, make: Callable = nd.NDArray.copy) -> "Buffers":
        """Buffers of arrays that are made like these, by default as copies; gradients like the parameters."""
        made = [tuple(map(make, state)) for state in states]
        return cls([make(x) for x in params], [make(x) for x in params], made)

    @classmethod
    def packed(cls, params: list, states: list) -> "Buffers":
        """Copies that lie one behind another in a few long arrays, where each state has its parameter's shape."""
        entries = list(zip(params, states))
        if any(s.shape != x.shape for x, state in entries for s in state) or len({x.dtype for x in params}) > 1:
            return cls.like(params, states)

        def cut(long):
            ends = accumulate((x.size for x in params), initial=0)
            return [long[start:end].reshape(x.shape) for x, (start, end) in zip(params, pairwise(ends))]

        x = _joined(params)
        state = tuple(map(_joined, zip(*states)))
        whole = cls([x], [nd.zeros_like(x)], [state])
        parts = zip(*map(cut, state)) if state else states
        return cls(cut(x), cut(whole.grads[0]), list(parts), whole)

    @cached_property
    def inputs(self) -> list:
        return [*self.params, *self.grads, *chain(*self.states)]

    @cached_property
    def outputs(self) -> list:
        return [*self.params, *chain(*self.states)]

    def stepped(self, rule: Callable, hyperparams: dict) -> list:
        """What a rule returns for them, in the order of outputs."""
        triples = zip(self.params, self.grads, self.states)
        params, states = zip(*[rule(x, g, state, **hyperparams) for x, g, state in triples])
        return [*params, *chain(*states)]


def _joined(arrays):
    return nd.concat(*[array.reshape(-1) for array in arrays], dim=0)


def update(rule: Callable, buffers: Buffers, hyperparams: dict) -> Callable:
    """Make the update that reads one set of buffers and writes another.

    The rule is traced into one static graph; a rule that is elementwise then runs once on the long arrays of packed
    buffers, not once for each parameter. A rule that cannot be traced (it asks for a value or a shape, or changes an
    array in place), or whose graph gives other numbers, is called as it stands.

    Args:
        rule: a checked rule.
        buffers: Buffers of the shapes that the rule will be run on; they are only looked at.
        hyperparams: what the rule is given by name (dict).

    Returns:
        A function (source, target) that does one update of all parameters, from Buffers to other Buffers that were
        made as these were.

    Example:
        >>> source, target = (Buffers.packed([nd.ones(1)], [()]) for _ in range(2))
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
    whole = buffers.whole
    joined = whole is not None and _is_elementwise(_graph(rule, whole, hyperparams)[0])
    looked_at = whole if joined else buffers
    graph = function(*_graph(rule, looked_at, hyperparams))

    def traced(source, target):
        graph(*source.inputs, out=target.outputs)

    def traced_as_one(source, target):
        traced(source.whole, target.whole)

    if not _agree(traced, _plain(rule, hyperparams), looked_at):
        raise ValueError("its graph gives other numbers")
    return traced_as_one if joined else traced


def _graph(rule, buffers, hyperparams):
    """The rule on symbols for the arrays of buffers, and their names in the order of inputs."""
    numbers = count()

    def variable(array):
        return mx.sym.Variable(f"array{next(numbers)}", shape=array.shape, dtype=array.dtype)

    symbols = Buffers.like(buffers.params, buffers.states, variable)
    outputs = copied(symbols.stepped(rule, hyperparams))
    return mx.sym.Group(outputs), [symbol.name for symbol in symbols.inputs]


def _is_elementwise(symbol):
    return all(node["op"] in ELEMENTWISE for node in json.loads(symbol.tojson())["nodes"])


def _agree(traced, plain, buffers):
    """Tell whether a graph gives the same bits as the rule itself, on one trial of random arrays."""
    draw = np.random.RandomState(0).uniform  # a generator of its own: seeds stay what they were
    source, by_graph, by_rule = (Buffers.like(buffers.params, buffers.states) for _ in range(3))
    for array in source.inputs:
        array[:] = nd.array(draw(0.5, 1.5, array.shape), dtype=array.dtype)
    traced(source, by_graph)
    plain(source, by_rule)
    pairs = zip(by_graph.outputs, by_rule.outputs)
    return all(np.array_equal(a.asnumpy(), b.asnumpy(), equal_nan=True) for a, b in pairs)
