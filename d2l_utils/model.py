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
        >>> loss_graph(net)(X, y, *parameters(net, X)).asscalar()
        0.5

    Source: the textbook's squared loss, (ŷ - y)² / 2.
    """
    y_hat = net(mx.sym.Variable("X"))
    # One mean over all entries: Gluon's L2Loss takes two, and each costs several operations on the way back.
    graph = mx.sym.square(y_hat - mx.sym.reshape_like(mx.sym.Variable("y"), y_hat)).mean() / 2
    op = mx.nd.CachedOp(graph, STATIC)
    names = ["X", "y", *net.collect_params()]
    order = [names.index(name) for name in graph.list_inputs()]

    def loss(*arrays):
        return op(*[arrays[i] for i in order])

    return loss


def linear_losses(features, labels, thetas):
    """The losses of many linear models on the same data, from the data's second moments.

    Args:
        features: NDArray (num_examples, num_features).
        labels: NDArray (num_examples,).
        thetas: array (..., num_features + 1, num_models), weights with the bias below them.

    Returns:
        Half the mean squared error of each model: float64 array (..., num_models).

    Example:
        >>> linear_losses(mx.nd.ones((4, 1)), mx.nd.ones(4), np.array([[0, 1], [0, 1]]))
        array([0.5, 0.5])

    Source: (ŷ - y)²/2 multiplied out.
    """
    design, target = _design(features, labels)
    curvature, pull = design.T @ design / len(target), design.T @ target / len(target)
    thetas = thetas.astype(np.float64)
    with np.errstate(all="ignore"):  # the models of a run that diverged
        return (thetas * (curvature @ thetas / 2 - pull[:, None])).sum(axis=-2) + target @ target / len(target) / 2


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
    design, target = _design(features, labels)
    solution = np.linalg.lstsq(design, target, rcond=None)[0]
    return float(np.mean((design @ solution - target) ** 2) / 2)


def _design(features, labels):
    """Features with a column of ones for the bias, and labels, as float64 arrays."""
    design = np.ones((features.shape[0], features.shape[1] + 1))
    design[:, :-1] = features.asnumpy()
    return design, labels.asnumpy().astype(np.float64)
