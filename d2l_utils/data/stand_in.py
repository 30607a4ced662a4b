"""Data that stand in for the real ones, for work without a network."""

import json
from pathlib import Path

import numpy as np

DIGITS_TRAIN = 1437  # four fifths of the 1,797 small images
AIRFOIL_ROWS, AIRFOIL_HEAD = 1503, 1500  # all rows; those that the textbook's later editions keep
# In the units of the file: mean and covariance (upper triangle) of the first 1,500 rows, then the last three rows as
# they are. Together they fix the moments of all 1,503 rows too.
AIRFOIL = json.loads(Path(__file__).with_name("airfoil_stand_in.json").read_text(encoding="utf-8"))


def airfoil_stand_in() -> np.ndarray:
    """Make synthetic airfoil data with exactly the means, variances and covariances of the real file.

    Whitens a normal sample, then colours it with the real moments. Linear regression on it has the
    same loss surface and the same optimum as on the real data; single rows mean nothing.

    Returns:
        A float64 array (1503, 6) in the units of the file: five features, then the sound level in dB.

    Example:
        >>> airfoil_stand_in().shape
        (1503, 6)

    Source: Kessy, Lewin and Strimmer (2018), "Optimal whitening and decorrelation", section 2.
    """
    num_columns = len(AIRFOIL["mean"])
    sample = np.random.RandomState(0).standard_normal((AIRFOIL_HEAD, num_columns))
    sample -= sample.mean(axis=0)
    whitening = np.linalg.inv(np.linalg.cholesky(np.cov(sample.T, bias=True)))
    covariance = np.zeros((num_columns, num_columns))
    covariance[np.triu_indices_from(covariance)] = AIRFOIL["covariance"]
    covariance += np.triu(covariance, 1).T
    head = sample @ (np.linalg.cholesky(covariance) @ whitening).T + AIRFOIL["mean"]
    return np.vstack([head, AIRFOIL["tail"]])


def digits_stand_in() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Give scikit-learn's handwritten digits, split as MNIST is, in the order that they come in.

    Real handwriting, but smaller and fewer images than MNIST's, so losses and accuracies are not MNIST's.

    Returns:
        train_images: float64 array (1437, 64), images of 8 x 8 pixels, whole numbers from 0 (paper) to 16 (ink).
        train_labels: int64 array (1437,), the digits from 0 to 9.
        test_images: float64 array (360, 64), as train_images.
        test_labels: int64 array (360,), as train_labels.

    Example:
        >>> [len(array) for array in digits_stand_in()]
        [1437, 1437, 360, 360]

    Source: Alpaydin and Kaynak (1998), UCI repository, dataset 80; the test part, which comes with scikit-learn.
    """
    from sklearn.datasets import load_digits  # slow to import, and only wanted here

    images, labels = load_digits(return_X_y=True)
    return images[:DIGITS_TRAIN], labels[:DIGITS_TRAIN], images[DIGITS_TRAIN:], labels[DIGITS_TRAIN:]
