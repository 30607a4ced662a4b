"""An epoch of linear regression, gradient and rule included, unrolled into one static MXNet graph."""

from functools import lru_cache

import mxnet as mx

from .rule import STATIC

GRAPHS_KEPT = 32  # least recently used ones make room


@lru_cache(maxsize=GRAPHS_KEPT)
def epoch_graph(rule, hyperparams, num_slots, num_columns, batch_sizes, marks):
    """Compile one epoch: for each minibatch the gradient of half the mean squared error, and the rule.

    Args:
        rule: a pure rule that can be traced and treats each number by itself.
        hyperparams: what the rule is given by name, as (name, value) pairs (tuple).
        num_slots: how many arrays the rule remembers (int).
        num_columns: the number of features and one more, for the bias (int).
        batch_sizes: of the minibatches in their order (tuple of int).
        marks: the steps after which parameters are recorded, from 1 (tuple of int).

    Returns:
        A function (rows, x, states) of NDArrays that returns the recorded parameters with the last ones below
        them (num_marks + 1, num_columns, 1), the last ones again, and the last states. rows, shuffled, has
        the features, a column of ones and the labels (num_examples, num_columns + 1); x and each of states are
        of shape (num_columns, 1).

    Example:
        >>> graph = epoch_graph(lambda x, g, state=(): (x - g, state), (), 0, 2, (4,), (1,))
        >>> graph(mx.nd.ones((4, 3)), mx.nd.zeros((2, 1)), [])[1].asnumpy().ravel()
        array([1., 1.], dtype=float32)

    Source: mxnet.ndarray.CachedOp.
    """
    x, recorded = mx.sym.Variable("x", shape=(num_columns, 1)), []
    states = [mx.sym.Variable(f"s{j}", shape=(num_columns, 1)) for j in range(num_slots)]
    step = _step(rule, hyperparams, num_slots)
    takes = set(step.list_inputs())
    for i, (XX, Xy) in enumerate(_minibatches(batch_sizes), start=1):
        inputs = {"x": x, "XX": XX, "Xy": Xy, **{f"s{j}": state for j, state in enumerate(states)}}
        # Copying the graph of one step is ten times as fast as running the rule on symbols again.
        x, *states = step(**{name: value for name, value in inputs.items() if name in takes})
        if i in marks:
            recorded.append(x)
    return _function(mx.sym.Group([mx.sym.stack(*recorded, x), *map(mx.sym.identity, (x, *states))]))


def _step(rule, hyperparams, num_slots):
    """The graph of one step: inputs XX, Xy, x, s0, ..., outputs x, s0, ..."""
    XX, Xy, x, *state = map(mx.sym.Variable, ("XX", "Xy", "x", *(f"s{j}" for j in range(num_slots))))
    new_x, new_state = rule(x, mx.sym.dot(XX, x) - Xy, tuple(state), **dict(hyperparams))
    # A variable cannot be an output of a graph that is copied.
    outputs = [mx.sym.identity(out) if out.get_children() is None else out for out in (new_x, *new_state)]
    # A sum of two arrays goes to oneDNN, which takes three times as long as MXNet itself on a few numbers.
    return mx.sym.load_json(mx.sym.Group(outputs).tojson().replace('"elemwise_add"', '"broadcast_add"'))


def _minibatches(batch_sizes):
    """XᵀX and Xᵀy of each minibatch, divided by its size: the gradient at x is XᵀX x - Xᵀy."""
    rows, begin = mx.sym.Variable("rows"), 0
    for size in sorted(set(batch_sizes), reverse=True):  # a smaller last batch is cut out by itself
        count = batch_sizes.count(size)
        part = mx.sym.slice_axis(rows, axis=0, begin=begin, end=begin + count * size) / size**0.5
        batches = mx.sym.reshape(part, shape=(count, size, -1))
        X = mx.sym.slice_axis(batches, axis=2, begin=0, end=-1)
        moments = mx.sym.batch_dot(X, batches, transpose_a=True)
        both = (mx.sym.slice_axis(moments, axis=2, begin=b, end=e) for b, e in ((0, -1), (-1, None)))
        yield from zip(*(mx.sym.split(array, num_outputs=count, axis=0, squeeze_axis=True) for array in both))
        begin += count * size


def _function(graph):
    """A graph as a function of arrays."""
    op, order = mx.nd.CachedOp(graph, STATIC), graph.list_inputs()

    def run(rows, x, states):
        given = {"rows": rows, "x": x, **{f"s{j}": state for j, state in enumerate(states)}}
        recorded, x, *states = op(*[given[name] for name in order])
        return recorded, x, states

    return run
