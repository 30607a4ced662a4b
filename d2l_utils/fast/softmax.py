"""Epochs of softmax regression for all runs of a seed at once: the arithmetic behind lockstep.

It is NumPy's: its update of a block of weights takes a sixth of the time that MXNet's graph takes.
"""

import multiprocessing
import os
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, ThreadPoolExecutor, wait
from dataclasses import dataclass
from time import perf_counter

import numpy as np
from tqdm.auto import tqdm

AT_ONCE = 500  # test images in one product; more would leave the processor's cache
_problem = None  # a forked worker inherits it: sent along with each task, it would cost more than the task


@dataclass
class Problem:
    """What all runs share.

    Attributes:
        images, test_images: float32 arrays (num_images, num_columns); the last column is 1, for the bias.
        labels, test_labels: integer arrays (num_images,).
        updates: what each run does, a list of pairs (rule, hyperparams).
        relu: whether the outputs go through a ReLU (bool).
        batch_size: images per update (int).
    """

    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    updates: list
    relu: bool
    batch_size: int


@dataclass
class Group:
    """The runs of one seed that still train.

    Attributes:
        seed: their seed (int).
        draw: their generator; it draws the order of the images, once an epoch (RandomState).
        members: their places in Problem.updates (list of int).
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


def epochs(problem: Problem, groups: list[Group], num_epochs: int, num_workers: int | None) -> Iterator[tuple]:
    """Train and validate groups, an epoch at a time, on all workers, until they have no members left.

    Args:
        problem: a Problem.
        groups: list of Groups, one for each seed; the caller drops members between the epochs.
        num_epochs: the most epochs that a group will train (int).
        num_workers: how many processes share the work (int), or None for one on each core.

    Returns:
        An iterator of tuples (group, losses, accuracies, seconds), one for each epoch of each group; losses and
        accuracies have an entry for each member, seconds is what the epoch took.

    Example:
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> images, labels = np.eye(2, dtype=np.float32), np.arange(2)
        >>> problem = Problem(images, labels, images, labels, [(sgd, {"lr": 1.0})], False, 2)
        >>> groups = [Group(0, np.random.RandomState(0), [0], [np.zeros_like(images)], [()])]
        >>> for group, losses, accuracies, _ in epochs(problem, groups, 1, None):
        ...     group.drop([0])
        >>> accuracies
        array([1.])
    """
    with _pool(problem, min(num_workers or os.cpu_count() or 1, len(groups))) as pool:
        with warnings.catch_warnings():
            # Python 3.12 warns of a fork beside threads; a worker takes no lock that they could hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            pending = {pool.submit(_epoch, group) for group in groups}
        # Only where somebody watches: a page that is built would keep the bar. Jupyter's server sets the name.
        watched = sys.stderr.isatty() or "JPY_SESSION_NAME" in os.environ
        with tqdm(total=len(groups) * num_epochs, unit="epoch", leave=False, disable=not watched) as bar:
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for group, *measured in [future.result() for future in done]:
                    bar.update()
                    yield group, *measured
                    if group.members:
                        pending.add(pool.submit(_epoch, group))
    _share(None)


def _pool(problem, num_workers):
    """Processes and not threads: NumPy's short calls would spend their time handing Python's lock over."""
    if num_workers > 1 and "fork" in multiprocessing.get_all_start_methods():
        return ProcessPoolExecutor(num_workers, multiprocessing.get_context("fork"), _share, (problem,))
    return ThreadPoolExecutor(1, initializer=_share, initargs=(problem,))


def _share(problem):
    """Set the problem that _epoch works on, in this process."""
    global _problem
    _problem = problem


def _epoch(group):
    start = perf_counter()
    with np.errstate(all="ignore"):  # a run may diverge; it is told apart afterwards
        _train(_problem, group)
        losses, accuracies = _validate(_problem, group.params)
    return group, losses, accuracies, perf_counter() - start


def _train(problem, group):
    order = group.draw.permutation(len(problem.images))
    size = problem.batch_size
    weights = np.stack(group.params)
    one_hot = np.eye(weights.shape[1], dtype=np.float32).take(problem.labels[order], axis=1)
    space = np.empty((size, weights.shape[2]), dtype=np.float32)
    for i in range(0, len(order), size):
        rows = order[i : i + size]
        # Without mode="clip", take would fill a buffer of its own first.
        images = problem.images.take(rows, axis=0, out=space[: len(rows)], mode="clip")
        gradients = _gradients(weights, images, one_hot[:, i : i + size], problem.relu)
        for place, member in enumerate(group.members):
            rule, hyperparams = problem.updates[member]
            x, state = rule(group.params[place], gradients[place], group.states[place], **hyperparams)
            weights[place] = group.params[place] = x
            group.states[place] = state


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


def _validate(problem, params):
    """Mean loss and share of right answers on the test images, one of each for every run."""
    weights = np.stack(params)
    losses = np.zeros(len(params))
    hits = np.zeros(len(params))
    for i in range(0, len(problem.test_images), AT_ONCE):
        labels = problem.test_labels[i : i + AT_ONCE]
        z = _outputs(weights, problem.test_images[i : i + AT_ONCE], problem.relu)
        top = np.maximum.reduce(z, axis=1, keepdims=True)
        log_sum = np.log(np.add.reduce(np.exp(z - top), axis=1)) + top[:, 0]
        losses += (log_sum - z[:, labels, np.arange(len(labels))]).sum(axis=1, dtype=np.float64)
        hits += (z.argmax(axis=1) == labels).sum(axis=1)
    return losses / len(problem.test_images), hits / len(problem.test_images)
