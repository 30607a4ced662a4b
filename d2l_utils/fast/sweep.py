"""Thousands of settings of one rule, trained side by side on NumPy arrays: every setting is one more column."""

import os
import resource
from collections.abc import Callable
from typing import Any

from ..progress import bar
from ..train.history import Sweep
from ..train.task import Task
from .plan import make_plan

DELAY = 2  # seconds: a shorter sweep shows no bar


def sweep(
    rule: Callable,
    features: Any,
    labels: Any,
    *,
    num_seeds: int | None = None,
    batch_size: int = 10,
    num_epochs: int = 2,
    record_every: int = 100,
    **hyperparams: Any,
) -> Sweep:
    """Train linear regression by a rule with many settings at once; the losses are those of stepwise.

    All settings start from the same weights and see the same minibatches; one that diverges does not
    disturb the others. On thousands of columns NumPy's operations are several times as fast as MXNet's, and
    take arrays of one knob beside numbers for another.

    Args:
        rule: a pure rule (see d2l_utils.rules) that is elementwise.
        features, labels, batch_size, num_epochs, record_every: as in stepwise.
        num_seeds: how many times to run all settings (int), with the seeds 0, 1, 2 and so on, as
            train.over_seeds does; None for once, drawing from the generators as they are.
        **hyperparams: what the rule takes by name; numbers, or arrays that NumPy can broadcast together.

    Returns:
        A Sweep.

    Raises:
        ValueError: an argument is out of its range, arrays do not fit together, or the rule is not elementwise.
        TypeError: the rule takes no such hyperparameter, or the data are no NDArrays.
        MemoryError: the settings are more than fit into the memory that there is; says how much they need.

    Example:
        >>> from mxnet import nd
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> runs = sweep(sgd, nd.ones((20, 2)), nd.ones(20), lr=[0.1, 0.2, 9.0], num_seeds=2)
        >>> runs.losses.shape, runs.params.shape
        ((2, 2, 3), (3, 2, 3))
    """
    plan = make_plan(rule, Task(features, labels, batch_size, num_epochs, record_every), num_seeds, hyperparams)
    num_runs = plan.num_settings * (num_seeds or 1)
    check_memory(plan.num_settings * plan.memory(training=True), f"a sweep of {num_runs:,} runs")
    shared = plan.draw()
    batches = bar(shared.batches(), total=shared.records[-1], unit="step", delay=DELAY)
    return plan.sweep(*shared.train(rule, plan.knobs(0, plan.num_settings), batches))


def check_memory(needed: int, what: str) -> None:
    """Refuse what cannot fit: raise a MemoryError that says what needs that many bytes."""
    if needed > _memory():
        raise MemoryError(
            f"{what} needs {needed / 1e9:.1f} GB of memory, and there are {_memory() / 1e9:.1f} GB; "
            "sweep over fewer settings at a time"
        )


def _memory():
    """How many bytes this process may have: those of the machine, or what the user limits it to."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return machine if limit == resource.RLIM_INFINITY else min(machine, limit)
