"""What the chapters train: linear regression, its loss as a graph, and the best that it can do."""

import mxnet as mx
import numpy as np
from mxnet import gluon

from .rule import STATIC

SIGMA = 0.01  # the standard deviation of a fresh network's weights


def linear_net(num_features):
    """Linear regression as a Gluon network: weights drawn from N(0, 0.01²), bias 0.

    Args:
        num_features: the number of columns of the features (int).

    Returns:
        An initialised, hybridizable network with one output.

    Example:
        >>> linear_net(5)(mx.nd.zeros((3, 5))).shape
        (3, 1)

    Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the function train_gluon_ch7.
    """
    net = gluon.nn.Dense(1, in_units=num_features)
    net.initialize(mx.init.Normal(sigma=SIGMA))
    return net


def linear_start(num_features):
    """The first weights of a linear_net, its bias below them, (num_features + 1, 1), from the same random draw."""
    weights = mx.nd.random.normal(0, SIGMA, shape=(1, num_features)).asnumpy()
    return np.append(weights, np.float32(0))[:, None]


def linear_net_at(theta):
    """Linear regression as a Gluon network with given weights, the bias below them; draws nothing."""
    net = gluon.nn.Dense(1, in_units=len(theta) - 1)
    net.initialize(mx.init.Zero())
    net.weight.set_data(theta[:-1].T)
    net.bias.set_data(theta[-1])
    return net


def parameters(net, features):
    """The arrays that training a network changes, after one example has told it its shapes."""
    net(features[:1])
    return [parameter.data() for parameter in net.collect_params().values()]


def loss_graph(net):
    """Compile a network and the loss, half the mean squared error, into one static graph.

    Args:
        net: an initialised Gluon HybridBlock.

    Returns:
        A function (X, y, *parameters) that returns the mean loss, an NDArray of shape (1,). It is made for
        one batch size: another one is right too, but costs a new plan at each change.

    Example:
        >>> net = linear_net(2)
        >>> net.initialize(mx.init.Zero(), force_reinit=True)
        >>> X, y = mx.nd.ones((3, 2)), mx.nd.ones(3)
        >>> float(loss_graph(net)(X, y, *parameters(net, X)).asscalar())
        0.5

    Source: the textbook's squared loss, (ŷ - y)² / 2.
    """
    graph = _loss(net)
    op = mx.nd.CachedOp(graph, STATIC)
    names = ["X", "y", *net.collect_params()]
    order = [names.index(name) for name in graph.list_inputs()]

    def loss(*arrays):
        return op(*[arrays[i] for i in order])

    return loss


def gradient_graph(net, params, grads):
    """Compile a network, its loss and the way back to the parameters into one static graph.

    It does the work of autograd in a third of its time, since nothing is recorded anew at each step.

    Args:
        net: an initialised Gluon HybridBlock.
        params: the arrays to run it with, in the order of net.collect_params() (list of NDArrays).
        grads: the arrays that receive the gradients, one for each of params (list of NDArrays).

    Returns:
        A function (X, y) that writes the gradients of the mean loss and returns it, an NDArray of shape (1,).
        It keeps a graph for each shape of a batch.

    Example:
        >>> net, gradient = linear_net_at(np.zeros((2, 1))), mx.nd.zeros((1, 1))
        >>> X, y = mx.nd.array([[1], [3]]), mx.nd.ones(2)
        >>> float(gradient_graph(net, parameters(net, X), [gradient, mx.nd.zeros(1)])(X, y).asscalar())
        0.5
        >>> gradient.asnumpy()
        array([[-2.]], dtype=float32)

    Source: mxnet.symbol.Symbol.bind.
    """
    graph, names, bound = mx.sym.MakeLoss(_loss(net)), list(net.collect_params()), {}
    given, received = dict(zip(names, params)), dict(zip(names, grads))
    batch = mx.nd.CachedOp(mx.sym.Group([mx.sym.identity(mx.sym.Variable(name)) for name in ("X", "y")]), STATIC)

    def bind(X, y):
        inputs = {"X": X.copy(), "y": y.copy()}
        wanted = dict.fromkeys(received, "write")
        executor = graph.bind(X.context, {**given, **inputs}, received, wanted, aux_states=given)
        return [*inputs.values()], executor, executor.outputs[0]

    def gradient(X, y):
        if X.shape not in bound:
            bound[X.shape] = bind(X, y)
        inputs, executor, loss = bound[X.shape]
        batch(X, y, out=inputs)
        executor.forward(is_train=True)
        executor.backward()
        return mx.nd.identity(loss)  # the next step will write over it; loss.copy() would take twice as long

    return gradient


def _loss(net):
    """Half the mean squared error of a network's outputs, as a symbol of X, y and its parameters."""
    y_hat = net(mx.sym.Variable("X"))
    # One mean over all entries: Gluon's L2Loss takes two, and each costs several operations on the way back.
    return mx.sym.square(y_hat - mx.sym.reshape_like(mx.sym.Variable("y"), y_hat)).mean() / 2


def table(features, labels):
    """Features, a column of ones for the bias and labels side by side: array (num_examples, num_features + 2)."""
    rows = np.ones((features.shape[0], features.shape[1] + 2), dtype=np.float32)
    rows[:, :-2], rows[:, -1] = features.asnumpy(), labels.asnumpy()
    return rows


def linear_losses(rows, thetas):
    """The losses of many linear models on the same data, from the data's second moments.

    Args:
        rows: array (num_examples, num_features + 2), as table makes it.
        thetas: array (..., num_features + 1, num_models), weights with the bias below them.

    Returns:
        Half the mean squared error of each model: float64 array (..., num_models).

    Example:
        >>> linear_losses(table(mx.nd.ones((4, 1)), mx.nd.ones(4)), np.array([[0, 1], [0, 1]]))
        array([0.5, 0.5])

    Source: (ŷ - y)²/2 multiplied out.
    """
    rows, thetas = rows.astype(np.float64), thetas.astype(np.float64)
    moments = rows.T @ rows / len(rows) / 2
    curvature, pull = moments[:-1, :-1], moments[:-1, -1:]
    with np.errstate(all="ignore"):  # the models of a run that diverged
        return (thetas * (curvature @ thetas - 2 * pull)).sum(axis=-2) + moments[-1, -1]


def least_squares(features, labels):
    """The smallest loss that linear regression with a bias can have on these data.

    Args:
        features: NDArray (num_examples, num_features).
        labels: NDArray (num_examples,).

    Returns:
        Half the mean squared error of the least-squares solution (float), computed in float64.

    Example:
        >>> least_squares(mx.nd.array([[0], [1], [2]]), mx.nd.array([1, 2, 3])) < 1e-12
        True

    Source: Golub and Van Loan (2013), "Matrix Computations", section 5.3.
    """
    rows = table(features, labels).astype(np.float64)
    design, target = rows[:, :-1], rows[:, -1]
    solution = np.linalg.lstsq(design, target, rcond=None)[0]
    return float(np.mean((design @ solution - target) ** 2) / 2)
