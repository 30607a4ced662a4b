"""What most chapters train: linear regression, its start, its losses, and the best that it can do."""

from typing import Any

import mxnet as mx
import numpy as np
from mxnet import gluon

SIGMA = 0.01  # the standard deviation of a fresh network's weights
START = mx.init.Normal(sigma=SIGMA)

BLOCK = 64  # columns that BLAS multiplies at a time: so many floats are four lines of the processor's cache


def net(num_features: int, weights: Any = START) -> Any:
    """Linear regression as a Gluon network: weights drawn from N(0, 0.01²), bias 0.

    Args:
        num_features: the number of columns of the features (int).
        weights: where the weights start, one of Gluon's initializers.

    Returns:
        An initialised, hybridizable network with one output.

    Example:
        >>> net(5)(mx.nd.zeros((3, 5))).shape
        (3, 1)

    Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the function train_gluon_ch7.
    """
    dense = gluon.nn.Dense(1, in_units=num_features)
    dense.initialize(weights)
    return dense


def start(num_features: int) -> np.ndarray:
    """The first weights of a net, its bias below them, (num_features + 1, 1), from the same random draw."""
    weights = mx.nd.random.normal(0, SIGMA, shape=(1, num_features)).asnumpy()
    return np.append(weights, np.float32(0))[:, None]


def table(features: Any, labels: Any) -> np.ndarray:
    """Features, a column of ones for the bias and labels side by side.

    Args:
        features: NDArray (num_examples, num_features).
        labels: NDArray (num_examples,), or (num_examples, 1).

    Returns:
        float32 array (num_examples, num_features + 2).

    Raises:
        ValueError: features has not two axes, or there is not one label for each row.
    """
    if features.ndim != 2:
        raise ValueError(f"features has {features.ndim} axes; linear regression needs two, rows and columns")
    if labels.size != len(features):
        raise ValueError(f"labels has the shape {labels.shape}; linear regression needs one number for each row")
    rows = np.ones((features.shape[0], features.shape[1] + 2), dtype=np.float32)
    rows[:, :-2] = features.asnumpy()
    rows[:, -1] = labels.asnumpy().ravel()
    return rows


def losses(rows: np.ndarray, thetas: np.ndarray) -> np.ndarray:
    """The losses of many linear models on the same data, from the data's second moments.

    Args:
        rows: array (num_examples, num_features + 2), as table makes it.
        thetas: array (..., num_features + 1, num_models), weights with the bias below them.

    Returns:
        Half the mean squared error of each model: float64 array (..., num_models).

    Example:
        >>> losses(table(mx.nd.ones((4, 1)), mx.nd.ones(4)), np.array([[0, 1], [0, 1]]))
        array([0.5, 0.5])
    """
    rows = rows.astype(np.float64)
    thetas = thetas.astype(np.float64)
    moments = rows.T @ rows / len(rows) / 2
    curvature = moments[:-1, :-1]
    pull = moments[:-1, -1:]
    with np.errstate(all="ignore"):  # the models of a run that diverged
        return (thetas * (product(curvature, thetas) - 2 * pull)).sum(axis=-2) + moments[-1, -1]


def product(matrix: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The product of two matrices, each column of which depends on its place among BLOCK columns and on nothing else.

    BLAS rounds a column by how many there are in all. Here it multiplies BLOCK of them at a time, so that whoever
    cuts the columns at multiples of BLOCK gets the same bits.

    Args:
        matrix: array (..., num_rows, size).
        columns: array (..., size, num_columns), of the same dtype.

    Returns:
        Array (..., num_rows, num_columns). A rest of fewer than BLOCK columns is multiplied with the block before it.

    Example:
        >>> product(np.eye(2), np.array([[1.0], [2.0]])).ravel()
        array([1., 2.])
    """
    num_columns = columns.shape[-1]
    end = num_columns // BLOCK * BLOCK - BLOCK  # of the blocks before the last
    if end <= 0:
        return matrix @ columns
    found = np.empty((*columns.shape[:-2], matrix.shape[-2], num_columns), dtype=columns.dtype)

    def blocks(array):
        return array[..., :end].reshape(*array.shape[:-1], -1, BLOCK).swapaxes(-2, -3)

    np.matmul(matrix[..., None, :, :], blocks(columns), out=blocks(found))
    np.matmul(matrix, columns[..., end:], out=found[..., end:])
    return found


def least_squares(features: Any, labels: Any) -> float:
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
    design = rows[:, :-1]
    target = rows[:, -1]
    solution = np.linalg.lstsq(design, target, rcond=None)[0]
    return float(np.mean((design @ solution - target) ** 2) / 2)
