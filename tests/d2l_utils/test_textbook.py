"""The textbook's names: the signatures, the numbers and the pictures of d2l 0.8.7, whose cells run unchanged."""

import inspect
import math
import re

import d2l_utils as ours
from d2l_utils import runtime

import d2l as theirs
import matplotlib
import numpy as np
import pytest
from mxnet import autograd, gluon, init, nd
from mxnet.gluon import data as gdata
from mxnet.gluon import loss as gloss
from mxnet.gluon import nn

matplotlib.use("agg")

NAMES = [name for name in ours.TEXTBOOK if name != "plt"]


@pytest.fixture(autouse=True)
def clean_figures(monkeypatch):
    # IPython's own function is deprecated; the one that replaced it does the same.
    monkeypatch.setattr(theirs.utils.display, "set_matplotlib_formats", ours.textbook.set_matplotlib_formats)
    yield
    ours.plt.close("all")


def init_states(features):
    return nd.zeros((features.shape[1], 1)), nd.zeros(1)


def sgd_momentum(params, states, hyperparams):
    for p, v in zip(params, states):
        v[:] = hyperparams["momentum"] * v + hyperparams["lr"] * p.grad
        p[:] -= v


def adagrad(params, states, hyperparams):
    for p, s in zip(params, states):
        s[:] += p.grad.square()
        p[:] -= hyperparams["lr"] * p.grad / (s + 1e-6).sqrt()


def rmsprop(params, states, hyperparams):
    gamma = hyperparams["gamma"]
    for p, s in zip(params, states):
        s[:] = gamma * s + (1 - gamma) * p.grad.square()
        p[:] -= hyperparams["lr"] * p.grad / (s + 1e-6).sqrt()


def plain_sgd(params, states, hyperparams):
    for p in params:
        p[:] -= hyperparams["lr"] * p.grad


def loss_printed(capsys):
    return re.fullmatch(r"loss: (\S+), [\d.]+ sec per epoch\n", capsys.readouterr().out)[1]


@pytest.mark.parametrize("name", NAMES)
def test_signatures_are_the_textbooks(name):
    assert arguments(getattr(ours, name)) == arguments(getattr(theirs, name))


def arguments(function):
    """The names and defaults of what a function takes; ours say of which type they are, too."""
    return [(taken.name, taken.default) for taken in inspect.signature(function).parameters.values()]


@pytest.mark.parametrize("batch_size", [10, 7, 1500])
@pytest.mark.parametrize(
    ("trainer", "hyperparams"),
    [
        (plain_sgd, {"lr": 0.05}),
        (sgd_momentum, {"lr": 0.02, "momentum": 0.5}),
        (adagrad, {"lr": 0.1}),
        (rmsprop, {"lr": 0.01, "gamma": 0.9}),
    ],
)
def test_train_ch7_gives_the_textbooks_numbers(trainer, hyperparams, batch_size, airfoil, capsys):
    features, labels = ours.get_data_ch7()
    printed, drawn = [], []
    for package in (ours, theirs):
        runtime.seed(3)
        package.train_ch7(trainer, init_states(features), hyperparams, features, labels, batch_size)
        printed.append(loss_printed(capsys))
        drawn.append(ours.plt.gca().lines[-1].get_xydata())
    assert printed[0] == printed[1]  # the same operations in the same order: the same bits
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize(
    ("name", "hyperparams"),
    [
        ("sgd", {"learning_rate": 0.05}),
        ("sgd", {"learning_rate": 0.004, "momentum": 0.9}),
        ("adagrad", {"learning_rate": 0.1}),
        ("rmsprop", {"learning_rate": 0.01, "gamma1": 0.9}),
        ("adadelta", {"rho": 0.9}),
        ("adam", {"learning_rate": 0.01}),
    ],
)
def test_train_gluon_ch7_gives_the_textbooks_numbers(name, hyperparams, airfoil, capsys):
    printed = []
    for package in (ours, theirs):
        runtime.seed(3)
        package.train_gluon_ch7(name, hyperparams, *ours.get_data_ch7())
        printed.append(loss_printed(capsys))
    assert printed[0] == printed[1]


def test_get_data_ch7_is_the_textbooks_table(airfoil, monkeypatch):
    from d2l_utils.data.files import ROOT

    monkeypatch.chdir(ROOT / "notebooks")  # the textbook reads ../data
    for mine, other in zip(ours.get_data_ch7(), theirs.get_data_ch7()):
        np.testing.assert_array_equal(mine.asnumpy(), other.asnumpy())


def test_two_dimensional_cells(capsys):
    eta, gamma = 0.4, 0.9

    def f_2d(x1, x2):
        return 0.1 * x1**2 + 2 * x2**2

    def rmsprop_2d(x1, x2, s1, s2):
        g1, g2, eps = 0.2 * x1, 4 * x2, 1e-6
        s1 = gamma * s1 + (1 - gamma) * g1**2
        s2 = gamma * s2 + (1 - gamma) * g2**2
        return x1 - eta / math.sqrt(s1 + eps) * g1, x2 - eta / math.sqrt(s2 + eps) * g2, s1, s2

    for package in (ours, theirs):
        package.show_trace_2d(f_2d, package.train_2d(rmsprop_2d))
    mine, other = capsys.readouterr().out.splitlines()
    assert mine == other == "epoch 20, x1 -0.010599, x2 0.000000"
    np.testing.assert_array_equal(*(line.get_xydata() for line in ours.plt.gca().lines))


def test_minibatch_cell_with_the_helpers(airfoil, capsys):
    """The printed cell of the minibatch section: its own loop, with linreg, squared_loss, sgd and plt."""
    features, labels = ours.get_data_ch7()
    net, loss = ours.linreg, ours.squared_loss
    w, b = nd.random.normal(scale=0.01, shape=(features.shape[1], 1)), nd.zeros(1)
    w.attach_grad()
    b.attach_grad()
    first = loss(net(features, w, b), labels).mean().asscalar()
    for X, y in gdata.DataLoader(gdata.ArrayDataset(features, labels), 10, shuffle=True):
        with autograd.record():
            batch_loss = loss(net(X, w, b), y)
        batch_loss.backward()
        ours.sgd([w, b], 0.05, len(X))
    assert loss(net(features, w, b), labels).mean().asscalar() < first / 1.5
    ours.set_figsize()
    ours.plt.plot([0, 1], [1, 0])
    ours.plt.xlabel("epoch")


def test_names_by_which_the_cells_go_on(monkeypatch):
    monkeypatch.setattr(ours.plt, "show", lambda: None)
    ours.use_svg_display()
    ours.semilogy([1, 2], [1, 10], "epochs", "loss", [1, 2], [2, 20], ["train", "test"])
    assert ours.plt.gca().get_yscale() == "log"
    assert [line.get_linestyle() for line in ours.plt.gca().lines] == ["-", ":"]
    net = nn.Sequential()
    net.add(nn.Dense(1))
    net.initialize(init.Normal(sigma=0.01))
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.05})
    assert trainer.learning_rate == 0.05
    assert gloss.L2Loss()(net(nd.ones((2, 3))), nd.ones(2)).shape == (2,)
