"""Training by several processes together, on MXNet's own parameter server."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any

import cloudpickle
import mxnet as mx

from ..train.history import History, warn_of_divergence
from ..train.losses import squared_error
from ..train.stepwise import _updater
from ..train.task import Task, check_count
from . import group
from .role import Job

KVSTORES = "dist_sync", "dist_async"


@dataclass
class Trained:
    """What a group of workers has trained.

    Attributes:
        history: what worker 0 measured (History).
        params: for each worker, the parameters that it holds at the end (list of lists of NDArrays).
    """

    history: History
    params: list


def train(
    optimizer: str,
    features: Any,
    labels: Any,
    *,
    make_net: Callable | None = None,
    num_workers: int = 2,
    kvstore: str = "dist_sync",
    client: Any = None,
    loss: Callable = squared_error,
    batch_size: int = 10,
    num_epochs: int = 2,
    record_every: int = 100,
    seed: int = 0,
    time_limit: float = 600.0,
    **hyperparams: Any,
) -> Trained:
    """Train a Gluon network by several workers, who share out each minibatch."""
    task = Task(features, labels, batch_size, num_epochs, record_every, loss)
    _check(num_workers, batch_size, kvstore, time_limit)
    updater, label = _updater(optimizer, None, hyperparams)
    plan = {"batch_size": batch_size, "num_epochs": num_epochs, "record_every": record_every, "loss": loss}
    data = features.asnumpy(), labels.asnumpy()
    job = cloudpickle.dumps(Job(updater, label, data, plan, make_net, kvstore, num_workers, seed))
    histories = group.on_this_machine(num_workers, job, _clock(time_limit))
    warn_of_divergence(label, histories[0].diverged_at)
    return Trained(histories[0], [history.params for history in histories])


def _check(num_workers, batch_size, kvstore, time_limit):
    check_count("num_workers", num_workers)
    if num_workers > batch_size:
        raise ValueError(f"num_workers is {num_workers}; a batch_size of {batch_size} has at most {batch_size} shares")
    if kvstore not in KVSTORES:
        raise ValueError(f"kvstore is {kvstore!r}; it must be one of {', '.join(KVSTORES)}")
    if isinstance(time_limit, bool) or not (isinstance(time_limit, Real) and time_limit > 0):
        raise ValueError(f"time_limit is {time_limit!r}; it must be a positive number of seconds")
    if not mx.runtime.Features().is_enabled("DIST_KVSTORE"):
        raise RuntimeError("this machine's MXNet was built without the parameter server (DIST_KVSTORE)")


def _clock(time_limit):
    """A function that raises a TimeoutError once the time is over."""
    end = time.monotonic() + time_limit

    def check():
        if time.monotonic() > end:
            raise TimeoutError(f"time_limit is {time_limit} s; training took longer, and the group was ended")

    return check
