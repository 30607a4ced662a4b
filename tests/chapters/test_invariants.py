"""What must hold of the rules whatever the numbers: Hypothesis draws hyperparameters and gradients."""

import chapter_rules as rules
from d2l_utils import parity, train

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

SCALE_FREE = rules.adagrad, rules.rmsprop, rules.adam, rules.adam_eps_hat  # where ε is 0
NUM_STEPS = 12

# Decays and rates that float32, in which MXNet's operators take them, holds exactly.
decays = st.integers(0, 255).map(lambda n: n / 256)
rates = st.integers(-12, 0).map(lambda n: 2.0**n)
sizes = st.one_of(st.just(0.0), st.floats(1e-20, 1e20), st.floats(-1e20, -1e-20))
moderate = st.one_of(st.floats(1e-3, 1e3), st.floats(-1e3, -1e-3))
profile = settings(max_examples=60, deadline=None, derandomize=True, database=None)  # the same draws on every machine


def gradients(elements):
    return arrays(np.float64, (NUM_STEPS, 3), elements=elements)


def walk(rule, g, start=0.0, **knobs):
    return train.iterates(rule, np.full(3, start), lambda x, t: g[t], NUM_STEPS, **knobs)


def close(mine, theirs):
    # Both start at 1; a step may be 1e20 long. Each of 12 steps rounds a few times, by 1e-16 of what is largest.
    np.testing.assert_allclose(mine, theirs, rtol=1e-12, atol=1e-12 * max(1.0, np.abs(mine).max()))


@profile
@given(gradients(sizes), rates, decays, decays)
def test_parity_with_gluon(g, lr, gamma, mu):
    eps = 2.0**-20
    pairs = (
        (rules.sgd, {"lr": lr}, "sgd", {}),
        (rules.momentum, {"lr": lr, "mu": mu}, "sgd", {"momentum": mu}),
        (rules.nesterov, {"lr": lr, "mu": mu}, "nag", {"momentum": mu}),
        (rules.adagrad, {"lr": lr, "eps": eps}, "adagrad", {"eps": eps}),
        (rules.rmsprop, {"lr": lr, "gamma": gamma, "eps": eps}, "rmsprop", {"gamma1": gamma, "epsilon": eps}),
    )
    for rule, knobs, name, options in pairs:
        theirs = parity.by_gluon(name, np.ones(3), lambda x, t: g[t], NUM_STEPS, learning_rate=lr, **options)
        close(walk(rule, g, start=1.0, **knobs), theirs)


@profile
@given(gradients(sizes), rates, decays, decays)
def test_parity_with_gluons_adam(g, lr, beta1, beta2):
    betas, eps = {"beta1": beta1, "beta2": beta2}, 2.0**-20
    mine = walk(rules.adam_eps_hat, g, start=1.0, lr=lr, eps=eps, **betas)
    options = {"learning_rate": lr, "epsilon": eps, **betas}
    theirs = parity.by_gluon("adam", np.ones(3), lambda x, t: g[t], NUM_STEPS, **options)
    # The corrected rate reaches Gluon's operator in float32, so each of 12 steps is off by up to 6e-8 of its length.
    longest = max(1.0, np.abs(np.diff(mine, axis=0)).max())
    np.testing.assert_allclose(mine, theirs, rtol=0, atol=NUM_STEPS * 6e-8 * longest)


@profile
@given(gradients(sizes), rates, decays, decays, st.sampled_from([0.0, 0.125]), st.booleans())
def test_parity_with_torch(torch, g, lr, gamma, mu, weight_decay, maximize):
    eps, common = 2.0**-20, {"weight_decay": weight_decay}
    pairs = (
        (rules.momentum, {"mu": mu, "lr": lr}, "SGD", {"lr": lr, "momentum": mu}),
        (
            rules.rmsprop_torch,
            {"lr": lr, "alpha": gamma, "eps": eps, "momentum": mu, "maximize": maximize, **common},
            "RMSprop",
            {"lr": lr, "alpha": gamma, "eps": eps, "momentum": mu, "maximize": maximize, **common},
        ),
        (
            rules.adam,
            {"lr": lr, "beta1": mu, "beta2": gamma, "eps": eps},
            "Adam",
            {"lr": lr, "betas": (mu, gamma), "eps": eps},
        ),
        (
            rules.adamw,
            {"lr": lr, "beta1": mu, "beta2": gamma, "eps": eps, **common},
            "AdamW",
            {"lr": lr, "betas": (mu, gamma), "eps": eps, **common},
        ),
        (rules.adadelta, {"rho": gamma, "eps": eps}, "Adadelta", {"lr": 1.0, "rho": gamma, "eps": eps}),
    )
    for rule, knobs, name, options in pairs:
        theirs = parity.by_torch(name, np.ones(3), lambda x, t: g[t], NUM_STEPS, **options)
        close(walk(rule, g, start=1.0, **knobs), theirs)


@profile
@given(gradients(moderate), st.integers(-60, 60), st.sampled_from(SCALE_FREE))
def test_scale_of_the_gradient_does_not_matter_without_eps(g, power, rule):
    # A power of two is exact in binary, so not a bit may differ.
    np.testing.assert_array_equal(walk(rule, g, eps=0.0), walk(rule, g * 2.0**power, eps=0.0))


@profile
@given(gradients(moderate), st.floats(1e-8, 1e8), st.sampled_from(SCALE_FREE))
def test_no_scale_matters_but_for_rounding(g, scale, rule):
    np.testing.assert_allclose(walk(rule, g, eps=0.0), walk(rule, g * scale, eps=0.0), rtol=1e-9, atol=1e-12)


@profile
@given(gradients(moderate), st.integers(-30, 30), decays)
def test_adadelta_is_covariant_in_the_unit_of_the_parameter(g, power, rho):
    # In another unit x becomes cx, and its gradient g/c. Without ε, from any state, each step must become c times
    # as long. (From a zero state Adadelta without ε never moves.) Again c is a power of two, so to the bit.
    c = 2.0**power
    x, state = np.ones(3), (np.zeros(3), np.full(3, 0.25))
    y, other = c * x, (np.zeros(3), c * c * state[1])
    for gradient in g:
        x, state = rules.adadelta(x, gradient, state, rho=rho, eps=0.0)
        y, other = rules.adadelta(y, gradient / c, other, rho=rho, eps=0.0)
        np.testing.assert_array_equal(c * x, y)


@profile
@given(gradients(sizes), rates, decays)
def test_step_of_rmsprop_is_bounded(g, lr, gamma):
    steps = np.abs(np.diff(walk(rules.rmsprop, g, lr=lr, gamma=gamma), axis=0))
    assert steps.max() <= lr / np.sqrt(1 - gamma) * (1 + 1e-9)  # rounding of sums


def adam_bound(beta1, beta2, t):
    """The longest step that Adam's means over t gradients allow, in units of η.

    By Cauchy and Schwarz: |Σ w g| ≤ √(Σ w²/u) √(Σ u g²), with w and u the weights of both means.
    """
    age = np.arange(t)
    w = (1 - beta1) * beta1**age / (1 - beta1**t)
    u = (1 - beta2) * beta2**age / (1 - beta2**t)
    return np.sqrt(np.sum(w**2 / u))


@profile
@given(gradients(sizes), rates, decays, decays.filter(lambda beta: beta > 0))
def test_step_of_adam_is_bounded(g, lr, beta1, beta2):
    steps = np.abs(np.diff(walk(rules.adam, g, lr=lr, beta1=beta1, beta2=beta2), axis=0))
    for t, step in enumerate(steps, start=1):
        assert step.max() <= lr * adam_bound(beta1, beta2, t) * (1 + 1e-6)


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.5, 0.99)])
def test_bound_of_adam_is_reached(beta1, beta2):
    """The gradients that Cauchy and Schwarz name as the worst: in proportion to w/u."""
    age = np.arange(NUM_STEPS)[::-1]
    g = np.tile(((beta1 / beta2) ** age)[:, None], (1, 3))
    last = np.abs(np.diff(walk(rules.adam, g, lr=1.0, beta1=beta1, beta2=beta2, eps=0.0), axis=0))[-1]
    np.testing.assert_allclose(last, adam_bound(beta1, beta2, NUM_STEPS), rtol=1e-9)


@profile
@given(st.floats(-1e20, 1e20), st.sampled_from(rules.EVERY_RULE))
def test_zero_gradient_at_zero_state_moves_nothing(start, rule):
    knobs = {"weight_decay": 0.0} if rule is rules.adamw else {}
    path = walk(rule, np.zeros((NUM_STEPS, 3)), start=start, **knobs)
    np.testing.assert_array_equal(path, np.full_like(path, start))
