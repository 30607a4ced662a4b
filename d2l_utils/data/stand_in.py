"""Data that stand in for the real ones, for work without a network."""

import numpy as np

DIGITS_TRAIN = 1437  # four fifths of the 1,797 small images
AIRFOIL_ROWS, AIRFOIL_HEAD = 1503, 1500  # all rows; those that the textbook's later editions keep
# The stand-in's facts, in the units of the file: mean and covariance (upper triangle) of the first 1,500
# rows, then the last three rows as they are. Together they fix the moments of all 1,503 rows too.
AIRFOIL_MEAN = [
    2881.9533333333334, 6.7646666666666, 0.1366181333333315,
    50.88326666666679, 0.011056462751999995, 124.8742599999999,
]  # fmt: skip
AIRFOIL_COVARIANCE = [
    9940375.851155566, -5134.959982222222, -0.9259060871111148, 6620.8410191111125,
    -9.737321516522242, -8421.840587866665,
    34.91512488888882, -0.27924303928888916, 5.621588755555562, 0.05797385324550402, -6.043375479999999,
    0.008759086711182206, 0.004734636764444401, -0.0002690954835357691, -0.15394128351466674,
    242.5808466622222, 0.0001263170509834861, 13.025532083999998,
    0.00016967302305162367, -0.02680150728879151,
    46.91712678173334,
]  # fmt: skip
AIRFOIL_TAIL = [
    [4000.0, 15.6, 0.1016, 39.6, 0.0528487, 106.604],
    [5000.0, 15.6, 0.1016, 39.6, 0.0528487, 106.224],
    [6300.0, 15.6, 0.1016, 39.6, 0.0528487, 104.204],
]


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
    sample = np.random.RandomState(0).standard_normal((AIRFOIL_HEAD, len(AIRFOIL_MEAN)))
    sample -= sample.mean(axis=0)
    whitening = np.linalg.inv(np.linalg.cholesky(np.cov(sample.T, bias=True)))
    covariance = np.zeros((len(AIRFOIL_MEAN),) * 2)
    covariance[np.triu_indices_from(covariance)] = AIRFOIL_COVARIANCE
    covariance += np.triu(covariance, 1).T
    head = sample @ (np.linalg.cholesky(covariance) @ whitening).T + AIRFOIL_MEAN
    return np.vstack([head, AIRFOIL_TAIL])


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
