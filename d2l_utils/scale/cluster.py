"""A Dask cluster: one that is started for a call, or one that exists. Both must run what we run."""

import hashlib
import os
import platform
import random
import signal
import socket
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from typing import Any

import numpy as np

PATIENCE = 15  # seconds until a scheduler answers, or the first worker is there
PACKAGES = "d2l-utils", "numpy", "mxnet", "cloudpickle", "distributed"


def available() -> bool:
    """Tell whether Dask is installed; print that something was not run where it is not.

    Returns:
        True or False.
    """
    found = find_spec("distributed") is not None
    if not found:
        print("Dask is not installed: this was not run (see `make cluster`).")
    return found


@contextmanager
def connected(client: Any = None) -> Iterator[Any]:
    """Connect to a cluster for as long as a block runs.

    Args:
        client: a distributed.Client, which stays open; the address of a scheduler, such as 'tcp://host:8786' (str);
            None to start a LocalCluster, with one worker for each core that this process may use.

    Yields:
        The Client. At least one worker is there, and all of them have our versions of Python and the packages.

    Raises:
        ImportError: Dask is not installed.
        TypeError: client is neither, or an asynchronous one.
        ValueError: the address is none, or the Client is closed.
        OSError: nobody listens at the address, or the scheduler goes away before the block ends (ConnectionError).
        RuntimeError: there is no worker, a worker has other versions, or this is a script that starts itself again.
    """
    if find_spec("distributed") is None:
        raise ImportError("Dask is not installed; `make cluster` or `pip install .[scale]` installs it")
    from distributed import Client

    if client is None:
        opened = _local()
    elif isinstance(client, str):
        opened = _at(client)
    elif isinstance(client, Client) and not client.asynchronous:
        opened = _kept(client)
    else:
        raise TypeError(f"client is {client!r}; it must be a synchronous distributed.Client, an address or None")
    with _generator_kept(), opened as found, _missed(found.scheduler.address):
        _check_workers(found)
        yield found


@contextmanager
def _missed(address):
    """What Dask raises where a scheduler has gone, in plain words."""
    from distributed import CancelledError
    from distributed.comm import CommClosedError

    try:
        yield
    except (CancelledError, CommClosedError) as error:
        raise ConnectionError(f"the scheduler at {address} is gone, and its workers with it") from error


@contextmanager
def _generator_kept():
    """Dask draws from Python's generator; what the user draws next must not depend on that."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


def local_cluster(num_workers: int) -> Any:
    """A distributed.LocalCluster of workers with one thread each, which nobody reaches from elsewhere."""
    from distributed import LocalCluster

    place = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    return LocalCluster(n_workers=num_workers, threads_per_worker=1, silence_logs="CRITICAL", **place)


@contextmanager
def _local():
    """A cluster of this machine's cores, for one call."""
    from distributed import Client

    _check_script()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        cluster = local_cluster(cores)
    except RuntimeError as error:
        raise RuntimeError(
            "no worker has started; a script calls sweep and train under `if __name__ == '__main__':`, since each "
            "worker runs it again"
        ) from error
    with cluster, Client(cluster, set_as_default=False) as client:
        client.register_worker_callbacks(_leave_interrupts)
        yield client


def _leave_interrupts():
    """On a worker: Ctrl-C in a terminal reaches it, too, and is the caller's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check_script():
    """Where a script is not guarded, each worker runs it again and comes here."""
    import multiprocessing

    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise RuntimeError(
            "a worker has started this script again; call sweep and train under `if __name__ == '__main__':`"
        )


@contextmanager
def _at(address):
    from distributed import Client

    _check_listening(address)
    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        yield client


def _check_listening(address):
    """Refuse an address before there is a Client: one that fails may, when it is cleared away, wait for itself."""
    from distributed.comm import get_address_host_port

    try:
        socket.create_connection(get_address_host_port(address), timeout=PATIENCE).close()
    except OSError as error:
        raise OSError(f"client is {address!r}; no scheduler answers there within {PATIENCE} s") from error
    except (ValueError, OverflowError) as error:
        raise ValueError(f"client is {address!r}, which is no address such as 'tcp://host:8786': {error}") from error


@contextmanager
def _kept(client):
    if client.status != "running":
        raise ValueError(f"client is {client!r}, which is {client.status}; make a new one")
    yield client


def _check_workers(client):
    """Wait for a worker, and refuse those that would compute with something else."""
    from distributed import TimeoutError as NobodyCame

    try:
        client.wait_for_workers(1, timeout=PATIENCE)
    except NobodyCame:
        raise RuntimeError(f"the cluster at {client.scheduler.address} has no worker after {PATIENCE} s") from None
    ours = versions()
    for worker, theirs in client.run(versions, on_error="return").items():
        if isinstance(theirs, OSError):
            continue  # it has died meanwhile
        if isinstance(theirs, BaseException):
            raise RuntimeError(f"worker {worker} cannot run d2l_utils: {theirs!r}; install this project there")
        for name, version in theirs.items():
            if version != ours[name]:
                raise RuntimeError(f"worker {worker} has {name} {version}, and here it is {ours[name]}")
    found = client.run(last_bits, on_error="return").items()
    if others := [worker for worker, bits in found if isinstance(bits, str) and bits != last_bits()]:
        message = (
            f"last bits differ, since worker {others[0]} computes with other kernels; start workers by `dask worker "
            "--preload d2l_utils`, and import d2l_utils before NumPy here"
        )
        warnings.warn(message, RuntimeWarning, stacklevel=5)


def versions() -> dict[str, str]:
    """The versions of what a worker computes with, by name; 'none' for a package that is not installed."""
    found = {"Python": "{}.{}".format(*platform.python_version_tuple())}  # functions travel as byte code
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "none"
    return found


def last_bits() -> str:
    """A digest of some products of matrices: it tells whether two processes compute with the same kernels."""
    draw = np.random.RandomState(0)
    left, right = (draw.uniform(-1, 1, shape).astype(np.float32) for shape in ((20, 10, 6), (20, 6, 64)))
    product = left @ right
    return hashlib.sha256(product.tobytes() + (left.swapaxes(1, 2) @ product).tobytes()).hexdigest()
