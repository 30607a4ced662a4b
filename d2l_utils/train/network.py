"""A network as a training loop sees it: what is trained, what is held, and its loss as a graph."""

from collections.abc import Callable, Iterable
from typing import Any

import mxnet as mx
from mxnet import gluon, nd

from .. import linear
from .graphs import function, gradient
from .losses import mean
from .task import Task


class Network:
    """A Gluon network and the loss of a task, with its parameters told apart.

    Without a network, that is linear regression.

    Attributes:
        params: all parameters, as Gluon's Trainer takes them (ParameterDict).
        trained: the parameters that a gradient moves, name -> NDArray (dict). Those whose grad_req is "null" are not
            among them, such as frozen layers and the running averages of a BatchNorm.
        held: the others, name -> NDArray (dict).
        task: the task, its data in the network's dtype (Task).

    Raises:
        TypeError: the network is no Gluon block.
        ValueError: no parameter is to be trained, one adds its gradients up, linear regression cannot be trained on
            features of this shape, or the loss does not take the labels.
    """

    def __init__(self, net: Any, task: Task):
        if net is None:
            axes = task.features.ndim
            if axes != 2:
                raise ValueError(f"features has {axes} axes; without a net it must have two, rows and columns")
            net = linear.net(task.features.shape[1])
        if not isinstance(net, gluon.Block):
            raise TypeError(f"net is a {type(net).__name__}; it must be an initialised Gluon network")
        self.params = net.collect_params()
        self.task = task.cast(next((param.dtype for param in self.params.values()), "float32"))
        net(self.task.features[:1])  # one example tells it its shapes
        self.trained = {name: param.data() for name, param in self.params.items() if param.grad_req == "write"}
        self.held = {name: param.data() for name, param in self.params.items() if param.grad_req == "null"}
        for name, param in self.params.items():
            if param.grad_req == "add":
                raise ValueError(f"net has {name} with grad_req 'add'; a loop needs 'write', or 'null' to hold it")
        if not self.trained:
            raise ValueError("net has no parameter to train; each has grad_req 'null'")
        outputs = net(mx.sym.Variable("X"))
        self._symbol = mean(task.loss, outputs, mx.sym.Variable("y"))
        self._check_labels(outputs)
        self._loss = function(self._symbol, ("X", "y", *self.params))

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

    def at(self, trained: Iterable) -> tuple[Any, list]:
        """The mean loss over all the data, an NDArray of shape (1,), where these arrays are the trained parameters.

        Beside it, all parameters in the network's order (list of NDArrays).
        """
        # Copies: outside training oneDNN lays out kernels anew in the memory that it gets, and beyond a view's end.
        arrays = self._arrays(x.copy() for x in trained)
        params = [arrays[name] for name in self.params]
        return self._loss(self.task.features, self.task.labels, *params), params

    def gradient(self, trained: list, grads: list) -> Callable:
        """A function (X, y) that writes the gradients at these arrays to those of grads, and returns the loss."""
        received = dict(zip(self.trained, grads))
        kinds = {name: self.params[name].grad().stype for name in received}
        dense = {name: g for name, g in received.items() if g.stype != kinds[name]}  # where the network's are sparse
        for name, g in dense.items():
            received[name] = nd.zeros(g.shape, stype=kinds[name], dtype=g.dtype)
        step = gradient(self._symbol, self._arrays(trained), received)

        def through_dense(X, y):
            loss = step(X, y)
            for name, g in dense.items():
                received[name].tostype("default").copyto(g)
            return loss

        return through_dense

    def _arrays(self, trained):
        return {**self.held, **dict(zip(self.trained, trained))}
