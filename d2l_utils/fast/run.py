"""What one of the runs in lockstep leaves behind, and when it should stop."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Run:
    """What one run measured, one entry per record; a record is made after each epoch, none before training.

    Attributes:
        label: what the run was called (str).
        seed: what the start and the order of the images were drawn from (int).
        steps: updates done so far (list of int).
        epochs: passes over the data so far (list of float).
        losses: mean loss over the test images (list of float).
        batch_losses: mean loss over the epoch's last minibatch before its update (list of float): a cheap and noisy
            measure of the training loss.
        seconds: time that all runs of this seed together have taken, validation included (list of float). It is
            one clock for all of them: it times the lockstep, never a single optimizer.
        accuracies: share of the test images that are classified rightly (list of float).
        params: the final parameters, [weight, bias] as in gluon.nn.Dense (list of NDArrays).
        diverged_at: the update after which a loss or a parameter was no longer finite (int), or None.
        reason: why the run ended (str); 'not finite' marks one that diverged.
    """

    label: str
    seed: int
    steps: list[int] = field(default_factory=list)
    epochs: list[float] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    batch_losses: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    accuracies: list[float] = field(default_factory=list)
    params: list = field(default_factory=list)
    diverged_at: int | None = None
    reason: str | None = None

    def record(self, steps: int, batch_loss: float, loss: float, accuracy: float, seconds: float) -> None:
        """Write down an epoch of this many steps and seconds, and what it led to."""
        self.epochs.append(len(self.epochs) + 1.0)
        self.steps.append(len(self.epochs) * steps)
        self.batch_losses.append(float(batch_loss))
        self.losses.append(float(loss))
        self.accuracies.append(float(accuracy))
        self.seconds.append(seconds + (self.seconds[-1] if self.seconds else 0.0))

    def end(self, params: np.ndarray, num_epochs: int, stop: Callable) -> bool:
        """Say, as the reason, why the run ends here; tell whether it does."""
        if not (np.isfinite(self.losses[-1]) and np.isfinite(params).all()):
            self.diverged_at = self.steps[-1]
            self.reason = "not finite"
        elif len(self.epochs) == num_epochs:
            self.reason = stop(self.losses, self.accuracies) or f"{num_epochs} epochs"
        else:
            self.reason = stop(self.losses, self.accuracies)
        return self.reason is not None


def reason_to_stop(
    losses: list[float], accuracies: list[float], patience: int = 20, target: float = 0.91, least_gain: float = 0.001
) -> str | None:
    """Tell why a run should stop after its last validation, by the three rules of the published comparison.

    The losses of the first `patience` validations are not looked at.

    Args:
        losses, accuracies: one number for each validation so far (list of float).
        patience: how many validations in a row the rules look at (int, 1 or more).
        target: the accuracy that is good enough (float).
        least_gain: a loss that falls by less than this in `patience` validations has settled (float).

    Returns:
        'accuracy above ...', 'no smaller loss' or 'loss settled' (str), or None to go on.

    Example:
        >>> reason_to_stop([3.0, 2.0, 2.1, 2.2], [0.5] * 4, patience=1)
        'no smaller loss'

    Source: cute-dl, the example mnist-recognize and session.condition_callback.
    """
    late = losses[patience:]
    if late and min(accuracies[-patience:]) > target:
        return f"accuracy above {target}"
    since = len(late) - 1 - late.index(min(late)) if late else 0
    if since >= patience:
        return "no smaller loss"
    if len(late) >= patience and since == 0 and late[-patience] - late[-1] < least_gain:
        return "loss settled"
    return None
