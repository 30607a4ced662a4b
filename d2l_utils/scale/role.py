"""What runs in one process of a group: the scheduler, the server or a worker of MXNet's parameter server."""

import json
import mmap
import os
import pickle
import select
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cloudpickle
import mxnet as mx
from mxnet import gluon, nd
from mxnet.kvstore.kvstore_server import KVStoreServer

from .. import runtime
from ..train.history import DivergenceWarning, History
from ..train.network import Network
from ..train.stepwise import run
from ..train.task import Task
from ..workers import CHECK, _portable


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

    def measure():
        # At copies: outside training oneDNN lays out kernels anew in the memory that it gets.
        return network.at([x.copy() for x in network.trained.values()])

    return run(step, measure, job.label, network.task)


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
        # server has it from the job, and is told what it lacks.
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


class Server(KVStoreServer):
    """The server, whose optimizer is the one that the job brings; or the scheduler, which needs none."""

    def __init__(self, store: Any, optimizer: Any) -> None:
        super().__init__(store)
        self.optimizer = optimizer

    def _controller(self):
        def take(command, told, _):
            multipliers = json.loads(told)
            self.optimizer.lr_mult = {number: lr for number, lr, _ in multipliers}
            self.optimizer.wd_mult = {number: wd for number, _, wd in multipliers}
            self.kvstore.set_optimizer(self.optimizer)

        return take


def _answer(file, value, error=None):
    """Write what the group's keeper reads when this process has ended."""
    place = "".join(traceback.format_exception(error)) if error else ""
    if error and not isinstance(error, Exception):
        error = RuntimeError(repr(error))  # a worker that exits is no reason for the caller to exit
    with open(file, "wb", closefd=False) as answer:
        answer.write(cloudpickle.dumps((value, error and _portable(error), place)))


def _fail(file, error):
    """End with an error, at once: a worker that said goodbye would wait for the others."""
    _answer(file, None, error)
    os._exit(1)


def _leave_with(parent):
    """End this process, whatever it does, when its keeper lets go of it or is gone."""
    while os.getppid() == parent and not select.select([sys.stdin], [], [], CHECK)[0]:
        pass
    os._exit(1)


def main() -> None:
    """Play a role, as the command line has it: its name, its number, two open files, and who started it."""
    role = sys.argv[1]
    number, job, answer, parent = map(int, sys.argv[2:])
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    # What is called by MXNet, such as an optimizer on the server, cannot raise through it.
    sys.unraisablehook = lambda unraisable: _fail(answer, unraisable.exc_value)
    try:
        told = pickle.loads(mmap.mmap(job, 0, access=mmap.ACCESS_READ))
        os.environ["DMLC_ROLE"] = role  # after the import of MXNet, which would play it at once
        _answer(answer, work(told, number) if role == "worker" else Server(mx.kv.create("dist"), told.optimizer).run())
    except BaseException as error:
        _fail(answer, error)
