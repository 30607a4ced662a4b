"""The same training, done by everybody: RMSProp on the airfoil data, 2 epochs of 150 steps, 31 losses.

Each contestant is a function (features, labels) that trains from the same start on the same minibatches and
returns its final loss over all the data. Whoever comes from elsewhere runs as it stands, without its pictures.
"""

import contextlib
import functools
import importlib.util
import io
import re
import sys
import types
from unittest import mock

from d2l_utils import linear, parity, textbook, train
from d2l_utils.chapters import definitions

import d2l
import numpy as np
from mxnet import nd

LR, GAMMA, EPS = 0.01, 0.9, 1e-6
BATCH_SIZE, NUM_EPOCHS, RECORD_EVERY = 10, 2, 100
RMSPROP, RMSPROP_IN_PLACE = definitions("06_rmsprop", "rmsprop", "rmsprop_in_place")
GLUON = {"learning_rate": LR, "gamma1": GAMMA, "epsilon": EPS}
# Where `make peers` puts the textbook's later edition: two packages of one name cannot be installed side by side.
D2L_TORCH = f"{sys.prefix}/d2l-1.0.3/d2l/torch.py"


class Anything:
    """In the place of a module or picture that a loop is not measured with: takes every call, does nothing."""

    def __getattr__(self, name):
        return self

    def __call__(self, *args, **kwargs):
        return self


def stepwise(features, labels):
    return train.stepwise(RMSPROP, features, labels, lr=LR, gamma=GAMMA).losses[-1]


def gluon(features, labels):
    return train.gluon("rmsprop", features, labels, **GLUON).losses[-1]


def compiled(features, labels):
    return train.compiled(RMSPROP, features, labels, lr=LR, gamma=GAMMA).losses[-1]


def sweep(num_settings):
    """A sweep over learning rates and decays; the first setting is that of the others."""
    rates, gammas = np.full(num_settings, LR), np.full(num_settings, GAMMA)
    rates[1:], gammas[1:] = np.geomspace(1e-4, 1, num_settings - 1), np.linspace(0, 0.999, num_settings - 1)

    def run(features, labels):
        return train.sweep(RMSPROP, features, labels, lr=rates, gamma=gammas).losses[-1, 0]

    return run


def scratch(book, features, labels):
    """A textbook's loop with the update in place, RMSProp's arrays as its first edition has them."""
    states = nd.zeros((features.shape[1], 1)), nd.zeros(1)
    return printed_loss(book.train_ch7, RMSPROP_IN_PLACE, states, {"lr": LR, "gamma": GAMMA}, features, labels)


def concise(book, features, labels):
    """A textbook's loop with Gluon's optimizer."""
    return printed_loss(book.train_gluon_ch7, "rmsprop", dict(GLUON), features, labels)


def printed_loss(loop, *args):
    """Run a textbook's loop, pictures off, and read the final loss from what it prints."""
    with (
        mock.patch.multiple(sys.modules[loop.__module__], plt=Anything(), set_figsize=Anything()),
        contextlib.redirect_stdout(io.StringIO()) as printed,
    ):
        loop(*args)
    return float(re.search(r"loss: ([\d.]+)", printed.getvalue())[1])


def shuffled(rows):
    """The minibatches of one epoch, cut in advance: features with a column of ones, and labels."""
    order = np.arange(len(rows))
    np.random.shuffle(order)
    batches = rows[order].reshape(-1, BATCH_SIZE, rows.shape[1])
    return batches[:, :, :-1], batches[:, :, -1:]


def table(features, labels):
    return np.c_[features.asnumpy(), np.ones(len(features), np.float32), labels.asnumpy()]


def numpy_by_hand(features, labels):
    """What a careful person writes: the bias is a weight, nothing is computed twice, losses come at the end."""
    w, s, rows = linear.start(features.shape[1]), np.float32(0), table(features, labels)
    recorded = [w]
    for _ in range(NUM_EPOCHS):
        batches, targets = shuffled(rows)
        for i, (X, P, y) in enumerate(zip(batches, batches.transpose(0, 2, 1) / BATCH_SIZE, targets), start=1):
            g = P @ (X @ w - y)
            s = GAMMA * s + (1 - GAMMA) * g * g
            w = w - LR * g / np.sqrt(s + EPS)
            if i * BATCH_SIZE % RECORD_EVERY == 0:
                recorded.append(w)
    errors = rows[:, :-1] @ np.hstack(recorded) - rows[:, -1:]
    return (errors**2).mean(axis=0)[-1] / 2


def torch_by_hand(features, labels):
    """Tensors cut in advance, autograd, the update on tensors."""
    import torch

    w, rows = torch.tensor(linear.start(features.shape[1]), requires_grad=True), table(features, labels)
    X_all, y_all = torch.from_numpy(rows[:, :-1]), torch.from_numpy(rows[:, -1:])
    s, losses = torch.zeros_like(w), []
    for _ in range(NUM_EPOCHS):
        for i, (X, y) in enumerate(zip(*map(torch.from_numpy, shuffled(rows))), start=1):
            (g,) = torch.autograd.grad(((X @ w - y) ** 2).mean() / 2, w)
            with torch.no_grad():
                s.mul_(GAMMA).addcmul_(g, g, value=1 - GAMMA)
                w.addcdiv_(g, (s + EPS).sqrt_(), value=-LR)
                if i * BATCH_SIZE % RECORD_EVERY == 0:
                    losses.append(((X_all @ w - y_all) ** 2).mean() / 2)
    return float(losses[-1])


def d2l_torch(features, labels):
    """train_ch11 of d2l 1.0.3, without its evaluation: the losses' place is kept, the final one is computed once."""
    import torch

    book, start = d2l_torch_module(), torch.tensor(linear.start(features.shape[1]))
    w, rows, states = start[:-1].clone().requires_grad_(), torch.from_numpy(table(features, labels)), [0.0, 0.0]
    data_iter = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(rows[:, :-2], rows[:, -1]), BATCH_SIZE, sampler=Shuffled(len(rows))
    )

    def rmsprop(params, states, hyperparams):
        for j, p in enumerate(params):
            with torch.no_grad():
                states[j] = GAMMA * states[j] + (1 - GAMMA) * torch.square(p.grad)
                p[:] -= hyperparams["lr"] * p.grad / torch.sqrt(states[j] + EPS)
            p.grad.data.zero_()
        bias[:] = params[1:]

    bias, silent = [], io.StringIO()
    with (
        mock.patch.object(book, "Animator", return_value=types.SimpleNamespace(add=Anything(), Y=[[0.0]])),
        mock.patch.object(book, "evaluate_loss", Anything()),
        mock.patch.object(torch, "normal", return_value=w),
        contextlib.redirect_stdout(silent),
    ):
        book.train_ch11(rmsprop, states, {"lr": LR}, data_iter, features.shape[1], NUM_EPOCHS)
    with torch.no_grad():
        return float(((rows[:, :-2] @ w + bias[0] - rows[:, -1:]) ** 2).mean() / 2)


class Shuffled:
    """A sampler that draws its order as all others do; the DataLoader around it stays PyTorch's."""

    def __init__(self, num_examples):
        self.num_examples = num_examples

    def __iter__(self):
        order = np.arange(self.num_examples)
        np.random.shuffle(order)
        return iter(order.tolist())

    def __len__(self):
        return self.num_examples


@functools.cache
def d2l_torch_module():
    """The later edition's module; what it imports and the loop does not use need not be installed."""
    unused = {name: Anything() for name in ("pandas", "torchvision", "torchvision.transforms")}
    spec = importlib.util.spec_from_file_location("d2l_torch", D2L_TORCH)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, {**unused, "d2l_torch": module}):
        spec.loader.exec_module(module)
    return module


def numba_loop(features, labels):
    """The machine's limit, or nearly: the whole training as one compiled loop over numbers."""
    rows, w = table(features, labels), linear.start(features.shape[1])[:, 0]
    orders = np.tile(np.arange(len(rows)), (NUM_EPOCHS, 1))
    for order in orders:
        np.random.shuffle(order)
    return numba_kernel()(rows, orders, w, *map(np.float32, (LR, GAMMA, EPS)))[-1]


@functools.cache
def numba_kernel():
    import numba

    return numba.njit(training_loop)


def training_loop(rows, orders, w, lr, gamma, eps):
    num_examples, d = rows.shape[0], rows.shape[1] - 1
    s, g, losses = np.zeros_like(w), np.empty_like(w), []
    for order in orders:
        for start in range(0, num_examples, BATCH_SIZE):
            g[:] = 0
            for i in order[start : start + BATCH_SIZE]:
                error = -rows[i, d]
                for j in range(d):
                    error += rows[i, j] * w[j]
                for j in range(d):
                    g[j] += error * rows[i, j] / BATCH_SIZE
            for j in range(d):
                s[j] = gamma * s[j] + (1 - gamma) * g[j] * g[j]
                w[j] -= lr * g[j] / np.sqrt(s[j] + eps)
            if (start + BATCH_SIZE) % RECORD_EVERY == 0:
                total = 0.0
                for i in range(num_examples):
                    error = -rows[i, d]
                    for j in range(d):
                        error += rows[i, j] * w[j]
                    total += error * error
                losses.append(total / num_examples / 2)
    return losses


SWEEPS = {"sweep, 1,024": sweep(1024), "sweep, 4,096": sweep(4096)}
TEXTBOOKS = {
    "d2l 0.8.7, scratch": functools.partial(scratch, d2l),
    "d2l 0.8.7, Gluon": functools.partial(concise, d2l),
    "textbook, scratch": functools.partial(scratch, textbook),
    "textbook, Gluon": functools.partial(concise, textbook),
}
OURS = {"stepwise": stepwise, "gluon": gluon, "compiled": compiled, **SWEEPS}
SETTINGS = {"sweep, 1,024": 1024, "sweep, 4,096": 4096}  # how many runs one call of it is
OTHERS = {**TEXTBOOKS, "NumPy by hand": numpy_by_hand}
PEERS = {
    "d2l 1.0.3, PyTorch": ("torch", d2l_torch),
    "PyTorch by hand": ("torch", torch_by_hand),
    "Numba": ("numba", numba_loop),
}


def contestants():
    """name -> function: ours, the others, and the peers that are installed."""
    return {**OURS, **OTHERS, **{name: run for name, (package, run) in PEERS.items() if parity.available(package)}}
