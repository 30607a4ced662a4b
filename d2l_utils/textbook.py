"""The textbook's own names, for people who bring its cells along: thin wrappers that print and draw.

Names, arguments and numbers are those of the package d2l 0.8.7, whose chapter 7 they serve. As there, they draw with
pyplot in the settings of the reader, who goes on with `plt`: the one place where a matplotlibrc counts.
Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the Gluon edition's optimization chapter.
"""

import math

import mxnet as mx
import numpy as np
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from mxnet import autograd, nd
from mxnet import gluon as mx_gluon

from . import data
from .step import run

FIGSIZE = (3.5, 2.5)  # inches
RECORD_EVERY = 100  # examples between two recorded losses


def use_svg_display():
    """Draw figures as SVG in Jupyter."""
    set_matplotlib_formats("svg")


def set_figsize(figsize=FIGSIZE):
    """Draw figures as SVG, of this size (width, height, in inches)."""
    use_svg_display()
    plt.rcParams["figure.figsize"] = figsize


def semilogy(x_vals, y_vals, x_label, y_label, x2_vals=None, y2_vals=None, legend=None, figsize=FIGSIZE):
    """Draw one curve, or two, with a logarithmic y axis."""
    set_figsize(figsize)
    plt.xlabel(x_label)
    plt.ylabel(y_label)
    plt.semilogy(x_vals, y_vals)
    if x2_vals and y2_vals:
        plt.semilogy(x2_vals, y2_vals, linestyle=":")
        plt.legend(legend)
    plt.show()


def linreg(X, w, b):
    """Linear regression: X (batch, features) times w (features, 1), plus b."""
    return nd.dot(X, w) + b


def squared_loss(y_hat, y):
    """Half the squared error of each example."""
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def sgd(params, lr, batch_size):
    """One step of minibatch SGD, in place, on gradients that were summed over the batch."""
    for param in params:
        param[:] = param - lr * param.grad / batch_size


def get_data_ch7():
    """The airfoil data, all 1,503 rows, standardised: features (1503, 5) and labels (1503,)."""
    return data.airfoil(num_examples=data.AIRFOIL_ROWS)


def train_2d(trainer):
    """Call trainer(x1, x2, s1, s2) 20 times from (-5, -2), print where it ends, return all points."""
    x1, x2, s1, s2 = -5, -2, 0, 0
    points = [(x1, x2)]
    for _ in range(20):
        x1, x2, s1, s2 = trainer(x1, x2, s1, s2)
        points.append((x1, x2))
    print(f"epoch 20, x1 {x1:f}, x2 {x2:f}")
    return points


def show_trace_2d(f, res):
    """Draw the points that train_2d returned over the contours of f."""
    set_figsize()
    x1, x2 = zip(*res)
    plt.plot(x1, x2, "-o", color="#ff7f0e")
    grid = np.meshgrid(np.arange(-5.5, 1.0, 0.1), np.arange(min(-3.0, min(x2) - 1), max(1.0, max(x2) + 1), 0.1))
    plt.contour(*grid, f(*grid), colors="#1f77b4")
    plt.xlabel("x1")
    plt.ylabel("x2")


def train_ch7(trainer_fn, states, hyperparams, features, labels, batch_size=10, num_epochs=2):
    """Train linear regression with trainer_fn(params, states, hyperparams), which updates in place."""
    w, b = nd.random.normal(scale=0.01, shape=(features.shape[1], 1)), nd.zeros(1)
    w.attach_grad()
    b.attach_grad()

    def step(X, y):
        with autograd.record():
            loss = squared_loss(linreg(X, w, b), y).mean()
        loss.backward()
        trainer_fn([w, b], states, hyperparams)
        return loss

    def evaluate():
        return squared_loss(linreg(features, w, b), labels).mean()

    _run_and_show(step, [w, b], evaluate, trainer_fn.__name__, features, labels, batch_size, num_epochs)


def train_gluon_ch7(trainer_name, trainer_hyperparams, features, labels, batch_size=10, num_epochs=2):
    """Train linear regression with one of Gluon's optimizers."""
    net = mx_gluon.nn.Sequential()
    net.add(mx_gluon.nn.Dense(1, in_units=features.shape[1]))
    net.initialize(mx.init.Normal(sigma=0.01))
    trainer = mx_gluon.Trainer(net.collect_params(), trainer_name, trainer_hyperparams)
    squared = mx_gluon.loss.L2Loss()

    def step(X, y):
        with autograd.record():
            loss = squared(net(X), y)
        loss.backward()
        trainer.step(batch_size)
        return loss

    def evaluate():
        return squared(net(features), labels).mean()

    params = [parameter.data() for parameter in net.collect_params().values()]
    _run_and_show(step, params, evaluate, trainer_name, features, labels, batch_size, num_epochs)


def _run_and_show(step, params, evaluate, name, features, labels, batch_size, num_epochs):
    # The textbook records where the examples seen are a multiple of 100, whatever the batch size.
    record_every = math.lcm(batch_size, RECORD_EVERY)
    data_and_sizes = features, labels, batch_size, num_epochs, record_every
    history = run(step, lambda: params, evaluate, name, *data_and_sizes)
    last = num_epochs if history.diverged_at is None else history.epochs[-1]
    print(f"loss: {history.losses[-1]:f}, {history.seconds[-1] / (last or 1):f} sec per epoch")
    set_figsize()
    plt.plot(np.linspace(0, last, len(history.losses)), history.losses)
    plt.xlabel("epoch")
    plt.ylabel("loss")
