"""An epoch of linear regression, gradient and rule included, unrolled into one static MXNet graph."""

from functools import lru_cache

import mxnet as mx

from .rule import STATIC

GRAPHS_KEPT = 32  # least recently used ones make room


@lru_cache(maxsize=GRAPHS_KEPT)
def epoch_graph(rule, knobs, swept, num_slots, shape, batch_sizes, marks):
    """Compile one epoch: for each minibatch the gradient of half the mean squared error, and the rule.

    Args:
        rule: a pure rule that can be traced and treats each number alone.
        knobs: the hyperparameters that are numbers, as (name, value) pairs (tuple).
        swept: the names of the hyperparameters that are arrays (tuple of str).
        num_slots: how many arrays the rule remembers (int).
        shape: of the parameters, (num_features + 1, num_settings), or (num_seeds, ...) before that.
        batch_sizes: the minibatches in their order (tuple of int).
        marks: the steps after which parameters are recorded, from 1 (tuple of int).

    Returns:
        A function (rows, x, states, arrays) of NDArrays that returns the recorded parameters and the last
        ones below them (num_marks + 1, *shape), the last ones again, and the last states. rows, shuffled,
        has the features, a column of ones and the labels, (num_examples, num_features + 2), after the number
        of seeds if there are any; arrays are the swept hyperparameters, each of the given shape.

    Example:
        >>> graph = epoch_graph(lambda x, g, state=(): (x - g, state), (), (), 0, (2, 1), (4,), (1,))
        >>> graph(mx.nd.ones((4, 3)), mx.nd.zeros((2, 1)), [], [])[1].asnumpy().ravel()
        array([1., 1.], dtype=float32)

    Source: mxnet.ndarray.CachedOp.
    """
    x, recorded = mx.sym.Variable("x", shape=shape), []
    states = [mx.sym.Variable(f"s{j}", shape=shape) for j in range(num_slots)]
    arrays = {f"knob_{name}": mx.sym.Variable(f"knob_{name}", shape=shape) for name in swept}
    step = _step(rule, knobs, swept, num_slots, shape)
    takes = set(step.list_inputs())
    for i, (X, y) in enumerate(_minibatches(batch_sizes, axis=len(shape) - 2), start=1):
        inputs = {"x": x, "X": X, "y": y, **arrays, **{f"s{j}": state for j, state in enumerate(states)}}
        # Copying the graph of one step is ten times as fast as running the rule on symbols again.
        x, *states = step(**{name: value for name, value in inputs.items() if name in takes})
        if i in marks:
            recorded.append(x)
    outputs = mx.sym.stack(*recorded, x), mx.sym.identity(x), *map(mx.sym.identity, states)
    return _function(mx.sym.Group(outputs), swept)


def _step(rule, knobs, swept, num_slots, shape):
    """The graph of one step: inputs X, y, x, s0, ... and the arrays, outputs x, s0, ..."""
    product = mx.sym.dot if len(shape) == 2 else mx.sym.batch_dot
    # A single column needs no broadcasting, which would cost as much as both products.
    minus = mx.sym.elemwise_sub if shape[-1] == 1 else mx.sym.broadcast_sub
    X, y, x = map(mx.sym.Variable, ("X", "y", "x"))
    gradient = product(X, minus(product(X, x), y), transpose_a=True)
    arrays = {name: mx.sym.Variable(f"knob_{name}") for name in swept}
    state = tuple(mx.sym.Variable(f"s{j}") for j in range(num_slots))
    new_x, new_state = rule(x, gradient, state, **dict(knobs), **arrays)
    # A variable cannot be an output of a graph that is copied.
    outputs = [mx.sym.identity(out) if out.get_children() is None else out for out in (new_x, *new_state)]
    graph = mx.sym.Group(outputs)
    # A sum of two arrays goes to oneDNN, which takes three times as long as MXNet itself where there are few numbers.
    return mx.sym.load_json(graph.tojson().replace("elemwise_add", "broadcast_add")) if shape[-1] == 1 else graph


def _minibatches(batch_sizes, axis):
    """Features and labels of each step, cut out of the rows; divided by √size, so that XᵀX is a mean."""
    rows, begin = mx.sym.Variable("rows"), 0
    for size in sorted(set(batch_sizes), reverse=True):  # a smaller last batch is cut out by itself
        count = batch_sizes.count(size)
        part = mx.sym.slice_axis(rows, axis=axis, begin=begin, end=begin + count * size) / size**0.5
        whole = (mx.sym.slice_axis(part, axis=-1, begin=b, end=e) for b, e in ((0, -1), (-1, None)))
        yield from zip(*(mx.sym.split(array, num_outputs=count, axis=axis) for array in whole))
        begin += count * size


def _function(graph, swept):
    """A graph as a function of arrays."""
    op, order = mx.nd.CachedOp(graph, STATIC), graph.list_inputs()

    def run(rows, x, states, arrays):
        given = {"rows": rows, "x": x}
        given.update({f"s{j}": state for j, state in enumerate(states)})
        given.update({f"knob_{name}": array for name, array in zip(swept, arrays)})
        recorded, x, *states = op(*[given[name] for name in order])
        return recorded, x, states

    return run
