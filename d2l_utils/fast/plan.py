"""A sweep before it is run: what its settings share, and the settings, any part of which can be trained."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from .. import linear, rules
from ..train.history import Sweep
from ..train.seeds import over_seeds
from ..train.task import Task, check_count
from .compiled import draw
from .elementwise import TRIAL, check_elementwise

# Arrays of the size of the weights, in float64, that are kept free for a step and a record. Plain SGD was measured to
# need 3.8, Adam 5.3; a rule may hold more on its way.
ARRAYS = 12


@dataclass(frozen=True)
class Shared:
    """What all settings of a sweep have in common, in plain NumPy.

    Attributes:
        rows: the data, as linear.table makes it.
        start: the first weights, float32 array (num_weights, 1), after the number of seeds if there are some.
        orders: the order of the examples in each epoch (num_epochs, num_examples), the seeds' axis in between.
        batch_sizes: the sizes of an epoch's minibatches (tuple of int).
        records: the steps after which the losses are recorded, the first of them 0 (list of int).
    """

    rows: np.ndarray
    start: np.ndarray
    orders: np.ndarray
    batch_sizes: tuple
    records: list

    def batches(self) -> Iterator[np.ndarray]:
        """The minibatches of all epochs, rows of the table."""
        cuts = np.cumsum(self.batch_sizes)[:-1]
        for order in self.orders:
            yield from np.split(self.rows[order], cuts, axis=-2)

    def train(
        self, rule: Callable, knobs: dict, batches: Iterable | None = None
    ) -> tuple[np.ndarray, np.ndarray, float]:
        """Train some settings by a rule.

        Args:
            rule: a checked rule.
            knobs: its hyperparameters by name, numbers and at least one array (num_settings,).
            batches: those of batches(), where somebody wants to see them pass.

        Returns:
            The losses at each record, (num_records, num_settings), the last weights, (num_weights, num_settings),
            with the seeds' axis before that of the settings or the weights; and the seconds that the steps took.
        """
        num_settings = max(map(np.size, knobs.values()), default=1)
        x = np.repeat(self.start, num_settings, axis=-1)
        state = rules.first_state(rule)
        losses = [linear.losses(self.rows, x)]
        seconds = 0.0
        with np.errstate(all="ignore"):  # a setting may diverge
            for number, batch in enumerate(self.batches() if batches is None else batches, start=1):
                began = perf_counter()
                X = batch[..., :-1]
                y = batch[..., -1:]
                mean = (X / X.shape[-2]).swapaxes(-1, -2)
                x, state = rule(x, linear.product(mean, linear.product(X, x) - y), state, **knobs)
                seconds += perf_counter() - began
                if number == self.records[len(losses)]:
                    # At once: all parameters would take six times the memory.
                    losses.append(linear.losses(self.rows, x))
        return np.stack(losses), x, seconds


@dataclass(frozen=True)
class Plan:
    """A sweep before anything is drawn.

    Attributes:
        rule: the rule, checked at one setting.
        task: the data, and the plan of minibatches and records (Task).
        rows: the data, as linear.table makes it.
        num_seeds: how many times all settings are run, or None for once.
        numbers: the hyperparameters that are numbers (dict).
        arrays: those that are swept, each a float32 array that broadcasts to the shape of the settings (dict).
        settings: that shape (tuple of int).
    """

    rule: Callable
    task: Task
    rows: np.ndarray
    num_seeds: int | None
    numbers: dict
    arrays: dict
    settings: tuple

    @property
    def num_settings(self) -> int:
        """How many settings there are."""
        return math.prod(self.settings)

    def memory(self, *, training: bool) -> int:
        """The bytes of a setting's result, or of all that it takes while it is trained."""
        num_weights = self.rows.shape[-1] - 1
        num_records = len(self.task.records[0])
        if training:
            of_run = 8 * (2 * num_records + num_weights * (ARRAYS + len(rules.first_state(self.rule))))
        else:
            of_run = 8 * num_records + 4 * num_weights
        return of_run * (self.num_seeds or 1)

    def draw(self) -> Shared:
        """Draw the first weights and the minibatches, from the generators as they are or from each of the seeds."""
        features, num_epochs = self.task.features, self.task.num_epochs
        if self.num_seeds is None:
            start, orders = draw(features, num_epochs)
        else:
            starts, of_seeds = zip(*over_seeds(draw, features, num_epochs, num_seeds=self.num_seeds))
            start, orders = np.stack(starts), np.stack(of_seeds, axis=1)
        return Shared(self.rows, start, orders, self.task.batch_sizes, self.task.records[0])

    def knobs(self, begin: int, end: int) -> dict:
        """The hyperparameters of the settings from one to before another, in the order of their common shape."""
        spread = {name: np.broadcast_to(array, self.settings).flat[begin:end] for name, array in self.arrays.items()}
        return {**self.numbers, **spread}

    def sweep(self, losses: np.ndarray, params: np.ndarray, seconds: float) -> Sweep:
        """The result, from what Shared.train returns for all settings."""
        shape = (*losses.shape[1:-1], *self.settings)
        label = rules.label(rules.name_of(self.rule), self.numbers)
        params = np.moveaxis(params, -2, 0).reshape(-1, *shape)
        return Sweep(label, *self.task.records, losses.reshape(-1, *shape), params, seconds)


def make_plan(rule: Callable, task: Task, num_seeds: int | None, hyperparams: dict) -> Plan:
    """Check the rule and the settings of a sweep.

    Args:
        rule, num_seeds, hyperparams: as sweep takes them.
        task: the data, and the plan of minibatches and records (Task).

    Raises:
        ValueError, TypeError: as in sweep.
    """
    rows = linear.table(task.features, task.labels)
    own = rules.for_one_run(hyperparams)
    numbers = {name: value for name, value in own.items() if not np.ndim(value)}
    arrays = {name: _as_array(value) for name, value in own.items() if name not in numbers}
    _check_rule(rule, numbers, arrays)
    if num_seeds is not None:
        check_count("num_seeds", num_seeds)
    return Plan(rule, task, rows, num_seeds, numbers, arrays, _common_shape(arrays))


def _as_array(values):
    """The values of a knob as float32, which the parameters are."""
    return np.asarray(values.asnumpy() if hasattr(values, "asnumpy") else values, dtype=np.float32)


def _common_shape(arrays):
    """The shape that these arrays have together: that of the settings."""
    try:
        return np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"the hyperparameters' shapes do not fit together: {shapes}; see NumPy's rules") from error


def _check_rule(rule, numbers, arrays):
    """Check the rule at one setting, and all learning rates."""
    for name, array in arrays.items():
        if not array.size:
            raise ValueError(f"{name} has the shape {array.shape}; a sweep needs at least one setting")
    for rate in (arrays["lr"].min(), arrays["lr"].max()) if "lr" in arrays else ():
        rules.check_rate("lr", {"lr": float(rate)})
    one = {**numbers, **{name: float(array.flat[0]) for name, array in arrays.items()}}
    x = np.array(TRIAL, dtype=np.float32)
    states = rules.check_rule(rule, [x], one, np.zeros_like)
    check_elementwise(rule, x, states[0], one)
