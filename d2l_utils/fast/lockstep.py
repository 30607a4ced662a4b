"""Many optimizers and seeds, trained in lockstep as one batched computation: softmax regression on images."""

from collections.abc import Callable, Iterable
from numbers import Integral
from typing import Any

import numpy as np
from mxnet import nd

from .. import rules
from ..train.task import check_count
from .elementwise import check_elementwise
from .run import Run, reason_to_stop
from .softmax import Group, Problem, epochs

SPREAD = 0.1  # the weights start between -SPREAD and SPREAD


def lockstep(
    runs: list,
    train_images: Any,
    train_labels: Any,
    test_images: Any,
    test_labels: Any,
    *,
    relu: bool = False,
    seeds: Iterable[int] = range(5),
    batch_size: int = 64,
    num_epochs: int = 20,
    stop: Callable = reason_to_stop,
    num_workers: int | None = None,
) -> dict[str, list[Run]]:
    """Train softmax regression by many rules, each from several seeds, and validate after every epoch.

    The model is one Dense layer, with or without a ReLU on its outputs, and the mean cross-entropy of their
    softmax. All runs of a seed start from the same weights and see the same minibatches; one that stops
    leaves the computation. Seeds share the processor's cores; the numbers do not depend on how many there are.

    Args:
        runs: what to compare, a list of triples (label, rule, hyperparams); the rules are pure (see
            d2l_utils.rules) and elementwise.
        train_images, test_images: NDArrays (num_images, num_pixels), float32.
        train_labels, test_labels: NDArrays (num_images,), integers from 0.
        relu: whether the outputs go through a ReLU (bool).
        seeds: one seed for each repetition (iterable of int, 0 to 2**32 - 1).
        batch_size: images per update (int, 1 or more); the last batch of an epoch may be smaller.
        num_epochs: the most passes over the data (int, 1 or more).
        stop: is given the losses and the accuracies of a run so far, returns why it should stop or None.
        num_workers: how many processes share the work (int, 1 or more); None for one on each core.

    Returns:
        A dict with a list of Runs for each label, one for each seed.

    Raises:
        ValueError: an argument is out of its range, or a rule is not elementwise.
        TypeError: the data are no NDArrays, or a rule takes no such hyperparameter.

    Example:
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> images, labels = nd.array([[0, 1], [1, 0]] * 8), nd.array([0, 1] * 8, dtype="int32")
        >>> found = lockstep([("SGD", sgd, {"lr": 1.0})], images, labels, images, labels, seeds=[3], batch_size=4)
        >>> [(run.seed, run.steps[-1], run.accuracies[-1], run.reason) for run in found["SGD"]]
        [(3, 80, 1.0, '20 epochs')]

    Source: cute-dl, the example mnist-recognize.
    """
    runs = list(runs)
    seeds = list(seeds)
    _check_settings(runs, seeds, batch_size, num_epochs, num_workers)
    images, labels = _checked("train", train_images, train_labels)
    test_images, test_labels = _checked("test", test_images, test_labels)
    if test_images.shape[1] != images.shape[1]:
        raise ValueError(f"test_images has {test_images.shape[1]} columns; train_images has {images.shape[1]}")
    if batch_size > len(images):
        raise ValueError(f"batch_size is {batch_size}; the data have only {len(images)} rows")
    # A pixel that is 0 everywhere has no gradient: its weights need no training, unless a rule moves them anyway.
    drift = [_drifts(rule, hyperparams) for _, rule, hyperparams in runs]  # every rule is looked at
    used = images.any(axis=0) | test_images.any(axis=0) | any(drift)
    updates = [run[1:] for run in runs]
    problem = Problem(_kept(images, used), labels, _kept(test_images, used), test_labels, updates, relu, batch_size)
    race = _Race([label for label, *_ in runs], seeds, problem, used)
    for group, losses, accuracies, seconds in epochs(problem, race.groups, num_epochs, num_workers):
        group.drop(race.record(group, losses, accuracies, seconds, num_epochs, stop))
    return {label: [race.runs[seed][i] for seed in seeds] for i, (label, *_) in enumerate(runs)}


class _Race:
    """The runs of all seeds on their way, and where they started.

    Attributes:
        runs: seed -> a list of Runs, one for each label (dict).
        starts: seed -> the weights that all its runs start from (dict).
        groups: what trains, one for each seed (list of Groups).
    """

    def __init__(self, labels, seeds, problem, used):
        self.used = used
        self.steps = -(-len(problem.images) // problem.batch_size)
        num_classes = 1 + int(max(problem.labels.max(), problem.test_labels.max()))
        self.runs = {seed: [Run(label, seed) for label in labels] for seed in seeds}
        self.starts = {}
        self.groups = []
        for seed in seeds:
            draw = np.random.RandomState(seed)  # of its own, since workers draw side by side
            weight = draw.uniform(-SPREAD, SPREAD, (num_classes, len(used))).astype(np.float32)
            self.starts[seed] = weight
            self.groups.append(_group(seed, draw, weight[:, used], problem.updates))

    def record(self, group, losses, accuracies, seconds, num_epochs, stop):
        """Write down an epoch of a group; return the places of those of its members that end with it."""
        ended = []
        for place, member in enumerate(group.members):
            run = self.runs[group.seed][member]
            run.record(self.steps, losses[place], accuracies[place], seconds)
            if run.end(group.params[place], num_epochs, stop):
                weight = self.starts[group.seed].copy()
                weight[:, self.used] = group.params[place][:, :-1]
                run.params = [nd.array(weight), nd.array(group.params[place][:, -1])]
                ended.append(place)
        return ended


def _check_settings(runs, seeds, batch_size, num_epochs, num_workers):
    labels = [label for label, _, _ in runs]
    if not runs or len(set(labels)) < len(labels):
        raise ValueError(f"runs has the labels {labels}; it must have one run or more, each with its own label")
    in_range = [isinstance(seed, Integral) and 0 <= seed < 2**32 for seed in seeds]
    if not seeds or not all(in_range) or len(set(seeds)) < len(seeds):
        raise ValueError(f"seeds is {seeds}; it must be one or more different integers from 0 to 2**32 - 1")
    check_count("batch_size", batch_size)
    check_count("num_epochs", num_epochs)
    if num_workers is not None:
        check_count("num_workers", num_workers)


def _checked(name, images, labels):
    for what, array, axes in (("images", images, 2), ("labels", labels, 1)):
        if not isinstance(array, nd.NDArray):
            raise TypeError(f"{name}_{what} is a {type(array).__name__}; nd.array(...) makes the NDArray it must be")
        if array.ndim != axes or not len(array):
            raise ValueError(f"{name}_{what} has the shape {array.shape}; it must have {axes} axes and an entry")
    if len(images) != len(labels):
        raise ValueError(f"{name}_images has {len(images)} rows and {name}_labels {len(labels)}; they must agree")
    images = images.asnumpy()
    labels = labels.asnumpy()
    if labels.dtype.kind not in "iu" or labels.min() < 0:
        raise ValueError(f"{name}_labels has {labels.dtype} from {labels.min()}; it must be integers from 0")
    return images.astype(np.float32, copy=False), labels


def _drifts(rule, hyperparams):
    """Refuse a rule that does not fit; tell whether it moves a weight whose gradient is always 0."""
    x = np.array([[0.5, 1.0, 1.5]], dtype=np.float32)
    rules.check_rule(rule, [x], hyperparams, np.zeros_like)
    check_elementwise(rule, x[0], tuple(np.zeros_like(x[0]) for _ in rules.first_state(rule)), hyperparams)
    moved = x
    now = rules.first_state(rule)
    with np.errstate(all="ignore"):
        for _ in range(2):  # a state may have an effect only at the second step
            moved, now = rule(moved.copy(), np.zeros_like(x), now, **hyperparams)
    return not np.array_equal(moved, x)


def _kept(images, used):
    """The columns that are used, and a column of ones: the bias is the weight of a pixel that is always 1."""
    kept = np.ones((len(images), used.sum() + 1), dtype=np.float32)
    for i in range(0, len(images), 1000):  # by parts: a second array of this size would take its time
        kept[i : i + 1000, :-1] = images[i : i + 1000].take(np.flatnonzero(used), axis=1)
    return kept


def _group(seed, draw, weight, updates):
    params = np.hstack([weight, np.zeros((len(weight), 1), dtype=np.float32)])
    states = [rules.first_state(rule) for rule, _ in updates]
    return Group(seed, draw, list(range(len(updates))), [params.copy() for _ in updates], states)
