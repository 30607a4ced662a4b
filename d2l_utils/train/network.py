"""A network as a training loop sees it: what is trained, what is held, and its loss as a graph."""

from collections.abc import Callable
from typing import Any

import mxnet as mx
from mxnet import gluon, nd

from .graphs import function, gradient
from .losses import mean
from .task import Task


class Network:
    """A Gluon network and the loss of a task, with its parameters told apart.

    Attributes:
        trained: the parameters that a gradient moves, name -> NDArray (dict). Those whose grad_req is "null" are not
            among them, such as frozen layers and the running averages of a BatchNorm.
        held: the others, name -> NDArray (dict).
        task: the task, its data in the network's dtype (Task).

    Raises:
        TypeError: the network is no Gluon block.
        ValueError: no parameter is to be trained, one adds its gradients up, or the loss does not take the labels.
    """

    def __init__(self, net: Any, task: Task):
        if not isinstance(net, gluon.Block):
            raise TypeError(f"net is a {type(net).__name__}; it must be an initialised Gluon network")
        params = net.collect_params()
        self.task = task.cast(next((param.dtype for param in params.values()), "float32"))
        net(self.task.features[:1])  # one example tells it its shapes
        self.trained = {name: param.data() for name, param in params.items() if param.grad_req == "write"}
        self.held = {name: param.data() for name, param in params.items() if param.grad_req == "null"}
        for name, param in params.items():
            if param.grad_req == "add":
                raise ValueError(f"net has {name} with grad_req 'add'; a loop needs 'write', or 'null' to hold it")
        if not self.trained:
            raise ValueError("net has no parameter to train; each has grad_req 'null'")
        self._sparse = {name for name in self.trained if params[name].grad().stype != "default"}
        self._names = list(params)
        outputs = net(mx.sym.Variable("X"))
        self._symbol = mean(task.loss, outputs, mx.sym.Variable("y"))
        self._check_labels(outputs)
        self._loss = function(self._symbol, ("X", "y", *self._names))

    def _check_labels(self, outputs):
        """Try the loss on the shapes of the data: MXNet would refuse them by the name of an operator of its own."""
        shapes = {"X": self.task.features.shape, "y": self.task.labels.shape}
        try:
            self._symbol.infer_shape(**shapes)
        except mx.base.MXNetError as error:
            _, (given,), _ = outputs.infer_shape(X=shapes["X"])
            raise ValueError(
                f"labels has the shape {shapes['y']}; the loss does not take it beside outputs of the shape {given}"
            ) from error

    def all_params(self, trained: list) -> list:
        """All parameters in the network's order, with these arrays in the place of the trained ones."""
        arrays = {**self.held, **dict(zip(self.trained, trained))}
        return [arrays[name] for name in self._names]

    def loss(self, trained: list) -> Any:
        """The mean loss over all the data, an NDArray of shape (1,)."""
        return self._loss(self.task.features, self.task.labels, *self.all_params(trained))

    def gradient(self, trained: list, grads: list) -> Callable:
        """A function (X, y) that writes the gradients at these arrays to those of grads, and returns the loss."""
        received = dict(zip(self.trained, grads))
        sparse = [name for name in received if name in self._sparse and received[name].stype == "default"]
        dense = {name: received[name] for name in sparse}
        for name, g in dense.items():
            received[name] = nd.zeros(g.shape, stype="row_sparse", dtype=g.dtype)
        step = gradient(self._symbol, {**self.held, **dict(zip(self.trained, trained))}, received)
        if not dense:
            return step

        def through_dense(X, y):
            loss = step(X, y)
            for name, g in dense.items():
                received[name].tostype("default").copyto(g)
            return loss

        return through_dense
