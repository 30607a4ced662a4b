"""Many optimizers and seeds, trained in lockstep as one batched computation: softmax regression on images."""

import os
from collections import deque
from collections.abc import Callable, Iterable
from numbers import Integral
from typing import Any

import numpy as np
from mxnet import nd

from .. import rules
from ..progress import bar
from ..softmax import Group, Problem, epoch, with_bias
from ..train.task import check_count
from ..workers import Workers
from .elementwise import TRIAL, check_elementwise
from .run import Run, reason_to_stop


def spread(draw: np.random.RandomState, num_pixels: int, num_classes: int) -> np.ndarray:
    """Weights drawn uniformly between -0.1 and 0.1.

    Args:
        draw: the generator of the run's seed (RandomState).
        num_pixels, num_classes: the model's size (int).

    Returns:
        An array (num_classes, num_pixels).

    Example:
        >>> spread(np.random.RandomState(0), 2, 1).round(3)
        array([[0.01 , 0.043]])
    """
    return draw.uniform(-0.1, 0.1, (num_classes, num_pixels))


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
    start: Callable[[np.random.RandomState, int, int], np.ndarray] = spread,
    shuffle: bool = True,
    by_minibatch: bool = False,
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
        start: is given a generator and the numbers of pixels and of classes, returns the first weights, an array
            (num_classes, num_pixels); the biases start at 0.
        shuffle: whether each epoch draws an order of its own (bool); the images come in their own order otherwise.
        by_minibatch: whether the loss on the test images is the plain mean of the mean losses of minibatches (bool);
            a last one that is smaller counts as much as the others, then.
        stop: is given the losses and the accuracies of a run so far, returns why it should stop or None.
        num_workers: how many processes share the work (int, 1 or more); None for one on each core.

    Returns:
        A dict with a list of Runs for each label, one for each seed.

    Raises:
        ValueError: an argument is out of its range, or a rule is not elementwise.
        TypeError: the data are no NDArrays, or a rule takes no such hyperparameter, or cannot be sent to another
            process.
        ChildProcessError: a process that shared the work was killed.
        What a rule raises, with the name of its run and the seed in front.

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
    num_workers = min(num_workers or os.cpu_count() or 1, len(seeds))
    # They start while the problem is made.
    with Workers(num_workers) as workers, bar(total=len(seeds) * num_epochs, unit="epoch") as progress:
        used = _used(runs, images, test_images)
        kept = with_bias(images, used), labels, with_bias(test_images, used), test_labels
        problem = Problem(*kept, runs, relu, batch_size, shuffle, by_minibatch)
        race = _Race(seeds, problem, used, start)
        tasks = deque(race.groups)
        for group, measured, seconds in workers.do(epoch, problem, tasks):
            group.drop(race.record(group, measured, seconds, num_epochs, stop))
            if group.members:
                tasks.append(group)
            progress.update()
    return {label: [race.runs[seed][i] for seed in seeds] for i, (label, *_) in enumerate(runs)}


class _Race:
    """The runs of all seeds on their way, and where they started.

    Attributes:
        runs: seed -> a list of Runs, one for each label (dict).
        starts: seed -> the weights that all its runs start from (dict).
        groups: what trains, one for each seed (list of Groups).
    """

    def __init__(self, seeds, problem, used, start):
        self.used = used
        self.steps = -(-len(problem.images) // problem.batch_size)
        num_classes = 1 + int(max(problem.labels.max(), problem.test_labels.max()))
        self.runs = {seed: [Run(label, seed) for label, *_ in problem.runs] for seed in seeds}
        self.starts = {}
        self.groups = []
        for seed in seeds:
            draw = np.random.RandomState(seed)  # of its own, since workers draw side by side
            weight = _start(start, draw, len(used), num_classes)
            self.starts[seed] = weight
            self.groups.append(_group(seed, draw, weight[:, used], problem.runs))

    def record(self, group, measured, seconds, num_epochs, stop):
        """Write down an epoch of a group; return the places of those of its members that end with it."""
        ended = []
        for place, member in enumerate(group.members):
            run = self.runs[group.seed][member]
            run.record(self.steps, *(values[place] for values in measured), seconds)
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


def _used(runs, images, test_images):
    """Which pixels are trained: one that is 0 everywhere has no gradient, and stays unless a rule moves it anyway."""
    drift = [_drifts(rule, hyperparams) for _, rule, hyperparams in runs]  # every rule is looked at
    return images.any(axis=0) | test_images.any(axis=0) | any(drift)


def _drifts(rule, hyperparams):
    """Refuse a rule that does not fit; tell whether it moves a weight whose gradient is always 0."""
    x = np.array(TRIAL, dtype=np.float32)
    (state,) = rules.check_rule(rule, [x], hyperparams, np.zeros_like)
    check_elementwise(rule, x, state, hyperparams)
    moved = x
    now = rules.first_state(rule)
    with np.errstate(all="ignore"):
        for _ in range(2):  # a state may have an effect only at the second step
            moved, now = rule(moved.copy(), np.zeros_like(x), now, **hyperparams)
    return not np.array_equal(moved, x)


def _start(start, draw, num_pixels, num_classes):
    weight = np.asarray(start(draw, num_pixels, num_classes), dtype=np.float32)
    if weight.shape != (num_classes, num_pixels) or not np.isfinite(weight).all():
        raise ValueError(
            f"start returned an array of shape {weight.shape}; "
            f"it must be finite numbers of shape ({num_classes}, {num_pixels})"
        )
    return weight


def _group(seed, draw, weight, runs):
    params = np.hstack([weight, np.zeros((len(weight), 1), dtype=np.float32)])
    states = [rules.first_state(rule) for _, rule, _ in runs]
    return Group(seed, draw, list(range(len(runs))), [params.copy() for _ in runs], states)
