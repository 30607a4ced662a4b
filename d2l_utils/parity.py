"""The same gradients through Gluon, PyTorch and Keras: do they take the way that train.iterates takes with our rule?

A gradient is given as there: a function `gradient(x, t)` of the parameter and the number of steps done so far.
"""

import os
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any
from unittest.mock import patch

import mxnet as mx
import numpy as np
from mxnet import autograd, gluon, nd


def available(package: str) -> bool:
    """Tell whether an optional package is installed; print what is not compared where it is not.

    Args:
        package: the name that it is imported by, such as 'torch' (str).

    Returns:
        True or False.

    Example:
        >>> available("no_such_framework")
        no_such_framework is not installed: this comparison was not run (see `make peers`).
        False
    """
    found = find_spec(package) is not None
    if not found:
        print(f"{package} is not installed: this comparison was not run (see `make peers`).")
    return found


def by_gluon(
    optimizer: str, start: np.ndarray, gradient: Callable, num_steps: int = 200, **options: Any
) -> np.ndarray:
    """Walk by one of Gluon's optimizers, in the hands of a Trainer.

    Several of them keep a float32 state for a float64 parameter, and then fail; here it gets the parameter's dtype.

    Args:
        optimizer: the name that gluon.Trainer knows it by, such as 'rmsprop' (str).
        start: the first parameter, a NumPy array of float32 or float64.
        gradient: a function (x, t) of NumPy arrays, as for train.iterates.
        num_steps: how many updates to do (int).
        **options: what the optimizer takes by name, such as learning_rate and gamma1.

    Returns:
        The parameter before and after each step: a NumPy array (num_steps + 1, *start.shape).

    Raises:
        ValueError, TypeError: Gluon knows no such optimizer, or it has no such option.

    Example:
        >>> by_gluon("sgd", np.ones(1), lambda x, t: x, num_steps=2, learning_rate=0.5).ravel()
        array([1.  , 0.5 , 0.25])
    """
    made = mx.optimizer.create(optimizer, **options)
    as_made = made.create_state
    made.create_state = lambda index, weight: _cast(as_made(index, weight), weight.dtype)
    param = gluon.Parameter("x", shape=start.shape, dtype=start.dtype)
    param.initialize(mx.init.Zero())
    param.set_data(nd.array(start, dtype=start.dtype))
    trainer = gluon.Trainer([param], made)

    def step(g):
        with autograd.record():
            loss = (param.data() * nd.array(g, dtype=g.dtype)).sum()  # its gradient is g, to the bit
        loss.backward()
        trainer.step(1)
        return param.data().asnumpy()

    return _walk(step, start, gradient, num_steps)


def _walk(step, start, gradient, num_steps):
    """The path of steps that are each given the gradient where they begin, and return where they end."""
    path = [start]
    for t in range(num_steps):
        path.append(step(np.array(gradient(path[-1], t), dtype=start.dtype)))
    return np.array(path)


def _cast(state, dtype):
    if isinstance(state, (tuple, list)):
        return tuple(_cast(entry, dtype) for entry in state)
    return state.astype(dtype) if isinstance(state, nd.NDArray) else state


def by_torch(
    optimizer: Any, start: np.ndarray, gradient: Callable, num_steps: int = 200, **options: Any
) -> np.ndarray:
    """Walk by one of PyTorch's optimizers, or by one of another package that is made like them.

    Args:
        optimizer: its name in torch.optim, such as 'RMSprop' (str), or the class itself. One that has to be told that
            training begins is told so.
        start: the first parameter, a NumPy array of float32, float64 or a complex type.
        gradient: a function (x, t) of NumPy arrays, as for train.iterates.
        num_steps: how many updates to do (int).
        **options: what the optimizer takes by name, such as lr and alpha.

    Returns:
        The parameter before and after each step: a NumPy array (num_steps + 1, *start.shape).

    Raises:
        ModuleNotFoundError: PyTorch is not installed; ask available("torch") first.

    Example:
        >>> if find_spec("torch"):  # it is optional
        ...     assert by_torch("SGD", np.ones(1), lambda x, t: x, num_steps=2, lr=0.5)[-1] == 0.25
    """
    import torch

    x = torch.from_numpy(start.copy()).requires_grad_()
    made = getattr(torch.optim, optimizer) if isinstance(optimizer, str) else optimizer
    steps = made([x], **options)
    if hasattr(steps, "train"):
        steps.train()

    def step(g):
        x.grad = torch.from_numpy(g)
        steps.step()
        return x.detach().numpy().copy()

    return _walk(step, start, gradient, num_steps)


def by_keras(
    optimizer: str, start: np.ndarray, gradient: Callable, num_steps: int = 200, **options: Any
) -> np.ndarray:
    """Walk by one of Keras's optimizers, on PyTorch unless the environment names another backend.

    Keras keeps a learning rate in 32 bits, whatever the parameter has: a power of two fits.

    Args:
        optimizer: its name in keras.optimizers, such as 'RMSprop' (str).
        start: the first parameter, a NumPy array of float32 or float64.
        gradient: a function (x, t) of NumPy arrays, as for train.iterates.
        num_steps: how many updates to do (int).
        **options: what the optimizer takes by name, such as learning_rate and rho.

    Returns:
        The parameter before and after each step: a NumPy array (num_steps + 1, *start.shape).

    Raises:
        ModuleNotFoundError: Keras is not installed; ask available("keras") first.

    Example:
        >>> if find_spec("keras"):  # it is optional
        ...     assert by_keras("SGD", np.ones(1), lambda x, t: x, num_steps=2, learning_rate=0.5)[-1] == 0.25
    """
    with patch.dict(os.environ):  # what Keras and PyTorch set for themselves is not for what is run later
        os.environ.setdefault("KERAS_BACKEND", "torch")
        import keras

    x = keras.Variable(start, dtype=str(start.dtype))
    steps = getattr(keras.optimizers, optimizer)(**options)

    def step(g):
        steps.apply([keras.ops.convert_to_tensor(g)], [x])
        return np.array(keras.ops.convert_to_numpy(x))

    return _walk(step, start, gradient, num_steps)
