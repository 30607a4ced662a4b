"""Epochs of softmax regression for all runs of a seed at once: the arithmetic behind train.lockstep.

It is NumPy's: its update of a block of weights takes a sixth of the time that MXNet's graph takes. Processes that
share the work import this module, and need not load MXNet.
"""

from dataclasses import dataclass
from time import perf_counter

import numpy as np

AT_ONCE = 500  # test images in one product; more would leave the processor's cache


@dataclass
class Problem:
    """What all runs share.

    Attributes:
        images, test_images: float32 arrays (num_images, num_columns); the last column is 1, for the bias.
        labels, test_labels: integer arrays (num_images,).
        runs: a list of triples (label, rule, hyperparams).
        relu: whether the outputs go through a ReLU (bool).
        batch_size: images per update (int).
        shuffle: whether each epoch draws an order of its own (bool).
        by_minibatch: whether the loss on the test images is the mean of their minibatches' means (bool).
    """

    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    runs: list
    relu: bool
    batch_size: int
    shuffle: bool = True
    by_minibatch: bool = False


@dataclass
class Group:
    """The runs of one seed that still train.

    Attributes:
        seed: their seed (int).
        draw: their generator; it draws the order of the images, once an epoch (RandomState).
        members: their places in Problem.runs (list of int).
        params: their weights, the bias last (list of float32 arrays (num_classes, num_columns)).
        states: their rules' states (list of tuples).
    """

    seed: int
    draw: np.random.RandomState
    members: list
    params: list
    states: list

    def drop(self, places: list[int]) -> None:
        """Let the runs at these places of the lists go."""
        for values in (self.members, self.params, self.states):
            values[:] = [value for place, value in enumerate(values) if place not in places]


def with_bias(images: np.ndarray, used: np.ndarray) -> np.ndarray:
    """Some columns of the images, and a column of ones: the bias is the weight of a pixel that is always 1.

    Args:
        images: float32 array (num_images, num_pixels).
        used: which pixels to keep, an array (num_pixels,) of bool.

    Returns:
        A float32 array (num_images, used.sum() + 1).

    Example:
        >>> with_bias(np.float32([[1, 2, 3]]), np.array([True, False, True]))
        array([[1., 3., 1.]], dtype=float32)
    """
    kept = np.ones((len(images), used.sum() + 1), dtype=np.float32)
    for i in range(0, len(images), 1000):  # by parts: a second array of this size would take its time
        kept[i : i + 1000, :-1] = images[i : i + 1000].take(np.flatnonzero(used), axis=1)
    return kept


def epoch(problem: Problem, group: Group) -> tuple[Group, tuple[np.ndarray, np.ndarray, np.ndarray], float]:
    """Train a group for an epoch, and validate it.

    Args:
        problem: a Problem.
        group: a Group with one member or more; it is changed in place.

    Returns:
        The group; the losses on the epoch's last minibatch before its update, and the losses and the accuracies on the
        test images, each with an entry for each member; and the seconds that it took.

    Raises:
        What a rule raises, with the name of its run in front.

    Example:
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> images, labels = np.eye(2, dtype=np.float32), np.arange(2)
        >>> problem = Problem(images, labels, images, labels, [("SGD", sgd, {"lr": 1.0})], False, 2)
        >>> group = Group(0, np.random.RandomState(0), [0], [np.zeros_like(images)], [()])
        >>> _, (last, _, accuracies), _ = epoch(problem, group)
        >>> last.round(3), accuracies
        (array([0.693]), array([1.]))
    """
    start = perf_counter()
    with np.errstate(all="ignore"):  # a run may diverge; it is told apart afterwards
        last = _train(problem, group)
        losses, accuracies = _validate(problem, group.params)
    return group, (last, losses, accuracies), perf_counter() - start


def _train(problem, group):
    order = np.arange(len(problem.images))
    if problem.shuffle:
        order = group.draw.permutation(len(order))
    size = problem.batch_size
    weights = np.stack(group.params)
    one_hot = np.eye(weights.shape[1], dtype=np.float32).take(problem.labels[order], axis=1)
    space = np.empty((size, weights.shape[2]), dtype=np.float32)
    for i in range(0, len(order), size):
        rows = order[i : i + size]
        # Without mode="clip", take would fill a buffer of its own first.
        images = problem.images.take(rows, axis=0, out=space[: len(rows)], mode="clip")
        if i + size >= len(order):
            last, _ = _measured(weights, images, problem.labels[rows], problem.relu)
        gradients = _gradients(weights, images, one_hot[:, i : i + size], problem.relu)
        for place, member in enumerate(group.members):
            label, rule, hyperparams = problem.runs[member]
            try:
                x, state = rule(group.params[place], gradients[place], group.states[place], **hyperparams)
            except Exception as error:
                error.args = (f"{label}, seed {group.seed}: {error}",)
                raise
            weights[place] = group.params[place] = x
            group.states[place] = state
    return last.mean(axis=1, dtype=np.float64)


def _outputs(weights, images, relu):
    """One product for all runs: (num_runs, num_classes, num_columns) gives (num_runs, num_classes, num_images)."""
    z = np.matmul(images, weights.reshape(-1, weights.shape[2]).T).T  # this way round is faster for a single run
    z = np.maximum(z, 0, order="C") if relu else np.ascontiguousarray(z)
    return z.reshape(*weights.shape[:2], -1)


def _gradients(weights, images, one_hot, relu):
    """Of the mean cross-entropy over some images; new arrays, since a rule may keep what it is given."""
    z = _outputs(weights, images, relu)
    p = np.exp(z - np.maximum.reduce(z, axis=1, keepdims=True))
    p /= np.add.reduce(p, axis=1, keepdims=True)
    p -= one_hot
    p /= len(images)
    if relu:
        p *= z > 0
    return np.matmul(p.reshape(-1, len(images)), images).reshape(weights.shape)


def _measured(weights, images, labels, relu):
    """The loss of each image under each run, and whether the answer is right: arrays (num_runs, num_images)."""
    z = _outputs(weights, images, relu)
    top = np.maximum.reduce(z, axis=1, keepdims=True)
    log_sum = np.log(np.add.reduce(np.exp(z - top), axis=1)) + top[:, 0]
    return log_sum - z[:, labels, np.arange(len(labels))], z.argmax(axis=1) == labels


def _validate(problem, params):
    """Mean loss and share of right answers on the test images, one of each for every run."""
    weights = np.stack(params)
    losses = np.zeros((len(params), len(problem.test_images)))
    right = np.zeros(losses.shape, dtype=bool)
    for i in range(0, len(problem.test_images), AT_ONCE):
        part = slice(i, i + AT_ONCE)
        labels = problem.test_labels[part]
        losses[:, part], right[:, part] = _measured(weights, problem.test_images[part], labels, problem.relu)
    if problem.by_minibatch:
        starts = range(0, losses.shape[1], problem.batch_size)
        losses = np.stack([losses[:, i : i + problem.batch_size].mean(axis=1) for i in starts], axis=1)
    return losses.mean(axis=1), right.mean(axis=1)
