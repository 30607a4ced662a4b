"""The chapters' data sets, as arrays."""

import gzip
import warnings
import zlib
from collections.abc import Sequence
from math import prod
from numbers import Integral
from typing import Any

import numpy as np

from .files import StandInWarning, fetch, offline
from .stand_in import AIRFOIL_HEAD, AIRFOIL_ROWS, airfoil_stand_in, digits_stand_in

MNIST = {  # name: how many examples, and for images the rows and columns of each
    "mnist/train-images-idx3-ubyte.gz": (60_000, 28, 28),
    "mnist/train-labels-idx1-ubyte.gz": (60_000,),
    "mnist/t10k-images-idx3-ubyte.gz": (10_000, 28, 28),
    "mnist/t10k-labels-idx1-ubyte.gz": (10_000,),
}


def airfoil(num_examples: int = AIRFOIL_HEAD) -> tuple[Any, Any]:
    """NASA airfoil self-noise, standardised: the regression that the chapters train on.

    Where D2L_OFFLINE is 1, the stand-in takes its place and a StandInWarning says so.

    Args:
        num_examples: how many of the 1,503 rows to keep, from the first (int, 1 to 1503).

    Returns:
        features: NDArray (num_examples, 5), float32, each column with mean 0 and variance 1 over all
            1,503 rows.
        labels: NDArray (num_examples,), float32, scaled sound pressure level, standardised likewise.

    Raises:
        ValueError: num_examples is out of range, or D2L_OFFLINE is neither 0 nor 1.
        DataUnavailable: the file is neither in data/, nor at the mirror, nor at its public address;
            says where it looked and how to go on without a network.

    Example:
        >>> features, labels = airfoil()
        >>> features.shape, labels.shape
        ((1500, 5), (1500,))

    Source: Brooks, Pope and Marcolini (1989), NASA RP-1218; UCI repository, dataset 291.
    """
    if not isinstance(num_examples, Integral) or not 1 <= num_examples <= AIRFOIL_ROWS:
        raise ValueError(f"num_examples is {num_examples!r}; it must be an integer from 1 to {AIRFOIL_ROWS}")
    if offline():
        warnings.warn(
            "D2L_OFFLINE=1: synthetic data with the moments of the airfoil measurements stands in for them",
            StandInWarning,
            stacklevel=2,
        )
        rows = airfoil_stand_in()
    else:
        rows = np.loadtxt(fetch("airfoil_self_noise.dat"), delimiter="\t")
    from mxnet import nd  # here, since who asks for a file needs no MXNet

    rows = nd.array(((rows - rows.mean(axis=0)) / rows.std(axis=0))[:num_examples])
    return rows[:, :-1], rows[:, -1]


def mnist() -> tuple[Any, Any, Any, Any]:
    """MNIST's handwritten digits: the classification that the chapters train on.

    Where D2L_OFFLINE is 1, smaller digits take its place and a StandInWarning says so. Their shapes
    differ: callers take the numbers of examples and of features from the arrays.

    Returns:
        train_images: NDArray (60000, 784), float32, one image of 28 x 28 pixels per row, from 0 (paper)
            to 1 (ink); the stand-in's shape is (1437, 64), from images of 8 x 8.
        train_labels: NDArray (60000,), int32, the digits from 0 to 9; stand-in (1437,).
        test_images: NDArray (10000, 784), float32, as train_images; stand-in (360, 64).
        test_labels: NDArray (10000,), int32, as train_labels; stand-in (360,).

    Raises:
        ValueError: a file's header does not describe what the file must hold, or D2L_OFFLINE is neither
            0 nor 1.
        DataUnavailable: a file is neither in data/, nor at the mirror, nor at a public address; says
            where it looked and how to go on without a network.

    Example:
        >>> train_images, train_labels, test_images, test_labels = mnist()
        >>> train_images.shape, test_labels.shape
        ((60000, 784), (10000,))

    Source: LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document
        recognition", section III.A.
    """
    if offline():
        warnings.warn(
            "D2L_OFFLINE=1: scikit-learn's handwritten digits, 1,797 images of 8 x 8 pixels, stand in for MNIST",
            StandInWarning,
            stacklevel=2,
        )
        arrays = digits_stand_in()
        ink = 16
    else:
        arrays = tuple(_read_idx(name, shape) for name, shape in MNIST.items())
        ink = 255
    from mxnet import nd  # as in airfoil

    train_images, train_labels, test_images, test_labels = arrays
    return (
        _features(train_images, ink),
        nd.array(train_labels, dtype="int32"),
        _features(test_images, ink),
        nd.array(test_labels, dtype="int32"),
    )


def _read_idx(name, shape):
    """The unsigned bytes of one of MNIST's files, whose header must announce this shape."""
    path = fetch(name)
    wanted = [0x800 + len(shape), *shape]  # 0x08 stands for unsigned bytes
    size = 4 * len(wanted)
    try:
        with gzip.open(path, "rb") as file:
            contents = file.read(size + prod(shape) + 1)  # one byte too many is enough to know
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{name} cannot be unpacked: {error}") from error
    header = [int.from_bytes(contents[i : i + 4], "big") for i in range(0, size, 4)]
    if (header, len(contents) - size) != (wanted, prod(shape)):
        raise ValueError(
            f"{name} has the header {header} and {len(contents) - size} bytes of data, as far as it was read; "
            f"it must have {wanted} (magic number and sizes) and {prod(shape)} bytes"
        )
    return np.frombuffer(contents, dtype=np.uint8, offset=size).reshape(shape)


def _features(images, ink):
    """One row of numbers from 0 to 1 for each image; ink is the darkest value that the images can have."""
    from mxnet import nd  # as in airfoil

    # nd.array would copy 190 MB: most of the time that reading takes.
    return nd.from_numpy(np.divide(images.reshape(len(images), -1), ink, dtype=np.float32))


def synthetic_regression(
    num_examples: int = 1000, w: Sequence[float] = (2.0, -3.4), b: float = 4.2, noise: float = 0.01
) -> tuple[Any, Any]:
    """A linear regression whose answer is known: labels = features · w + b + noise.

    Draws the features first and the noise second, from MXNet's generator, so that a seed fixes both.

    Args:
        num_examples: how many rows to draw (int, 1 or more).
        w: the true weights (sequence of numbers), one per feature.
        b: the true bias (number), in the unit of the labels.
        noise: standard deviation of the normal noise (number, 0 or more), in the unit of the labels.

    Returns:
        features: NDArray (num_examples, len(w)), float32, standard normal.
        labels: NDArray (num_examples,), float32.

    Raises:
        ValueError: num_examples is below 1, w is empty, or noise is negative.

    Example:
        >>> features, labels = synthetic_regression()
        >>> features.shape, labels.shape
        ((1000, 2), (1000,))

    Source: the Gluon tutorials' linear regression from scratch.
    """
    if not isinstance(num_examples, Integral) or num_examples < 1:
        raise ValueError(f"num_examples is {num_examples!r}; it must be an integer of 1 or more")
    if not len(w):
        raise ValueError(f"w is {w!r}; it needs at least one weight")
    if not noise >= 0:
        raise ValueError(f"noise is {noise!r}; a standard deviation is 0 or more")
    from mxnet import nd  # as in airfoil

    features = nd.random_normal(shape=(num_examples, len(w)))
    labels = sum(weight * features[:, column] for column, weight in enumerate(w)) + b
    return features, labels + noise * nd.random_normal(shape=labels.shape)
