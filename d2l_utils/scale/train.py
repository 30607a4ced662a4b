"""Training by several processes together, on MXNet's own parameter server."""

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import cloudpickle
import mxnet as mx

from ..train.history import History, warn_of_divergence
from ..train.losses import squared_error
from ..train.stepwise import known_updater
from ..train.task import Task, check_count
from .group import on_this_machine
from .worker import Job

KVSTORES = "dist_sync", "dist_async"
NO_SERVER = "this machine's MXNet was built without its parameter server (the feature DIST_KVSTORE)"


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
    """Train a Gluon network by several workers, each a process, who share out every minibatch.

    They meet at MXNet's own parameter server, for which two more processes run: a scheduler and a server. Each worker
    draws the same weights and the same minibatches, and computes the gradient of its share of each.

    "dist_sync" keeps the workers in step: each updates by the sum of all gradients. The weights are those that
    train.gluon finds after runtime.seed(seed), but for the rounding of that sum, and all workers hold the same.
    "dist_async" lets each worker send its gradient when it has it to the server, which updates at once: no run is like
    another. A layer that looks at a whole minibatch, such as BatchNorm, sees a worker's share of it here.

    Args:
        optimizer: its name as gluon.Trainer knows it, such as 'rmsprop' (str).
        features, labels, loss, batch_size, num_epochs, record_every: as in train.gluon. All workers get all the data.
        make_net: a function without arguments that returns a fresh, initialised Gluon network; None for linear
            regression. It runs in each worker, after the generators are seeded there.
        num_workers: how many share a minibatch (int, 1 to batch_size).
        kvstore: "dist_sync" or "dist_async".
        client: a distributed.Client, or the address of a Dask scheduler (str): each of its workers hosts one of the
            group. None for processes on this machine, which nobody reaches from elsewhere.
        seed: of the generators of each worker (int, 0 to 2**32 - 1).
        time_limit: seconds that training may take, starting included (float).
        **hyperparams: what the optimizer takes by name, such as learning_rate.

    Returns:
        A Trained. Its history ends early, with a DivergenceWarning, at the first record where the loss or a parameter
        is not finite.

    Raises:
        ValueError: an argument is out of its range, Gluon has no such optimizer, or the cluster has too few workers.
        TypeError: something cannot be sent to another process, or is no argument of the optimizer.
        ChildProcessError: a process of the group was killed.
        TimeoutError: the time limit is reached.
        OSError: nobody listens at the client's address.
        RuntimeError: MXNet was built without its parameter server.
        What a worker raised, with the place there as its cause. In each case no process is left.

    Example:
        >>> from mxnet import nd
        >>> trained = train('sgd', nd.ones((20, 2)), nd.ones(20), learning_rate=0.1, record_every=10)
        >>> trained.history.steps, len(trained.params)
        ([0, 1, 2, 3, 4], 2)

    Source: Li et al. (2014), "Scaling Distributed Machine Learning with the Parameter Server".
    """
    Task(features, labels, batch_size, num_epochs, record_every, loss)
    _check(make_net, num_workers, batch_size, kvstore, time_limit, seed)
    updater, label = known_updater(optimizer, None, hyperparams)
    plan = {"batch_size": batch_size, "num_epochs": num_epochs, "record_every": record_every, "loss": loss}
    _check_travels(make_net=make_net, loss=loss, **hyperparams)
    data = features.asnumpy(), labels.asnumpy()
    job = cloudpickle.dumps(Job(updater, label, data, plan, make_net, kvstore, num_workers, seed))
    histories = _run(client, num_workers, job, time_limit)
    warn_of_divergence(label, histories[0].diverged_at)
    return Trained(histories[0], [history.params for history in histories])


def _run(client, num_workers, job, time_limit):
    if client is None:
        return on_this_machine(num_workers, job, time_limit)
    from .cluster import connected  # here, since Dask is optional
    from .hosts import on_a_cluster

    with connected(client) as opened:
        return on_a_cluster(opened, num_workers, job, time_limit)


def _check(make_net, num_workers, batch_size, kvstore, time_limit, seed):
    """Refuse what cannot work, before anything is started."""
    check_count("num_workers", num_workers)
    if num_workers > batch_size:
        raise ValueError(
            f"num_workers is {num_workers}; a minibatch of batch_size {batch_size} has too few rows to share"
        )
    if make_net is not None and not callable(make_net):
        raise TypeError(f"make_net is {make_net!r}; it must be a function without arguments that returns a network")
    if kvstore not in KVSTORES:
        raise ValueError(f"kvstore is {kvstore!r}; it must be {' or '.join(map(repr, KVSTORES))}")
    if isinstance(time_limit, bool) or not (isinstance(time_limit, Real) and time_limit > 0):
        raise ValueError(f"time_limit is {time_limit!r}; it must be a positive number of seconds")
    if not isinstance(seed, Integral) or not 0 <= seed < 2**32:
        raise ValueError(f"seed is {seed!r}; it must be an integer from 0 to 2**32 - 1")
    if not has_server():
        raise RuntimeError(NO_SERVER)


def has_server() -> bool:
    """Whether this machine's MXNet was built with its parameter server."""
    return mx.runtime.Features().is_enabled("DIST_KVSTORE")


def _check_travels(**parts):
    for name, part in parts.items():
        try:
            cloudpickle.dumps(part)
        except Exception as error:  # whatever the parts of an object raise
            raise TypeError(f"{name} cannot be sent to another process: {error}") from error
