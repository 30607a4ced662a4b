"""An epoch of linear regression, gradient and rule included, unrolled into one static MXNet graph."""

from collections.abc import Callable
from functools import lru_cache

import mxnet as mx

from ..train.graphs import copied, function

GRAPHS_KEPT = 32  # least recently used ones make room


@lru_cache(maxsize=GRAPHS_KEPT)
def epoch_graph(
    rule: Callable,
    hyperparams: tuple,
    num_slots: int,
    num_columns: int,
    batch_sizes: tuple[int, ...],
    marks: tuple[int, ...],
) -> Callable:
    """Compile one epoch: for each minibatch the gradient of half the mean squared error, and the rule.

    Args:
        rule: a pure rule that can be traced and is elementwise.
        hyperparams: what the rule is given by name, as (name, value) pairs (tuple).
        num_slots: how many arrays the rule remembers (int).
        num_columns: the number of features and one more, for the bias (int).
        batch_sizes: of the minibatches in their order (tuple of int).
        marks: the steps after which parameters are recorded, from 1 (tuple of int).

    Returns:
        A function (rows, x, *states) of NDArrays that returns the recorded parameters with the last ones below
        them (num_marks + 1, num_columns, 1), the last ones again, and each of the last states. rows, shuffled, has
        the features, a column of ones and the labels (num_examples, num_columns + 1); x and each of states are
        of shape (num_columns, 1).

    Example:
        >>> graph = epoch_graph(lambda x, g, state=(): (x - g, state), (), 0, 2, (4,), (1,))
        >>> graph(mx.nd.ones((4, 3)), mx.nd.zeros((2, 1)))[1].asnumpy().ravel()
        array([1., 1.], dtype=float32)
    """
    slots = [f"s{j}" for j in range(num_slots)]
    x = mx.sym.Variable("x", shape=(num_columns, 1))
    states = [mx.sym.Variable(name, shape=(num_columns, 1)) for name in slots]
    recorded = []
    step = _step(rule, hyperparams, slots)
    takes = set(step.list_inputs())
    for i, (XX, Xy) in enumerate(_minibatches(batch_sizes), start=1):
        inputs = {"x": x, "XX": XX, "Xy": Xy, **dict(zip(slots, states))}
        # Copying the graph of one step is ten times as fast as running the rule on symbols again.
        x, *states = step(**{name: value for name, value in inputs.items() if name in takes})
        if i in marks:
            recorded.append(x)
    outputs = [mx.sym.stack(*recorded, x), *map(mx.sym.identity, (x, *states))]
    return function(mx.sym.Group(outputs), ("rows", "x", *slots))


def _step(rule, hyperparams, slots):
    """The graph of one step: inputs XX, Xy, x, s0, ..., outputs x, s0, ..."""
    XX, Xy, x, *state = map(mx.sym.Variable, ("XX", "Xy", "x", *slots))
    new_x, new_state = rule(x, mx.sym.dot(XX, x) - Xy, tuple(state), **dict(hyperparams))
    # A variable cannot be an output of a graph that is copied.
    graph = mx.sym.Group(copied((new_x, *new_state)))
    # A sum of two arrays goes to oneDNN, which takes three times as long as MXNet itself on a few numbers.
    return mx.sym.load_json(graph.tojson().replace('"elemwise_add"', '"broadcast_add"'))


def _minibatches(batch_sizes):
    """XᵀX and Xᵀy of each minibatch, divided by its size: the gradient at x is XᵀX x - Xᵀy."""
    rows = mx.sym.Variable("rows")
    begin = 0
    for size in sorted(set(batch_sizes), reverse=True):  # a smaller last batch is cut out by itself
        count = batch_sizes.count(size)
        part = mx.sym.slice_axis(rows, axis=0, begin=begin, end=begin + count * size) / size**0.5
        batches = mx.sym.reshape(part, shape=(count, size, -1))
        X = mx.sym.slice_axis(batches, axis=2, begin=0, end=-1)
        moments = mx.sym.batch_dot(X, batches, transpose_a=True)
        XX = mx.sym.slice_axis(moments, axis=2, begin=0, end=-1)
        Xy = mx.sym.slice_axis(moments, axis=2, begin=-1, end=None)
        yield from zip(*[mx.sym.split(array, num_outputs=count, axis=0, squeeze_axis=True) for array in (XX, Xy)])
        begin += count * size
