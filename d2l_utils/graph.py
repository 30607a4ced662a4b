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
        A function (rows, order, x, states, arrays) of NDArrays that returns the recorded parameters and the
        last ones below them (num_marks + 1, *shape), the last ones again, and the last states. rows has the
        features, a column of ones and the labels (num_examples, num_features + 2); order says which rows
        come first, (num_examples,) or (num_seeds, num_examples); arrays are the swept hyperparameters, each
        of the given shape.

    Example:
        >>> graph = epoch_graph(lambda x, g, state=(): (x - g, state), (), (), 0, (2, 1), (3,), (1,))
        >>> graph(mx.nd.ones((3, 3)), mx.nd.arange(3), mx.nd.zeros((2, 1)), [], [])[1].asnumpy().ravel()
        array([1., 1.], dtype=float32)

    Source: mxnet.ndarray.CachedOp.
    """
    x, recorded = mx.sym.Variable("x", shape=shape), []
    states = [mx.sym.Variable(f"s{j}", shape=shape) for j in range(num_slots)]
    arrays = {f"knob_{name}": mx.sym.Variable(f"knob_{name}", shape=shape) for name in swept}
    step = _step(rule, knobs, swept, num_slots, seeded=len(shape) == 3)
    takes = set(step.list_inputs())
    for i, batch in enumerate(_minibatches(batch_sizes, axis=len(shape) - 2), start=1):
        inputs = {"x": x, **batch, **arrays, **{f"s{j}": state for j, state in enumerate(states)}}
        # Copying the graph of one step is ten times as fast as running the rule on symbols again.
        x, *states = step(**{name: value for name, value in inputs.items() if name in takes})
        if i in marks:
            recorded.append(x)
    outputs = mx.sym.stack(*recorded, x), mx.sym.identity(x), *map(mx.sym.identity, states)
    return _function(mx.sym.Group(outputs), swept)


def _step(rule, knobs, swept, num_slots, seeded):
    """The graph of one step: inputs X, pull, y, x, s0, ... and the arrays, outputs x, s0, ..."""
    product = mx.sym.batch_dot if seeded else mx.sym.dot
    X, pull, y, x = map(mx.sym.Variable, ("X", "pull", "y", "x"))
    error = mx.sym.broadcast_sub(product(X, x), y)
    arrays = {name: mx.sym.Variable(f"knob_{name}") for name in swept}
    state = tuple(mx.sym.Variable(f"s{j}") for j in range(num_slots))
    new_x, new_state = rule(x, product(pull, error, transpose_a=True), state, **dict(knobs), **arrays)
    # A variable cannot be an output of a graph that is copied.
    return mx.sym.Group([mx.sym.identity(out) if out.get_children() is None else out for out in (new_x, *new_state)])


def _minibatches(batch_sizes, axis):
    """The inputs of each step, cut out of the rows in their shuffled order."""
    rows, begin = mx.sym.take(mx.sym.Variable("rows"), mx.sym.Variable("order")), 0
    for size in sorted(set(batch_sizes), reverse=True):  # a smaller last batch is cut out by itself
        count = batch_sizes.count(size)
        part = mx.sym.slice_axis(rows, axis=axis, begin=begin, end=begin + count * size)
        X = mx.sym.slice_axis(part, axis=-1, begin=0, end=-1)
        y = mx.sym.slice_axis(part, axis=-1, begin=-1, end=None)
        # The mean's division is done here once and not at each step.
        cut = [mx.sym.split(whole, num_outputs=count, axis=axis) for whole in (X, X / size, y)]
        for i in range(count):
            yield {name: whole[i] for name, whole in zip(("X", "pull", "y"), cut)}
        begin += count * size


def _function(graph, swept):
    """A graph as a function of arrays."""
    op, order = mx.nd.CachedOp(graph, STATIC), graph.list_inputs()

    def run(rows, index, x, states, arrays):
        given = {"rows": rows, "order": index, "x": x}
        given.update({f"s{j}": state for j, state in enumerate(states)})
        given.update({f"knob_{name}": array for name, array in zip(swept, arrays)})
        recorded, x, *states = op(*[given[name] for name in order])
        return recorded, x, states

    return run
