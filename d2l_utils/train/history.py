"""What a run leaves behind, and how it is told that a run diverged."""

import inspect
import warnings
from dataclasses import dataclass, field

import numpy as np
from mxnet import nd

OURS = __name__.partition(".")[0]
AT_ONCE = 200  # multi_all_finite reads past its own memory from 201 arrays on


class DivergenceWarning(RuntimeWarning):
    """A run was stopped because a loss or a parameter was no longer finite."""


@dataclass
class History:
    """What a run measured, one entry per record; the first is before training.

    Attributes:
        label: the rule and its hyperparameters (str).
        steps: updates done so far (list of int).
        epochs: passes over the data so far (list of float).
        losses: mean loss over all the data (list of float).
        seconds: time spent training so far (list of float); evaluating the losses is not counted.
        params: the final parameters (list of NDArray).
        diverged_at: the update after which a loss or a parameter was no longer finite (int), or None.
    """

    label: str
    steps: list = field(default_factory=list)
    epochs: list = field(default_factory=list)
    losses: list = field(default_factory=list)
    seconds: list = field(default_factory=list)
    params: list = field(default_factory=list)
    diverged_at: int | None = None


@dataclass
class Sweep:
    """What many runs measured side by side, one for each setting; the first record is before training.

    Attributes:
        label: the rule and the hyperparameters that all runs share (str).
        steps: updates done so far (list of int), one entry per record.
        epochs: passes over the data so far (list of float), one entry per record.
        losses: mean loss over all the data, float64 array (num_records, *settings), where settings is the
            common shape of the swept arrays, after the number of seeds if seeds were given.
        params: final weights, the bias last, float32 array (num_features + 1, *settings).
        seconds: time spent training all of them (float).
    """

    label: str
    steps: list
    epochs: list
    losses: np.ndarray
    params: np.ndarray
    seconds: float

    @property
    def diverged(self) -> np.ndarray:
        """Which settings have a loss or a weight that is not finite: bool array (*settings)."""
        return ~(np.isfinite(self.losses).all(axis=0) & np.isfinite(self.params).all(axis=0))


@dataclass
class Trajectory:
    """The way that a rule took over an objective of a few variables.

    Attributes:
        label: the rule and its hyperparameters (str).
        points: float64 array (num_steps + 1, num_variables); the first row is the start.
        losses: float64 array (num_steps + 1,), the objective at the points.
        gradients: float64 array (num_steps, num_variables), one row per step.
        states: float64 array (num_steps, num_slots, num_variables), after each step; a matrix fills a slot per row.
        diverged_at: the step after which a point or a loss was no longer finite (int), or None.
        rule: the rule's name (str).
        hyperparams: what the rule was run with, its defaults included (dict).
    """

    label: str
    points: np.ndarray
    losses: np.ndarray
    gradients: np.ndarray
    states: np.ndarray
    diverged_at: int | None = None
    rule: str = ""
    hyperparams: dict = field(default_factory=dict)


def first_not_finite(num_steps: int, batch_losses: list, arrays: list) -> int | None:
    """The update after which something was not finite, or None.

    Args:
        num_steps: updates done so far (int).
        batch_losses: the losses of the last updates, each computed before its update (list of NDArrays).
        arrays: the current parameters and whatever else must be finite (list of NDArrays).

    Returns:
        The number of the first such update (int), or None where all is finite.

    Example:
        >>> first_not_finite(7, [nd.ones(1), nd.array([np.nan])], [nd.ones(2)])
        6
    """
    everything = [*batch_losses, *arrays]
    chunks = (everything[i : i + AT_ONCE] for i in range(0, len(everything), AT_ONCE))
    if all(nd.multi_all_finite(*chunk, num_arrays=len(chunk)).asscalar() for chunk in chunks):
        return None
    for i, loss in enumerate(batch_losses):
        if not np.isfinite(loss.asnumpy()).all():
            return num_steps - len(batch_losses) + i
    return num_steps


def warn_of_divergence(label: str, diverged_at: int | None) -> None:
    """Warn, where the run named by the label diverged, at the reader's line that started it."""
    if diverged_at is not None:
        modules = [frame.frame.f_globals["__name__"] for frame in inspect.stack(context=0)]
        readers = next(i for i, name in enumerate(modules, start=1) if name.partition(".")[0] != OURS)
        message = f"{label}: not finite after step {diverged_at}; the run was stopped"
        warnings.warn(message, DivergenceWarning, stacklevel=readers)
