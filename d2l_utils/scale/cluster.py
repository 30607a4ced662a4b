"""A Dask cluster: one that is started for a call, or one that exists. Both must run what we run."""

import hashlib
import os
import platform
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
        OSError: nobody listens at the address.
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
    with opened as found:
        _check_workers(found)
        yield found


@contextmanager
def _local():
    """A cluster of this machine's cores, for one call."""
    from distributed import Client, LocalCluster

    _check_script()
    place = {"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    cluster = LocalCluster(n_workers=cores, threads_per_worker=1, silence_logs="CRITICAL", **place)
    with cluster, Client(cluster, set_as_default=False) as client:
        yield client


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

    try:
        client = Client(address, timeout=PATIENCE, set_as_default=False)
    except OSError as error:
        raise OSError(f"client is {address!r}; no scheduler answers there within {PATIENCE} s") from error
    with client:
        yield client


@contextmanager
def _kept(client):
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
        if isinstance(theirs, BaseException):
            raise RuntimeError(f"worker {worker} cannot run d2l_utils: {theirs!r}; install this project there")
        for name, version in theirs.items():
            if version != ours[name]:
                raise RuntimeError(f"worker {worker} has {name} {version}, and here it is {ours[name]}")
    if others := [worker for worker, bits in client.run(last_bits).items() if bits != last_bits()]:
        message = (
            f"last bits differ, since worker {others[0]} computes with other kernels; start workers by `dask worker "
            "--preload d2l_utils`, and import d2l_utils before NumPy here"
        )
        warnings.warn(message, RuntimeWarning, stacklevel=6)


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
