"""What a worker of a group does: train on its share of each minibatch, together with the others."""

import json
import os
import pickle
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mxnet as mx
from mxnet import gluon, nd

from .. import runtime
from ..train.history import DivergenceWarning, History
from ..train.network import Network
from ..train.stepwise import run
from ..train.task import Task
from .relay import play

SERVED: list = []  # keeps what the library calls back


@dataclass
class Job:
    """What all processes of a group are told.

    Attributes:
        optimizer: one of MXNet's optimizers (mx.optimizer.Optimizer), fresh.
        label: what the run is called (str).
        data: features and labels (two NumPy arrays).
        plan: the other arguments of a Task, by name (dict).
        make_net: returns a fresh network; None for linear regression.
        kvstore: "dist_sync" or "dist_async".
        num_workers: among how many each minibatch is shared out (int).
        seed: for the generators of each worker (int).
    """

    optimizer: Any
    label: str
    data: tuple
    plan: dict
    make_net: Callable | None
    kvstore: str
    num_workers: int
    seed: int


def work(job: Job, number: int) -> History:
    """Train as worker of this number, from 0, together with the others."""
    warnings.simplefilter("ignore", DivergenceWarning)  # the caller warns, at the reader's line
    store = Store.create(job.kvstore)
    runtime.seed(job.seed)  # all draw the same weights and the same minibatches
    task = Task(*(nd.array(array, dtype=array.dtype) for array in job.data), **job.plan)
    network = Network(job.make_net and job.make_net(), task)
    # In step, each worker updates for itself, by the sum of all gradients: that is the arithmetic of a Trainer on one
    # machine, to the last bit. Out of step, the weights live on the server, and so does the update.
    on_server = job.kvstore == "dist_async"
    trainer = gluon.Trainer(network.params, job.optimizer, kvstore=store, update_on_kvstore=on_server)
    step = _step(trainer, network, job.num_workers, number)
    return run(step, lambda: network.at(network.trained.values()), job.label, network.task)


class Store(mx.kvstore.KVStore):
    """A worker's side of the parameter server."""

    @classmethod
    def create(cls, kind: str) -> Any:
        store = mx.kv.create(kind)
        store.__class__ = cls  # MXNet's factory has no place for a class of one's own
        return store

    def broadcast(self, key, value, out, priority=0):
        # A copy: it would write into the weights' own memory, which oneDNN may just be laying out anew.
        super().broadcast(key, nd.array(value.asnumpy(), dtype=value.dtype), out, priority)
        for array in out:
            array.wait_to_read()  # or the first gradient could overtake, and come back in the weights' place

    def set_optimizer(self, optimizer):
        # MXNet's own would pickle the optimizer by name, and so lose what a notebook defines, such as a schedule. The
        # server has it from the job, and is told what it lacks. The others wait for the first at the next barrier.
        if self.rank:
            return
        params = sorted(optimizer.param_dict.items())
        told = [[number, param.lr_mult, param.wd_mult] for number, param in params]
        self._send_command_to_servers(0, json.dumps(told))


def share(num_rows: int, num_workers: int, number: int) -> tuple[int, int]:
    """The rows of a minibatch that are a worker's, as np.array_split cuts them: from the first, up to the second.

    Example:
        >>> [share(7, 3, number) for number in range(3)]
        [(0, 3), (3, 5), (5, 7)]
    """
    each, rest = divmod(num_rows, num_workers)
    start = number * each + min(number, rest)
    return start, start + each + (number < rest)


def _step(trainer, network, num_workers, number):
    """A step on a worker's share of a minibatch: all shares' gradients add up to that of the mean loss."""
    params = list(network.trained.values())
    grads = [x.grad for x in params]
    gradient = network.gradient(params, grads)
    # A loss that is not finite on one worker's share alone would stop that worker, and leave the others waiting.
    # So all look at what they have in common, the parameters and the loss over all the data.
    finite = nd.zeros(1)

    def step(X, y):
        start, end = share(len(X), num_workers, number)
        if start < end:
            gradient(X[start:end], y[start:end])
        for x, g in zip(params, grads):
            if start < end:
                g *= (end - start) / len(X)
            else:
                g[:] = 0
            x._fresh_grad = True  # or the Trainer would think that the gradient is the last step's
        trainer.step(1)
        return finite

    return step


def update_here(handle: Any, job: Job, told: bytes) -> None:
    """On the server: update by the job's optimizer from now on.

    Args:
        handle: the server's side of the parameter server, as MXNet's library knows it.
        job: what the group was told.
        told: what a worker's Store said of the multipliers of each parameter.
    """
    multipliers = json.loads(told)
    job.optimizer.lr_mult = {number: lr for number, lr, _ in multipliers}
    job.optimizer.wd_mult = {number: wd for number, _, wd in multipliers}
    SERVED.append(mx.kvstore.KVStore(handle))
    SERVED[-1].set_optimizer(job.optimizer)


def main() -> None:
    """Be the worker that the command line tells of."""
    os.environ["DMLC_ROLE"] = "worker"
    play(lambda name, number, job: work(pickle.loads(job), number))
