"""A sweep on a Dask cluster: the same bits as on one machine, for as many settings as there is patience for."""

import math
import os
import sys
from collections.abc import Callable
from contextlib import contextmanager
from functools import partial
from itertools import islice
from threading import Lock
from typing import Any

import cloudpickle
import numpy as np

from ..fast.plan import Plan, make_plan
from ..fast.sweep import check_memory
from ..progress import bar
from ..rules import name_of
from ..train.history import Sweep
from ..train.task import Task
from .cluster import connected
from .pieces import ALIGNED, Failure, cut, train_piece
from .store import Store

IN_FLIGHT = 2  # pieces per worker that are under way: one is trained while another travels
SHARE = 4  # each worker gets at least that many, so that all of them end at about the same time
REGISTERING = Lock()  # cloudpickle's list of modules is one for all threads


def sweep(
    rule: Callable,
    features: Any,
    labels: Any,
    client: Any = None,
    *,
    memory_per_worker: int = 2**24,
    store: str | os.PathLike | None = None,
    num_seeds: int | None = None,
    batch_size: int = 10,
    num_epochs: int = 2,
    record_every: int = 100,
    **hyperparams: Any,
) -> Sweep:
    """Run train.sweep on a cluster: the settings are cut into pieces, and each is trained by one of its workers.

    The losses and weights are those of train.sweep to the last bit (where all processors are of one kind), whatever
    the number of workers and pieces. The data and the rule travel, nothing else; the rule is sent by value. A worker
    that dies is replaced if its cluster does that, and what it had not finished is trained by another; a host that
    falls silent is given up after half a minute. Where no worker is left, the call waits for one.

    Args:
        rule, features, labels, num_seeds, batch_size, num_epochs, record_every: as in train.sweep.
        client: a distributed.Client or the address of a scheduler (str); None starts a LocalCluster for this call.
        memory_per_worker: the bytes that a piece may take while it is trained (int); pieces that fit into the
            processor's cache are the fastest. A worker takes as much again for the piece that waits, and for its
            Python and MXNet about 200 MB.
        store: a folder for the results of each piece, as NumPy's .npz; a call that was stopped goes on with the
            pieces that are missing there, if it is made again with the same arguments and the same seed.
        **hyperparams: as in train.sweep.

    Returns:
        A Sweep. It is put together here, and must fit into this machine's memory.

    Raises:
        ValueError: as in train.sweep; or memory_per_worker is too small for a piece or more than a worker has, or
            store holds another sweep.
        TypeError: as in train.sweep; or the rule cannot be sent.
        MemoryError: the results do not fit.
        ImportError, OSError, RuntimeError: there is no Dask, no cluster, no worker, or one with other versions.
        What the rule raises: the cause says at which setting.

    Example:
        >>> from mxnet import nd
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> runs = sweep(sgd, nd.ones((20, 2)), nd.ones(20), "tcp://scheduler:8786", lr=[0.1, 0.2])  # doctest: +SKIP
    """
    plan = make_plan(rule, Task(features, labels, batch_size, num_epochs, record_every), num_seeds, hyperparams)
    largest = _settings_in(memory_per_worker, plan)
    check_memory(plan.num_settings * plan.memory(training=False), f"the result of {plan.num_settings:,} settings")
    shared = plan.draw()
    job = _pickled(rule, shared)
    result = _Result(plan, shared.start, None if store is None else Store(store, plan, shared))
    if result.num_missing:
        with connected(client) as cluster:
            _check_workers(cluster, memory_per_worker)
            _run(cluster, job, plan, largest, result)
    return plan.sweep(result.losses, result.params, result.seconds)


def _settings_in(memory, plan):
    """How many settings a piece of so many bytes has, a multiple of ALIGNED."""
    of_each = plan.memory(training=True)
    if not isinstance(memory, int) or memory < 2 * ALIGNED * of_each:
        raise ValueError(
            f"memory_per_worker is {memory!r}; it must be a number of bytes, {2 * ALIGNED * of_each} or more"
        )
    return memory // of_each // ALIGNED * ALIGNED - ALIGNED  # the last piece may have ALIGNED more


def _pickled(rule, shared):
    """The job as bytes, the rule and what stands beside it in its module by value: workers need not have that."""
    try:
        with _by_value(rule):
            return cloudpickle.dumps((rule, shared))
    except Exception as error:  # whatever the parts of an object raise
        raise TypeError(f"rule {name_of(rule)} cannot be sent to another machine: {error}") from error


@contextmanager
def _by_value(rule):
    """For as long as a block runs, what a rule's module defines is pickled by value."""
    while isinstance(rule, partial):
        rule = rule.func
    name = getattr(rule, "__module__", None)
    kept = sys.modules.get(name) is None or name in ("__main__", "builtins") or name.startswith("d2l_utils")
    with REGISTERING:
        if kept or name in cloudpickle.list_registry_pickle_by_value():
            yield
            return
        cloudpickle.register_pickle_by_value(sys.modules[name])
        try:
            yield
        finally:
            cloudpickle.unregister_pickle_by_value(sys.modules[name])


def _check_workers(cluster, memory):
    """Refuse pieces that are larger than a worker may be."""
    for address, worker in cluster.scheduler_info(n_workers=-1)["workers"].items():
        limit = worker["memory_limit"]
        if limit and IN_FLIGHT * memory > limit:
            raise ValueError(
                f"memory_per_worker is {memory:,} bytes, and {IN_FLIGHT} pieces of it are more than worker {address} "
                f"has, {limit:,}; make it smaller"
            )


def _run(cluster, job, plan, largest, result):
    """Train what is missing, a few pieces per worker at a time, and give what they return to result."""
    from distributed import as_completed

    # There is none for a moment where all of them have died and are started again.
    num_workers = max(1, len(cluster.scheduler_info(n_workers=-1)["workers"]))
    size = min(largest, _aligned(plan.num_settings / (SHARE * num_workers)))
    todo = (piece for gap in result.missing() for piece in cut(*gap, size))
    carried = cluster.submit(bytes, job, pure=False)  # a task, not scattered data: what is lost is made again
    under_way = {}

    def start(count):
        for begin, end in islice(todo, count):
            future = cluster.submit(train_piece, carried, plan.knobs(begin, end), pure=False)
            under_way[future] = begin, end
            yield future

    try:
        done = as_completed(list(start(IN_FLIGHT * num_workers)), loop=cluster.loop)
        with bar(total=plan.num_settings, initial=plan.num_settings - result.num_missing, unit="setting") as shown:
            for future in done:
                begin, end = under_way.pop(future)
                result.take(begin, end, _answer(future, begin, end))
                done.update(list(start(1)))
                shown.update(end - begin)
    finally:
        cluster.cancel(list(under_way))


def _aligned(count):
    return max(1, math.ceil(count / ALIGNED)) * ALIGNED


def _answer(future, begin, end):
    """What a worker returned for a piece; the rule's error is raised here."""
    from distributed import KilledWorker

    try:
        answer = future.result()
    except KilledWorker as error:
        raise RuntimeError(
            f"{error.allowed_failures + 1} workers died while they trained the settings {begin} to {end - 1}; a piece "
            "that takes less memory_per_worker may go through"
        ) from error
    if isinstance(answer, Failure):
        told = ", ".join(f"{name} {np.ravel(value)[0]:g}" for name, value in answer.knobs.items())
        raise answer.error from RuntimeError(f"at {told}, on a worker:\n\n{answer.place}")
    return answer


class _Result:
    """The result of a sweep while it is put together, from a store first, if there is one."""

    def __init__(self, plan: Plan, start: np.ndarray, store: Store | None):
        *seeds, num_weights, _ = start.shape
        self.plan = plan
        self.store = store
        self.losses = np.empty((len(plan.task.records[0]), *seeds, plan.num_settings))
        self.params = np.empty((*seeds, num_weights, plan.num_settings), dtype=start.dtype)
        self.seconds = 0.0
        self.filled = np.zeros(plan.num_settings, dtype=bool)
        for begin, end, results in store.pieces() if store else ():
            self._put(begin, end, results)

    def _put(self, begin, end, results):
        self.losses[..., begin:end], self.params[..., begin:end], seconds = results
        self.seconds += seconds
        self.filled[begin:end] = True

    def take(self, begin: int, end: int, results: tuple) -> None:
        """Put a piece in its place, and into the store."""
        self._put(begin, end, results)
        if self.store:
            self.store.keep(begin, end, results)

    @property
    def num_missing(self) -> int:
        """How many settings have no result."""
        return int((~self.filled).sum())

    def missing(self) -> list[tuple[int, int]]:
        """Where they are: the first setting of each gap, and the one after its last."""
        edges = np.flatnonzero(np.diff(self.filled, prepend=True, append=True))
        return list(zip(edges[::2].tolist(), edges[1::2].tolist()))
