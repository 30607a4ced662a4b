"""The textbook's own names, for people who bring its cells along: thin wrappers that print and draw.

Names, arguments and numbers are those of the package d2l 0.8.7, whose chapter 7 they serve. As there, they draw with
pyplot in the settings of the reader, who goes on with `plt`: the one place where a matplotlibrc counts.
Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the Gluon edition's optimization chapter.
"""

import math
from collections.abc import Callable
from typing import Any

import mxnet as mx
import numpy as np
from matplotlib import pyplot as plt
from matplotlib_inline.backend_inline import set_matplotlib_formats
from mxnet import gluon as mx_gluon
from mxnet import nd

from . import data, rules
from .train import graphs
from .train.losses import squared_error
from .train.network import Network
from .train.stepwise import run, trainer_step
from .train.task import Task

FIGSIZE = (3.5, 2.5)  # inches
RECORD_EVERY = 100  # examples between two recorded losses
AT_ONCE = 16  # operations that the engine takes over together: an update on small arrays waits for nothing else


def use_svg_display() -> None:
    """Draw figures as SVG in Jupyter."""
    set_matplotlib_formats("svg")


def set_figsize(figsize: tuple[float, float] = FIGSIZE) -> None:
    """Draw figures as SVG, of this size (width, height, in inches)."""
    use_svg_display()
    plt.rcParams["figure.figsize"] = figsize


def semilogy(
    x_vals: Any,
    y_vals: Any,
    x_label: str,
    y_label: str,
    x2_vals: Any = None,
    y2_vals: Any = None,
    legend: Any = None,
    figsize: tuple[float, float] = FIGSIZE,
) -> None:
    """Draw one curve, or two, with a logarithmic y axis."""
    set_figsize(figsize)
    plt.xlabel(x_label)
    plt.ylabel(y_label)
    plt.semilogy(x_vals, y_vals)
    if x2_vals and y2_vals:
        plt.semilogy(x2_vals, y2_vals, linestyle=":")
        plt.legend(legend)
    plt.show()


def linreg(X: Any, w: Any, b: Any) -> Any:
    """Linear regression: X (batch, features) times w (features, 1), plus b."""
    return nd.dot(X, w) + b


def squared_loss(y_hat: Any, y: Any) -> Any:
    """Half the squared error of each example."""
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def sgd(params: list, lr: float, batch_size: int) -> None:
    """One step of minibatch SGD, in place, on gradients that were summed over the batch."""
    for param in params:
        param[:] = param - lr * param.grad / batch_size


def get_data_ch7() -> tuple[Any, Any]:
    """The airfoil data, all 1,503 rows, standardised: features (1503, 5) and labels (1503,)."""
    return data.airfoil(num_examples=data.AIRFOIL_ROWS)


def train_2d(trainer: Callable) -> list[tuple]:
    """Call trainer(x1, x2, s1, s2) 20 times from (-5, -2), print where it ends, return all points."""
    x1, x2, s1, s2 = -5, -2, 0, 0
    points = [(x1, x2)]
    for _ in range(20):
        x1, x2, s1, s2 = trainer(x1, x2, s1, s2)
        points.append((x1, x2))
    print(f"epoch 20, x1 {x1:f}, x2 {x2:f}")
    return points


def show_trace_2d(f: Callable, res: list[tuple]) -> None:
    """Draw the points that train_2d returned over the contours of f."""
    set_figsize()
    x1, x2 = zip(*res)
    plt.plot(x1, x2, "-o", color="#ff7f0e")
    grid = np.meshgrid(np.arange(-5.5, 1.0, 0.1), np.arange(min(-3.0, min(x2) - 1), max(1.0, max(x2) + 1), 0.1))
    plt.contour(*grid, f(*grid), colors="#1f77b4")
    plt.xlabel("x1")
    plt.ylabel("x2")


def train_ch7(
    trainer_fn: Callable,
    states: Any,
    hyperparams: dict,
    features: Any,
    labels: Any,
    batch_size: int = 10,
    num_epochs: int = 2,
) -> None:
    """Train linear regression with trainer_fn(params, states, hyperparams), which updates in place."""
    task = _task(features, labels, batch_size, num_epochs)
    w = nd.random.normal(scale=0.01, shape=(features.shape[1], 1))
    b = nd.zeros(1)
    for param in (w, b):
        param.attach_grad()
    y_hat = mx.sym.broadcast_add(mx.sym.dot(mx.sym.Variable("X"), mx.sym.Variable("w")), mx.sym.Variable("b"))
    loss = squared_error(y_hat, mx.sym.Variable("y"))
    gradient = graphs.gradient(loss, {"w": w, "b": b}, {"w": w.grad, "b": b.grad})
    loss_of_all = graphs.function(loss, ("X", "y", "w", "b"))

    def step(X, y):
        batch_loss = gradient(X, y)
        with mx.engine.bulk(AT_ONCE):
            trainer_fn([w, b], states, hyperparams)
        return batch_loss

    def measure():
        return loss_of_all(task.features, task.labels, w, b), [w, b]

    _run_and_show(step, measure, trainer_fn.__name__, task)


def train_gluon_ch7(
    trainer_name: str,
    trainer_hyperparams: dict,
    features: Any,
    labels: Any,
    batch_size: int = 10,
    num_epochs: int = 2,
) -> None:
    """Train linear regression with one of Gluon's optimizers."""
    task = _task(features, labels, batch_size, num_epochs)
    network = Network(None, task)
    trainer = mx_gluon.Trainer(network.params, trainer_name, rules.for_one_run(trainer_hyperparams))
    # The textbook divides a last batch that is smaller by batch_size, too.
    step = trainer_step(trainer, network, batch_size)
    _run_and_show(step, lambda: network.at(network.trained.values()), trainer_name, task)


def _task(features, labels, batch_size, num_epochs):
    # The textbook records where the examples seen are a multiple of 100, whatever the batch size.
    return Task(features, labels, batch_size, num_epochs, math.lcm(batch_size, RECORD_EVERY)).cast("float32")


def _run_and_show(step, measure, name, task):
    history = run(step, measure, name, task)
    losses = history.losses
    if len(task.batch_sizes) not in task.marks and history.steps[-1] == task.records[0][-1]:
        losses = losses[:-1]  # the end counts where it is such a multiple, too
    last = task.num_epochs if history.diverged_at is None else history.epochs[-1]
    print(f"loss: {losses[-1]:f}, {history.seconds[-1] / (last or 1):f} sec per epoch")
    set_figsize()
    plt.plot(np.linspace(0, last, len(losses)), losses)
    plt.xlabel("epoch")
    plt.ylabel("loss")
