"""Runs a group on the machines of a Dask cluster: each Dask worker hosts one worker of the group."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from .group import LOOK, TRIES, PortTaken, clock, keep, reserve, settings

PRESENCE = 1.0  # seconds between two looks whether all Dask workers are still there
PATIENCE = 20.0  # seconds until a scheduler that does not answer counts as gone
RUNS = "executing", "long-running"  # the states of a Dask task whose answer is still wanted
# On a Dask worker: what waits for a task of a group, by the group and the Dask worker's address. A task that finds
# nothing there is not the first: Dask has started it again, after the death of the worker that it ran on.
PLACES: dict[tuple[str, str], socket.socket] = {}


def on_a_cluster(client: Any, num_workers: int, job: bytes, seconds: float) -> list:
    """Run a whole group on a cluster, and return what its workers answered (list).

    Args:
        client: a distributed.Client.
        num_workers: how many workers the group has (int).
        job: what all its processes are told, pickled.
        seconds: how long the group may take (float).

    Raises:
        ValueError: the cluster has fewer Dask workers.
        ChildProcessError: a process of the group was killed, or a Dask worker is gone.
        TimeoutError: the time is over.
        What a process raised, with the place there as its cause.
    """
    hosts = list(client.nthreads())[:num_workers]
    if len(hosts) < num_workers:
        raise ValueError(f"num_workers is {num_workers}; the cluster has only {len(hosts)} Dask workers to host them")
    check = clock(seconds)
    for _ in range(TRIES):
        with suppress(PortTaken):
            return _once(client, hosts, job, seconds, check)
    raise OSError(f"each of {TRIES} free ports of {hosts[0]} was taken before the scheduler could listen there")


def _once(client, hosts, job, seconds, check):
    group = uuid4().hex
    futures = []
    try:
        ports = client.run(_open, group, seconds, workers=hosts)
        root = ports[hosts[0]]
        data = client.scatter(job, workers=hosts, broadcast=True, hash=False)
        for number, host in enumerate(hosts):
            args = group, number, len(hosts), root, data, seconds
            task = {"workers": [host], "allow_other_workers": False, "retries": 0, "pure": False}
            futures.append(client.submit(_host, *args, key=f"train-{group}-{number}", **task))
        return _answers(client, hosts, futures, check)
    finally:
        if client.status == "running":
            client.cancel(futures, force=True)


def _answers(client, hosts, futures, check):
    """What all have answered; the first error is raised, and so is the absence of a Dask worker."""
    looked = time.monotonic()
    while True:
        done = _done(client, hosts, futures)
        for _, error, place in done:
            if error is not None:
                raise error from RuntimeError(place)
        if len(done) == len(futures):
            return [value for value, _, _ in done]
        if time.monotonic() > looked + PRESENCE:
            _check_presence(client, hosts)
            looked = time.monotonic()
        check()
        time.sleep(LOOK)


def _done(client, hosts, futures):
    """The answers that are there; of what goes wrong in a task, these tell, and so an error here is Dask's own."""
    from distributed import CancelledError, KilledWorker

    try:
        return [future.result() for future in futures if future.done()]
    except KilledWorker as error:
        raise ChildProcessError(f"a Dask worker is gone, and so the group was ended: {error}") from error
    except CancelledError as error:
        if client.status == "running":  # Dask forgets a task whose data is lost, and data is lost with its workers
            _check_presence(client, hosts)
        where = client.scheduler.address
        raise ConnectionError(f"the Dask scheduler at {where} is gone, or has dropped the group: {error}") from error


def _check_presence(client, hosts):
    try:
        present = client.sync(client.scheduler.ncores, callback_timeout=PATIENCE)
    except (OSError, TimeoutError) as error:
        where = client.scheduler.address
        raise ConnectionError(f"the Dask scheduler at {where} is gone, and so is the group") from error
    for number, host in enumerate(hosts):
        if host not in present:
            raise ChildProcessError(f"the Dask worker {host}, host of worker {number}, is gone; the group was ended")


def _open(group, seconds, dask_worker):
    """On each Dask worker, before any task: make a place for the group, and return its address and a free port."""
    from distributed.comm import get_address_host

    place = reserve(get_address_host(dask_worker.address))
    PLACES[group, dask_worker.address] = place
    dask_worker.loop.call_later(seconds, _close, group, dask_worker.address)  # where no task has come for it
    return place.getsockname()


def _close(group, address):
    place = PLACES.pop((group, address), None)
    if place:
        place.close()


def _host(group, number, num_workers, root, job, seconds):
    """A Dask task: run a worker's process, and beside the first one the scheduler's and the server's."""
    from distributed import get_worker, secede

    dask_worker = get_worker()
    check = _wanted(dask_worker, dask_worker.get_current_task(), clock(seconds))
    secede()  # it waits and computes nothing: two groups on the same Dask workers would wait for each other's threads
    try:
        place = PLACES.pop((group, dask_worker.address), None)
        if place is None:
            raise ChildProcessError(f"the Dask worker that hosted worker {number} was lost; the group was ended")
        with place:
            beside = [("scheduler", 0), ("server", 0)] if number == 0 else []
            env = settings(place.getsockname()[0], root, num_workers)
            return keep([*beside, ("worker", number)], job, env, check)[-1], None, None
    except Exception as error:
        return None, error, str(error.__cause__)  # Dask would lose the cause


def _wanted(dask_worker: Any, key: str, check: Callable[[], None]) -> Callable[[], None]:
    """A check that raises, too, when the client has cancelled the task or is gone, or the Dask worker closes."""

    def wanted():
        task = dask_worker.state.tasks.get(key)
        if task is None or task.state not in RUNS or dask_worker.status.name not in ("running", "paused"):
            raise InterruptedError("nobody waits for this group any more")
        check()

    return wanted
