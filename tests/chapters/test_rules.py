"""The chapters' rules against Gluon's optimizers and against numbers worked out by hand."""

import contextlib

import chapter_rules as rules
from d2l_utils import data, runtime, train
from d2l_utils.chapters import definitions
from d2l_utils.parity import by_gluon
from d2l_utils.rules import check_rule, sqrt
from d2l_utils.train import update as updates
from d2l_utils.train.update import Buffers

import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

pytestmark = pytest.mark.core

CHAPTERS = "index", "06_rmsprop", "06_rmsprop_solutions"
LINEAR_PURE = definitions("07_rmsprop_linear_regression", "rmsprop_pure")
INSIDE, OUTSIDE = definitions("08_rmsprop_numpy", "rmsprop_inside", "rmsprop_outside")


# Two steps from 10, with the gradients 2 and 4. Means with a decay of 3/4 are, of the squares, 0.25·4 = 1 and
# 0.75·1 + 0.25·16 = 4.75, and of the gradients 0.5 and 1.375; means with a decay of 1/2 are 1 and 2.5.
S = 4.75
VARIANCE = 0.75, S - 1.375**2
AVERAGE = {"lr": 1.0, "alpha": 0.75, "eps": 0.0}
BETAS = {"lr": 1.0, "beta1": 0.5, "beta2": 0.75}
# Corrected, Adam's means are 1/0.5 = 2 and 2.5/0.75, its squares 1/0.25 = 4 and 4.75/0.4375.
M_HAT, V_HAT = 2.5 / 0.75, S / 0.4375
BY_HAND = [
    (rules.sgd, {"lr": 0.5}, 1, 2),
    # v = 2; v = 0.5·2 + 4 = 5
    (rules.momentum, {"lr": 1.0, "mu": 0.5}, 2, 5),
    # the same v; the step is 0.5·v + g
    (rules.nesterov, {"lr": 1.0, "mu": 0.5}, 3, 6.5),
    # s = 4; s = 4 + 16
    (rules.adagrad, {"lr": 1.0, "eps": 0.0}, 1, 4 / 20**0.5),
    (rules.rmsprop, {"lr": 1.0, "gamma": 0.75, "eps": 0.0}, 2, 4 / S**0.5),
    # ε outside; the buffer is 2/(1+1) = 1, then 0.5·1 + 4/(√4.75+1)
    (rules.rmsprop_torch, {**AVERAGE, "eps": 1.0, "momentum": 0.5}, 1, 0.5 + 4 / (S**0.5 + 1)),
    # a tenth of x is added to g: 3, then 4.8, so s = 0.25·9, then 0.75·2.25 + 0.25·4.8²
    (rules.rmsprop_torch, {**AVERAGE, "weight_decay": 0.1}, 2, 4.8 / (1.6875 + 5.76) ** 0.5),
    (rules.rmsprop_torch, {**AVERAGE, "centered": True}, 2 / VARIANCE[0] ** 0.5, 4 / VARIANCE[1] ** 0.5),
    (rules.rmsprop_torch, {**AVERAGE, "maximize": True}, -2, -4 / S**0.5),
    # centered too; the step is remembered with the decay 0.5
    (
        rules.rmsprop_mxnet_centered,
        {"lr": 1.0, "gamma1": 0.75, "gamma2": 0.5, "eps": 0.0},
        2 / VARIANCE[0] ** 0.5,
        1 / VARIANCE[0] ** 0.5 + 4 / VARIANCE[1] ** 0.5,
    ),
    # √(0+1)/√(1+1)·2 = √2, whose average square is 0.25·2 = 0.5; √(0.5+1)/√(4.75+1)·4
    (rules.adadelta, {"rho": 0.75, "eps": 1.0}, 2**0.5, 4 * (1.5 / 5.75) ** 0.5),
    (rules.adam, {**BETAS, "eps": 1.0}, 2 / 3, M_HAT / (V_HAT**0.5 + 1)),
    # uncorrected 1/(√1+1) and 2.5/(√4.75+1), times √0.25/0.5 = 1 and √0.4375/0.75
    (rules.adam_eps_hat, {**BETAS, "eps": 1.0}, 0.5, 0.4375**0.5 / 0.75 * 2.5 / (S**0.5 + 1)),
    # x shrinks to its half, and Adam's step follows: 10 to 5 to 4 to 2 to 2 - 10/3/√(4.75/0.4375)
    (rules.adamw, {**BETAS, "eps": 0.0, "weight_decay": 0.5}, 6, 2 + M_HAT / V_HAT**0.5),
    # as Adam: its largest v is its last
    (rules.amsgrad, {**BETAS, "eps": 1.0}, 2 / 3, M_HAT / (V_HAT**0.5 + 1)),
    # x shrinks by a tenth, 1 and then 0.8, and goes by 1 each time
    (rules.lion, {**BETAS, "weight_decay": 0.1}, 2, 1.8),
]


@pytest.mark.parametrize(("rule", "knobs", "first", "second"), BY_HAND)
def test_first_two_steps_by_hand(rule, knobs, first, second):
    path = train.iterates(rule, np.array(10.0), lambda x, t: (2.0, 4.0)[t], num_steps=2, **knobs)
    np.testing.assert_allclose(-np.diff(path), [first, second], rtol=0, atol=1e-13)  # float64, numbers near 10


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_means_the_same_rule(chapter):
    mine, other = rules.rmsprop(1.0, 0.3, (0.2,), lr=0.1), definitions(chapter, "rmsprop")(1.0, 0.3, (0.2,), lr=0.1)
    assert mine == other


def test_numpy_and_linear_regression_chapters_mean_the_same_rule_with_their_eps():
    mine, _ = rules.rmsprop(1.0, 0.3, (0.2,), lr=0.1, gamma=0.9, eps=1e-8)
    for x, _ in (
        LINEAR_PURE(1.0, 0.3, (0.2,), lr=0.1),
        INSIDE(1.0, 0.3, (0.2,), lr=0.1),
        OUTSIDE(1.0, 0.3, (0.2,), lr=0.1, eps=0.0),  # without ε, inside and outside are one
    ):
        # The product and the quotient come in another order; with ε 1e-8 the root moves by 3e-8 of itself.
        assert x == pytest.approx(mine, rel=1e-7)


def walk_beside_gluon(scale, gamma, **gluon_eps):
    """200 steps of the chapter's rule and of Gluon's on the same random gradients, in float32."""
    gradients = scale * np.random.normal(size=(200, 8))
    walk = np.ones(8, dtype=np.float32), lambda x, t: gradients[t]
    options = {"learning_rate": 0.01, "gamma1": gamma, **gluon_eps}
    return train.iterates(rules.rmsprop, *walk, lr=0.01, gamma=gamma, eps=1e-6), by_gluon("rmsprop", *walk, **options)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9, 0.999])
def test_parity_with_gluon_over_200_steps(gamma, scale):
    mine, theirs = walk_beside_gluon(scale, gamma, epsilon=1e-6)
    # Float32 rounds each of 200 steps to 6e-8 of a parameter near 1. Gluon also subtracts 1 - γ in float32,
    # which at γ = 0.999 is off by 5e-5 of itself; ours subtracts in float64.
    np.testing.assert_allclose(mine, theirs, atol=2e-5 if gamma > 0.99 else 2e-6)


def test_gluon_default_eps_is_another_rule_where_gradients_are_tiny():
    # The trap that the chapter warns of: ε 1e-6 from scratch, 1e-8 by default.
    mine, theirs = walk_beside_gluon(scale=1e-3, gamma=0.9)
    assert np.abs(mine[-1] - theirs[-1]).max() > 0.01


def test_scratch_and_gluon_agree_after_every_step(airfoil):
    settings = {"batch_size": 10, "num_epochs": 2, "record_every": 10}
    runtime.seed(7)
    ours = train.stepwise(rules.rmsprop, *airfoil, lr=0.01, gamma=0.9, eps=1e-6, **settings)
    runtime.seed(7)
    theirs = train.gluon("rmsprop", *airfoil, learning_rate=0.01, gamma1=0.9, epsilon=1e-6, **settings)
    assert len(ours.losses) == 301
    np.testing.assert_allclose(ours.losses, theirs.losses, atol=1e-6)  # float32 rounding over 300 steps


def step_count(x, g, state=(0, 0), lr=0.1):
    """A rule with an entry that it passes on and one that it counts in."""
    kept, t = state
    return x - lr * g / (t + 1), (kept, t + 1)


def shape_aware(x, g, state=(0,), lr=0.1):
    """A rule that no graph can hold: it asks for a shape."""
    return x - lr * g / x.shape[0], state


def by_length(x, g, state=(0,), lr=0.1):
    """A rule whose symbols lie: on one, len is 1 whatever its shape."""
    return x - lr * g / len(g), state


def by_mean_square(x, g, state=(0,), lr=0.1):
    """A rule that mixes the numbers of an array."""
    return x - lr * g / sqrt((g * g).mean()), state


def in_place(x, g, state=(0,), lr=0.1):
    """A rule that changes what it is given."""
    (s,) = state
    s += g * g
    x -= lr * g / sqrt(s + 1e-6)
    return x, (s,)


def same_twice(x, g, state=(0, 0), lr=0.1):
    """A rule with one array in several slots."""
    s = state[0] + g
    return s, (s, s)


@pytest.mark.parametrize("rule", [rules.rmsprop, rules.adagrad, step_count, shape_aware, by_length, same_twice])
@pytest.mark.parametrize("make", [Buffers.like, Buffers.packed])
def test_traced_and_plain_calls_give_the_same_bits(rule, make):
    params = [nd.random.normal(shape=shape) for shape in ((3, 2), (4,))]
    states = check_rule(rule, params, {"lr": 0.1}, nd.zeros_like)
    now, then = make(params, states), make(params, states)
    update = updates.update(rule, now, {"lr": 0.1})
    by_hand = list(zip(params, states))
    for _ in range(6):
        for i, grad in enumerate(now.grads):
            grad[:] = nd.random.normal(shape=grad.shape)
            by_hand[i] = rule(by_hand[i][0], grad, by_hand[i][1], lr=0.1)
        update(now, then)
        now, then = then, now
    for (x, state), got, got_state in zip(by_hand, now.params, now.states):
        for mine, theirs in zip((x, *state), (got, *got_state)):
            np.testing.assert_array_equal(mine.asnumpy(), theirs.asnumpy())


@pytest.mark.parametrize(
    ("rule", "calls"),
    [(rules.rmsprop, 1), (rules.adam, 1), (rules.lion, 1), (by_mean_square, 2)],
)
def test_an_elementwise_rule_runs_once_for_all_parameters_and_another_once_for_each(rule, calls, monkeypatch):
    params = [nd.ones((3, 2)), nd.ones(4)]
    states = check_rule(rule, params, {"lr": 0.1}, nd.zeros_like)
    outputs = []
    monkeypatch.setattr(updates, "function", lambda symbol, names: outputs.append(len(list(symbol))))
    with contextlib.suppress(TypeError):  # there is no graph to run
        updates.trace(rule, Buffers.packed(params, states), {"lr": 0.1})
    assert outputs == [calls + sum(map(len, states[:calls]))]


def test_a_rule_that_works_in_place_trains_as_its_pure_twin(airfoil):
    histories = []
    for rule in (in_place, rules.adagrad):
        runtime.seed(2)
        histories.append(train.stepwise(rule, *airfoil, lr=0.1))
    assert histories[0].losses == histories[1].losses
    paths = [
        train.descend(rule, lambda x: x**2, lambda x: [2 * x], [1.0], lr=0.1) for rule in (in_place, rules.adagrad)
    ]
    np.testing.assert_array_equal(paths[0].points, paths[1].points)
    np.testing.assert_array_equal(paths[0].states, paths[1].states)


def test_sqrt_takes_every_kind_of_number():
    assert sqrt(4.0) == 2
    np.testing.assert_array_equal(sqrt(np.array([4.0, 9.0])), [2, 3])
    assert sqrt(nd.array([4.0])).asscalar() == 2
    executor = sqrt(mx.sym.Variable("x")).bind(mx.cpu(), {"x": nd.array([9.0])})
    assert executor.forward()[0].asscalar() == 3


def test_synthetic_regression_is_what_it_says():
    features, labels = data.synthetic_regression(5000, w=(2, -3.4), b=4.2, noise=0.0)
    expected = features.asnumpy() @ [2, -3.4] + 4.2
    np.testing.assert_allclose(labels.asnumpy(), expected, atol=1e-5)  # float32 numbers near 10
