"""Every rule of the chapters, on every objective, in both precisions: NumPy, NDArrays, Gluon and PyTorch agree."""

from dataclasses import dataclass

import chapter_rules as rules
from d2l_utils import parity, train
from d2l_utils.chapters import definitions

import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

NUM_STEPS = 200
# MXNet's operators take their hyperparameters in float32. Numbers that are exact there leave float64 its digits.
LR, MU, GAMMA, BETA2, EPS = 2**-7, 0.875, 0.875, 1 - 2**-8, 2**-20


@dataclass
class Case:
    """A rule, its knobs, and what it is called elsewhere: (name, options) or None."""

    rule: object
    knobs: dict
    gluon: tuple = None
    torch: tuple = None


def gluon(name, lr=LR, **options):
    return name, {"learning_rate": lr, **options}


BETAS = {"beta1": MU, "beta2": BETA2, "eps": EPS}
TORCH_BETAS = {"lr": LR, "betas": (MU, BETA2), "eps": EPS}
ALL_OPTIONS = {"weight_decay": 0.125, "momentum": MU, "centered": True}
# Near a bottom a rule without momentum jumps about, and what centred forms divide by is a difference of nearly equal
# numbers: both blow up the last bits. A larger ε keeps the quotient meaningful.
LARGE_EPS = 2**-6
CASES = {
    "sgd": Case(rules.sgd, {"lr": LR}, gluon("sgd"), ("SGD", {"lr": LR})),
    "momentum": Case(
        rules.momentum, {"lr": LR, "mu": MU}, gluon("sgd", momentum=MU), ("SGD", {"lr": LR, "momentum": MU})
    ),
    "nesterov": Case(
        rules.nesterov,
        {"lr": LR, "mu": MU},
        gluon("nag", momentum=MU),
        ("SGD", {"lr": LR, "momentum": MU, "nesterov": True}),
    ),
    "adagrad": Case(rules.adagrad, {"lr": LR, "eps": EPS}, gluon("adagrad", eps=EPS)),
    # With ε = 0 it does not matter that PyTorch adds it outside the root.
    "adagrad, no ε": Case(rules.adagrad, {"lr": LR, "eps": 0.0}, torch=("Adagrad", {"lr": LR, "eps": 0.0})),
    "rmsprop": Case(
        rules.rmsprop, {"lr": LR, "gamma": GAMMA, "eps": EPS}, gluon("rmsprop", gamma1=GAMMA, epsilon=EPS)
    ),
    "rmsprop_torch, plain": Case(
        rules.rmsprop_torch,
        {"lr": LR, "alpha": GAMMA, "eps": LARGE_EPS},
        torch=("RMSprop", {"lr": LR, "alpha": GAMMA, "eps": LARGE_EPS}),
    ),
    "rmsprop_torch, all options": Case(
        rules.rmsprop_torch,
        {"lr": LR, "alpha": GAMMA, "eps": LARGE_EPS, **ALL_OPTIONS},
        torch=("RMSprop", {"lr": LR, "alpha": GAMMA, "eps": LARGE_EPS, **ALL_OPTIONS}),
    ),
    "rmsprop_mxnet_centered": Case(
        rules.rmsprop_mxnet_centered,
        {"lr": LR, "gamma1": GAMMA, "gamma2": MU, "eps": LARGE_EPS},
        gluon("rmsprop", gamma1=GAMMA, gamma2=MU, epsilon=LARGE_EPS, centered=True),
    ),
    "adadelta": Case(
        rules.adadelta,
        {"rho": GAMMA, "eps": EPS},
        ("adadelta", {"rho": GAMMA, "epsilon": EPS}),
        ("Adadelta", {"lr": 1.0, "rho": GAMMA, "eps": EPS}),
    ),
    "adam": Case(rules.adam, {"lr": LR, **BETAS}, torch=("Adam", TORCH_BETAS)),
    "adam_eps_hat": Case(rules.adam_eps_hat, {"lr": LR, **BETAS}, gluon("adam", beta1=MU, beta2=BETA2, epsilon=EPS)),
    "adamw": Case(
        rules.adamw,
        {"lr": LR, **BETAS, "weight_decay": 0.125},
        torch=("AdamW", {**TORCH_BETAS, "weight_decay": 0.125}),
    ),
}


# The chapters' own gradients. Rosenbrock's is divided, so that η = 1/128 is stable.
quadratic = definitions("02_gradient_descent", "gradient")
turned = definitions("06_rmsprop", "turned_gradient")
rosenbrock = definitions("13_one_formula", "rosenbrock_gradient")
OBJECTIVES = {
    "quadratic": ((-5.0, -2.0), lambda x, t: np.array(quadratic(*x))),
    "turned": ((-5.0, -2.0), lambda x, t: np.array(turned(*x))),
    "rosenbrock": ((-1.2, 1.0), lambda x, t: np.array(rosenbrock(*x)) / 64),
}


@pytest.fixture(scope="session")
def regression(airfoil):
    """The gradient of linear regression on the airfoil data, bias included, in closed form."""
    features, labels = (array.asnumpy().astype(np.float64) for array in airfoil)
    design = np.c_[features, np.ones(len(features))]
    curvature, pull = design.T @ design / len(design), design.T @ labels / len(design)
    return lambda x, t: curvature @ x - pull


@pytest.fixture(params=[*OBJECTIVES, "airfoil"])
def problem(request):
    """A start and a gradient (x, t)."""
    if request.param == "airfoil":
        return np.full(6, 0.5), request.getfixturevalue("regression")
    start, gradient = OBJECTIVES[request.param]
    return np.array(start), gradient


# Over 200 steps the largest difference seen was 3e-6 in float32 and 4e-15 in float64, on parameters of size 1 to 5.
TOLERANCES = {"float32": 2e-5, "float64": 1e-11}
# Gluon corrects Adam's rate anew at every step, and its operator takes that rate in float32.
ROUNDED_RATE = 1e-6


WAYS = [
    (name, where)
    for name, case in CASES.items()
    for where in ("ndarray", "gluon", "torch")
    if where == "ndarray" or getattr(case, where)
]


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize(("name", "where"), WAYS)
def test_rule_takes_the_same_way(name, dtype, where, problem, request):
    case, (start, gradient) = CASES[name], problem
    walk = start.astype(dtype), gradient, NUM_STEPS
    if where == "ndarray":
        theirs = train.iterates(case.rule, nd.array(walk[0], dtype=dtype), *walk[1:], **case.knobs)
    elif where == "gluon":
        optimizer, options = case.gluon
        theirs = parity.by_gluon(optimizer, *walk, **options)
    else:
        request.getfixturevalue("torch")
        optimizer, options = case.torch
        theirs = parity.by_torch(optimizer, *walk, **options)
    mine = train.iterates(case.rule, *walk, **case.knobs)
    assert mine.dtype == theirs.dtype == dtype
    assert np.abs(mine[-1] - mine[0]).max() > 0.01  # it went somewhere
    atol = ROUNDED_RATE if (name, where, dtype) == ("adam_eps_hat", "gluon", "float64") else TOLERANCES[dtype]
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=atol)


OPTIONS = [
    {"weight_decay": decay, "momentum": mu, "centered": centered, "maximize": maximize}
    for decay in (0.0, 0.1)
    for mu in (0.0, 0.9)
    for centered in (False, True)
    for maximize in (False, True)
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_pytorchs_rmsprop_in_all_its_combinations(torch, options, dtype):
    gradients = np.random.normal(size=(NUM_STEPS, 8))
    walk = np.linspace(-1, 1, 8).astype(dtype), lambda x, t: gradients[t]
    knobs = {"lr": 0.01, "alpha": 0.9, "eps": 1e-6, **options}
    mine, theirs = train.iterates(rules.rmsprop_torch, *walk, **knobs), parity.by_torch("RMSprop", *walk, **knobs)
    np.testing.assert_allclose(mine, theirs, rtol=0, atol={"float32": 1e-6, "float64": 1e-12}[dtype])


@pytest.mark.parametrize("knobs", [{"initial": 0.0, "decay": 0.0}, {"initial": 0.1, "decay": 0.01}], ids=str)
def test_pytorchs_adagrad_with_its_knobs(torch, knobs):
    gradients = np.random.normal(size=(NUM_STEPS, 4)) * [1e-6, 1e-3, 1, 1e3]
    walk = np.ones(4), lambda x, t: gradients[t], NUM_STEPS
    options = {"initial_accumulator_value": knobs["initial"], "lr_decay": knobs["decay"], "eps": 1e-3}
    mine = train.iterates(definitions("05_adagrad", "adagrad_outside"), *walk, lr=0.1, eps=1e-3, **knobs)
    np.testing.assert_allclose(mine, parity.by_torch("Adagrad", *walk, lr=0.1, **options), rtol=0, atol=1e-12)
    assert torch.optim.Adagrad([torch.zeros(1)]).defaults["eps"] == 1e-10


def test_pytorchs_momentum_applies_a_new_rate_to_its_whole_memory(torch):
    rule = definitions("04_momentum", "momentum_outside")
    x, state = 0.0, (0.0,)
    theirs = torch.zeros(1, dtype=torch.float64)
    optimizer = torch.optim.SGD([theirs], lr=1.0, momentum=MU)
    for lr in [2.0**-4] * 50 + [2.0**-7] * 100:
        x, state = rule(x, 1.0, state, lr=lr, mu=MU)
        optimizer.param_groups[0]["lr"] = lr
        theirs.grad = torch.ones_like(theirs)
        optimizer.step()
    assert theirs.item() == pytest.approx(x, rel=1e-12)


def test_gluons_names_are_all_known():
    """A name that MXNet adds or drops should be noticed: the next test runs them all."""
    assert sorted(set(mx.optimizer.Optimizer.opt_registry) - {"adamw"}) == sorted(GLUON)


DESCENDS, WANDERS, CLIMBS = "descends", "wanders", "climbs"
GLUON = dict.fromkeys(
    ["adadelta", "adagrad", "adam", "adamax", "ccsgd", "dcasgd", "ftml", "ftrl", "groupadagrad", "lamb", "lars"]
    + ["lbsgd", "nadam", "nag", "rmsprop", "sgd", "signum"],
    DESCENDS,
)
GLUON["sgld"] = WANDERS  # it adds noise of its own: a sampler more than an optimizer
GLUON["test"] = CLIMBS  # MXNet's own dummy: it adds the gradient


@pytest.mark.parametrize("name", GLUON)
def test_every_gluon_optimizer_runs(name):
    path = parity.by_gluon(name, np.ones((2, 3)), lambda x, t: x, num_steps=50)  # groupadagrad wants two axes
    losses = (path**2).sum(axis=(1, 2))
    assert np.isfinite(losses).all()
    if GLUON[name] == DESCENDS:
        assert (np.diff(losses) < 0).all()
    elif GLUON[name] == CLIMBS:
        np.testing.assert_array_equal(path[-1], np.full((2, 3), 2.0**50))
    else:
        assert losses[-1] != losses[0]
