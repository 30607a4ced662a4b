"""The chapters' rules against Gluon's optimizers and against numbers worked out by hand."""

from d2l_utils import data, runtime, train
from d2l_utils.chapters import definitions
from d2l_utils.rule import Slots, check_rule, sqrt, updater

import mxnet as mx
import numpy as np
import pytest
from mxnet import nd

CHAPTERS = "index", "05_rmsprop", "05_rmsprop_solutions"
RMSPROP, ADAGRAD = definitions("05_rmsprop", "rmsprop", "adagrad")
LINEAR_PURE = definitions("06_rmsprop_linear_regression", "rmsprop_pure")
INSIDE, OUTSIDE = definitions("07_rmsprop_numpy", "rmsprop_inside", "rmsprop_outside")


def test_first_two_steps_by_hand():
    # γ 0.75, η 1, ε 0, gradients 2 then 4:
    # s = 0.25·4 = 1, x = 10 - 2/1 = 8; s = 0.75·1 + 0.25·16 = 4.75, x = 8 - 4/√4.75.
    x, state = RMSPROP(10.0, 2.0, lr=1.0, gamma=0.75, eps=0.0)
    assert (x, *state) == (8.0, 1.0)
    x, state = RMSPROP(x, 4.0, state, lr=1.0, gamma=0.75, eps=0.0)
    assert (x, *state) == (8 - 4 / 4.75**0.5, 4.75)


def test_first_two_steps_of_adagrad_by_hand():
    # η 1, ε 0, gradients 3 then 4: s = 9, x = 10 - 3/3 = 9; s = 25, x = 9 - 4/5.
    x, state = ADAGRAD(10.0, 3.0, lr=1.0, eps=0.0)
    assert (x, *state) == (9.0, 9.0)
    x, state = ADAGRAD(x, 4.0, state, lr=1.0, eps=0.0)
    assert (x, *state) == (8.2, 25.0)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_every_chapter_means_the_same_rule(chapter):
    mine, other = RMSPROP(1.0, 0.3, (0.2,), lr=0.1), definitions(chapter, "rmsprop")(1.0, 0.3, (0.2,), lr=0.1)
    assert mine == other


def test_numpy_and_linear_regression_chapters_mean_the_same_rule_with_their_eps():
    mine, _ = RMSPROP(1.0, 0.3, (0.2,), lr=0.1, gamma=0.9, eps=1e-8)
    for x, _ in (
        LINEAR_PURE(1.0, 0.3, (0.2,), lr=0.1),
        INSIDE(1.0, 0.3, (0.2,), lr=0.1),
        OUTSIDE(1.0, 0.3, (0.2,), lr=0.1, eps=0.0),  # without ε, inside and outside are one
    ):
        # The product and the quotient come in another order; with ε 1e-8 the root moves by 3e-8 of itself.
        assert x == pytest.approx(mine, rel=1e-7)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 0.9, 0.999])
def test_parity_with_gluon_over_200_steps(gamma, scale):
    optimizer = mx.optimizer.create("rmsprop", learning_rate=0.01, gamma1=gamma, epsilon=1e-6)
    updater = mx.optimizer.get_updater(optimizer)
    theirs, mine, state = nd.ones(8), nd.ones(8), (nd.zeros(8),)
    for _ in range(200):
        gradient = scale * nd.random.normal(shape=8)
        updater(0, gradient, theirs)
        mine, state = RMSPROP(mine, gradient, state, lr=0.01, gamma=gamma, eps=1e-6)
    # Float32 rounds each of 200 steps to 6e-8 of a parameter near 1. Gluon also subtracts 1 - γ in float32,
    # which at γ = 0.999 is off by 5e-5 of itself; ours subtracts in float64.
    np.testing.assert_allclose(mine.asnumpy(), theirs.asnumpy(), atol=2e-5 if gamma > 0.99 else 2e-6)


def test_gluon_default_eps_is_another_rule_where_gradients_are_tiny():
    # The trap that the chapter warns of: ε 1e-6 from scratch, 1e-8 by default.
    updater = mx.optimizer.get_updater(mx.optimizer.create("rmsprop", learning_rate=0.01, gamma1=0.9))
    theirs, mine, state = nd.ones(8), nd.ones(8), (nd.zeros(8),)
    for _ in range(200):
        gradient = 1e-3 * nd.random.normal(shape=8)
        updater(0, gradient, theirs)
        mine, state = RMSPROP(mine, gradient, state, lr=0.01, gamma=0.9, eps=1e-6)
    assert np.abs(mine.asnumpy() - theirs.asnumpy()).max() > 0.01


def test_scratch_and_gluon_agree_after_every_step(airfoil):
    settings = {"batch_size": 10, "num_epochs": 2, "record_every": 10}
    runtime.seed(7)
    ours = train.stepwise(RMSPROP, *airfoil, lr=0.01, gamma=0.9, eps=1e-6, **settings)
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


@pytest.mark.parametrize("rule", [RMSPROP, ADAGRAD, step_count, shape_aware, by_length, same_twice])
def test_traced_and_plain_calls_give_the_same_bits(rule):
    params = [nd.random.normal(shape=shape) for shape in ((3, 2), (4,))]
    states = check_rule(rule, params, {"lr": 0.1}, nd.zeros_like)
    now, then = Slots(params, states), Slots(params, states)
    update = updater(rule, now, {"lr": 0.1})
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


def test_a_rule_that_works_in_place_trains_as_its_pure_twin(airfoil):
    histories = []
    for rule in (in_place, ADAGRAD):
        runtime.seed(2)
        histories.append(train.stepwise(rule, *airfoil, lr=0.1))
    assert histories[0].losses == histories[1].losses
    paths = [train.descend(rule, lambda x: x**2, lambda x: [2 * x], [1.0], lr=0.1) for rule in (in_place, ADAGRAD)]
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
