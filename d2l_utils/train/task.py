"""What a loop trains on, for how long, and when it records: checked once, and shared by all loops."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from numbers import Integral
from typing import Any

import mxnet as mx
import numpy as np
from mxnet import nd

from .losses import squared_error


@dataclass(frozen=True)
class Task:
    """The data of a training, its loss, and the plan of its minibatches and records.

    Each epoch goes through all examples in a new order. The loss over all the data is recorded before training,
    within each epoch after every `record_every` examples, and at the end.

    Attributes:
        features: NDArray (num_examples, ...), real numbers.
        labels: NDArray (num_examples, ...), real numbers.
        batch_size: examples per update (int, 1 to num_examples); the last batch of an epoch may be smaller.
        num_epochs: passes over the data (int, 1 or more).
        record_every: examples between two records within an epoch (int, a multiple of batch_size).
        loss: the mean loss of some outputs, a function (outputs, labels) of MXNet symbols, or a Gluon loss.

    Raises:
        TypeError: features or labels is no NDArray, or the loss no function.
        ValueError: an argument is out of its range, or MXNet's NumPy mode is on; the message names it, its value
            and what is right.
    """

    features: Any
    labels: Any
    batch_size: int = 10
    num_epochs: int = 2
    record_every: int = 100
    loss: Callable = squared_error

    def __post_init__(self):
        if mx.util.is_np_array():
            raise ValueError("MXNet's NumPy mode is on; mx.npx.reset_np() switches it off, and classic arrays train")
        self._check_data()
        for name in ("batch_size", "num_epochs", "record_every"):
            check_count(name, getattr(self, name))
        if self.batch_size > len(self.features):
            raise ValueError(f"batch_size is {self.batch_size}; the data have only {len(self.features)} rows")
        if self.record_every % self.batch_size:
            raise ValueError(
                f"record_every is {self.record_every}; it must be a multiple of batch_size, {self.batch_size}"
            )
        if not callable(self.loss):
            raise TypeError(f"loss is {self.loss!r}; it must be a function of outputs and labels, or a Gluon loss")

    def _check_data(self):
        for name, array in (("features", self.features), ("labels", self.labels)):
            if not isinstance(array, nd.NDArray):
                raise TypeError(f"{name} is a {type(array).__name__}; nd.array(...) makes the NDArray that it must be")
            if array.stype != "default":
                raise ValueError(f"{name} is stored as {array.stype}; {name}.tostype('default') makes it dense")
        if self.features.ndim < 2:
            raise ValueError(f"features has {self.features.ndim} axes; it must have two or more, the first for rows")
        if len(self.features) != len(self.labels):
            raise ValueError(
                f"features has {len(self.features)} rows and labels {len(self.labels)}; each row needs one label"
            )

    def cast(self, dtype: Any) -> "Task":
        """The task with its data in the dtype that a network computes with; the same arrays where they have it."""
        features = self.features.astype(dtype, copy=False)
        return replace(self, features=features, labels=self.labels.astype(dtype, copy=False))

    @cached_property
    def batch_sizes(self) -> tuple[int, ...]:
        """The sizes of an epoch's minibatches."""
        full, rest = divmod(len(self.features), self.batch_size)
        return (int(self.batch_size),) * full + (rest,) * bool(rest)

    @cached_property
    def marks(self) -> tuple[int, ...]:
        """The steps of an epoch, counted from 1, after which the loss is recorded."""
        apart = self.record_every // self.batch_size
        return tuple(range(apart, len(self.batch_sizes) + 1, apart))

    @cached_property
    def records(self) -> tuple[list[int], list[float]]:
        """The steps and the epochs of all records, the first before training, the last at the end."""
        per_epoch = len(self.batch_sizes)
        end = per_epoch * self.num_epochs
        marked = np.add.outer(range(0, end, per_epoch), np.array(self.marks, dtype=int))
        steps = np.unique([0, *marked.flat, end])
        full, rest = np.divmod(steps, per_epoch)
        return steps.tolist(), (full + rest * self.batch_size / len(self.features)).tolist()

    def minibatches(self) -> Iterator[tuple[Any, Any]]:
        """The minibatches (X, y) of all epochs, shuffled anew in each."""
        cuts = tuple(range(self.batch_size, len(self.features), self.batch_size))
        for _ in range(self.num_epochs):
            order = nd.from_numpy(shuffled(len(self.features)))
            yield from zip(_split(self.features.take(order), cuts), _split(self.labels.take(order), cuts))


def shuffled(num_examples: int) -> np.ndarray:
    """The order of the examples in an epoch: the one that Gluon's DataLoader draws from NumPy's generator."""
    order = np.arange(num_examples)
    np.random.shuffle(order)
    return order


def _split(array, cuts):
    """Cut an array into batches in one operation: slicing costs one each. MXNet gives a single one without a list."""
    return nd.split_v2(array, cuts) if cuts else [array]


def check_count(name: str, number: Any) -> None:
    """Raise a ValueError where a number that counts something is no integer of 1 or more."""
    if isinstance(number, bool) or not isinstance(number, Integral) or number < 1:
        raise ValueError(f"{name} is {number!r}; it must be an integer of 1 or more")
