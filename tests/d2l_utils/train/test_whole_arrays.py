"""Rules that look at a whole parameter: which loops run them, and which refuse them by name."""

import d2l_utils  # noqa: F401  (makes MXNet importable)
from d2l_utils import runtime, train
from d2l_utils.rules import check_rule, eigh, matmul

import numpy as np
import pytest
from mxnet import gluon, nd

KINDS = [pytest.param(np.asarray, np.zeros_like, id="NumPy"), pytest.param(nd.array, nd.zeros_like, id="MXNet")]


def left(x, g, state=(0, 0), lr=0.1):
    """A rule of matrices alone, which remembers a matrix of another shape and counts its steps."""
    num_rows, _ = g.shape
    L, t = state
    L = L + matmul(g, g.T)
    return x - lr / num_rows * matmul(L, g), (L, t + 1)


def full(x, g, state=(0,), lr=0.1):
    """A rule of vectors, which remembers a matrix."""
    (S,) = state
    column = g.reshape((-1, 1))
    S = S + matmul(column, column.T)
    return x - lr * matmul(S, column).reshape(x.shape), (S,)


def size(x, g, state=(0,), lr=0.1):
    """A rule that remembers one number of an array, whatever its shape."""
    (longest,) = state
    longest = longest + (g * g).sum()
    return x - lr * g / (longest + 1), (longest,)


def filled(x, g, state=(0,), lr=0.1):
    """A rule that writes into its array, which a plain zero does not let it."""
    (s,) = state
    s[:] = s + g * g
    return x - lr * g, (s,)


@pytest.mark.parametrize(("kind", "zeros_like"), KINDS)
@pytest.mark.parametrize(
    ("rule", "shape", "expected"),
    [
        (left, (2, 3), [(2, 2), (2, 3)]),  # a number takes the parameter's shape
        (full, (3,), [(3, 3)]),
        (filled, (2, 3), [(2, 3)]),
    ],
)
def test_the_first_state_has_the_shapes_that_the_rule_returns(rule, shape, expected, kind, zeros_like):
    (state,) = check_rule(rule, [kind(np.ones(shape))], {}, zeros_like)
    assert [entry.shape for entry in state] == expected
    assert not any(entry.sum() for entry in state)


@pytest.mark.parametrize("rule", [left, size])
def test_iterates_and_stepwise_take_the_steps_of_the_rule(rule):
    start, X = np.random.normal(size=(2, 3)), np.random.normal(size=(40, 3))

    def gradient(x, t):
        return x @ X.T @ X / 40

    x, state, by_hand = start, (0,) * len(rule.__defaults__[0]), [start]
    for t in range(4):
        x, state = rule(x, gradient(x, t), state)
        by_hand.append(x)
    for first in (start, nd.array(start, dtype="float64")):
        np.testing.assert_allclose(train.iterates(rule, first, gradient, 4), by_hand, rtol=1e-12)
    net = gluon.nn.Dense(2, use_bias=False, in_units=3)
    net.cast("float64")
    net.initialize()
    net.weight.set_data(nd.array(start, dtype="float64"))
    # All the rows in one batch: no shuffle matters.
    settings = {"net": net, "batch_size": 40, "num_epochs": 4, "record_every": 40}
    train.stepwise(rule, nd.array(X, dtype="float64"), nd.zeros((40, 2)), loss=half_square, **settings)
    np.testing.assert_allclose(net.weight.data().asnumpy(), by_hand[-1], rtol=1e-12)


def half_square(outputs, y):
    """Half the squared distance of each row, averaged."""
    return 0.5 * (outputs - y).square().sum(axis=1).mean()


def test_descend_shows_a_matrix_row_by_row():
    path = train.descend(full, lambda a, b: a, lambda a, b: [1.0, 2.0], [0.0, 0.0], num_steps=2)
    np.testing.assert_array_equal(path.states, [[[1, 2], [2, 4]], [[2, 4], [4, 8]]])
    path = train.descend(size, lambda a, b: a, lambda a, b: [1.0, 2.0], [0.0, 0.0], num_steps=1)
    np.testing.assert_array_equal(path.states, [[[5, 5]]])


@pytest.mark.parametrize("rule", [left, size])
def test_the_fast_loops_refuse_by_name(rule):
    X, y = nd.random.normal(shape=(96, 4)), nd.array([0, 1] * 48, dtype="int32")
    for way in (train.compiled, train.sweep):
        with pytest.raises(ValueError, match=f"rule {rule.__name__} mixes the numbers of an array; train.stepwise"):
            way(rule, X, y.astype("float32"))
    with pytest.raises(ValueError, match=f"rule {rule.__name__} mixes the numbers of an array; train.stepwise"):
        train.lockstep([("one", rule, {})], X, y, X, y)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("kind", "zeros_like"), KINDS)
def test_products_and_eigenvectors_of_both_kinds(kind, zeros_like, dtype):
    def array(numbers):
        return kind(numbers, dtype=dtype)

    runtime.seed(3)
    a, b, c = (np.random.normal(size=shape) for shape in ((3, 4), (4, 2), (2, 3)))
    product = matmul(array(a), array(b), array(c))
    assert type(product) is type(array(a))
    assert np.dtype(product.dtype) == dtype
    np.testing.assert_allclose(getattr(product, "asnumpy", lambda: product)(), a @ b @ c, rtol=1e-4)
    values, vectors = eigh(array(a @ a.T))
    again = matmul(vectors * values, vectors.T)
    assert np.dtype(again.dtype) == dtype
    np.testing.assert_allclose(getattr(again, "asnumpy", lambda: again)(), a @ a.T, rtol=1e-4)
