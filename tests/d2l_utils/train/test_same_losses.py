"""The ways of running one rule give the same losses: step by step, Gluon, compiled, and as a sweep."""

import warnings

import chapter_rules as rules
from d2l_utils import runtime, train
from d2l_utils.fast.epoch import epoch_graph
from d2l_utils.train.history import DivergenceWarning

import numpy as np
import pytest
from mxnet import nd

pytestmark = pytest.mark.core

# Losses of 0.05 to 10, summed in another order in float32: the largest relative difference seen was 9e-7.
LOSS = {"rtol": 3e-6, "atol": 1e-6}
WEIGHTS = {"rtol": 0, "atol": 2e-5}

KNOBS = {rule: {"lr": 0.02} for rule in rules.EVERY_RULE}
KNOBS[rules.adadelta] = {"rho": 0.9}
RULES = pytest.mark.parametrize("rule", rules.EVERY_RULE, ids=lambda rule: rule.__name__)
# 95 examples: batches of 10 leave a last one of 5, of 19 none, of 95 are the whole, of 1 single examples.
SIZES = pytest.mark.parametrize(("batch_size", "record_every"), [(10, 20), (19, 19), (95, 95), (1, 30), (40, 80)])


@pytest.fixture(scope="module")
def some(airfoil):
    features, labels = airfoil
    return features[:95], labels[:95]


def run(way, *args, **kwargs):
    runtime.seed(3)
    return way(*args, **kwargs)


def assert_same_history(mine, theirs):
    assert (mine.label, mine.steps, mine.epochs) == (theirs.label, theirs.steps, theirs.epochs)
    np.testing.assert_allclose(mine.losses, theirs.losses, **LOSS)
    for a, b in zip(mine.params, theirs.params):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), **WEIGHTS)
    assert len(mine.seconds) == len(mine.losses)
    assert np.all(np.diff(mine.seconds) > 0)


@RULES
@SIZES
def test_compiled_gives_what_stepwise_gives(some, rule, batch_size, record_every):
    settings = {"batch_size": batch_size, "record_every": record_every, "num_epochs": 3, **KNOBS[rule]}
    mine, theirs = (run(way, rule, *some, **settings) for way in (train.compiled, train.stepwise))
    assert mine.losses[-1] < mine.losses[0]
    assert_same_history(mine, theirs)


@RULES
def test_sweep_gives_what_single_runs_give(some, rule):
    """A grid of two knobs: each row and column of it has its own run."""
    (first, value), second = next(iter(KNOBS[rule].items())), "eps"
    knobs = {first: [value, value / 4]}
    if second in rule.__code__.co_varnames[: rule.__code__.co_argcount]:
        knobs = {first: np.array([[value], [value / 4]]), second: [1e-6, 1e-3, 1e-1]}
    grid = run(train.sweep, rule, *some, batch_size=10, record_every=50, **knobs)
    knobs = dict(zip(knobs, np.broadcast_arrays(*knobs.values())))
    assert grid.losses.shape == (len(grid.steps), *next(iter(knobs.values())).shape)
    for where in np.ndindex(grid.losses.shape[1:]):
        here = {name: float(values[where]) for name, values in knobs.items()}
        single = run(train.stepwise, rule, *some, batch_size=10, record_every=50, **here)
        assert (grid.steps, grid.epochs) == (single.steps, single.epochs)
        np.testing.assert_allclose(grid.losses[(slice(None), *where)], single.losses, **LOSS)
        weights = np.append(single.params[0].asnumpy(), single.params[1].asnumpy())
        np.testing.assert_allclose(grid.params[(slice(None), *where)], weights, **WEIGHTS)


@SIZES
def test_seeds_are_those_of_over_seeds(some, batch_size, record_every):
    settings = {"batch_size": batch_size, "record_every": record_every}
    grid = train.sweep(rules.rmsprop, *some, num_seeds=3, lr=[0.01, 0.03], **settings)
    for j, lr in enumerate((0.01, 0.03)):
        runs = train.over_seeds(train.stepwise, rules.rmsprop, *some, num_seeds=3, lr=lr, **settings)
        for k, single in enumerate(runs):
            np.testing.assert_allclose(grid.losses[:, k, j], single.losses, **LOSS)


def test_gluon_belongs_to_the_four(some):
    mine = run(train.compiled, rules.rmsprop, *some, lr=0.02, gamma=0.9, eps=1e-6, record_every=50)
    theirs = run(train.gluon, "rmsprop", *some, learning_rate=0.02, gamma1=0.9, epsilon=1e-6, record_every=50)
    np.testing.assert_allclose(mine.losses, theirs.losses, **LOSS)


def test_the_whole_airfoil_run(airfoil):
    mine, theirs = (run(way, rules.rmsprop, *airfoil, lr=0.01) for way in (train.compiled, train.stepwise))
    assert len(mine.losses) == 31
    assert_same_history(mine, theirs)


def test_records_may_be_rarer_than_epochs(some):
    mine, theirs = (run(way, rules.sgd, *some, record_every=200, lr=0.1) for way in (train.compiled, train.stepwise))
    assert_same_history(mine, theirs)
    assert mine.steps == [0, 20]  # the end is always recorded


@pytest.mark.parametrize("lr", [2.0, 30.0, 1e20])
def test_a_diverging_run_is_that_of_stepwise(some, lr):
    histories = []
    for way in (train.compiled, train.stepwise):
        with pytest.warns(DivergenceWarning, match="the run was stopped") as caught:
            histories.append(run(way, rules.sgd, *some, lr=lr, num_epochs=20))
        assert caught[0].filename == __file__
        histories.append(np.random.rand())  # the generator stands where it stood
    mine, drawn, theirs, drawn_there = histories
    assert mine.diverged_at == theirs.diverged_at
    assert mine.steps == theirs.steps
    np.testing.assert_array_equal(mine.losses, theirs.losses)
    assert drawn == drawn_there


def test_a_diverging_setting_leaves_the_others_alone(some):
    settings = {"num_epochs": 20, "batch_size": 10}
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a map has many such cells: none is worth a warning
        both = run(train.sweep, rules.sgd, *some, lr=[30.0, 0.05], **settings)
    alone = run(train.sweep, rules.sgd, *some, lr=[0.05], **settings)
    assert not np.isfinite(both.losses[-1, 0])
    np.testing.assert_allclose(both.losses[:, 1], alone.losses[:, 0], **LOSS)


def test_a_graph_is_compiled_once_for_a_rule_and_its_shapes(some):
    def rule(x, g, state=(), lr=0.1):
        return x - lr * g, state

    def compilations(way, **knobs):
        before = epoch_graph.cache_info().misses
        run(way, rule, *some, **knobs)
        return epoch_graph.cache_info().misses - before

    assert [compilations(train.compiled, lr=lr) for lr in (0.1, 0.1, 0.2, 0.1)] == [1, 0, 1, 0]


def test_settings_are_checked(some):
    def in_place(x, g, state=(), lr=0.1):
        x[:] = x - lr * g
        return x, state

    def turning(x, g, state=(), lr=0.1):
        return x - lr * (g[::-1] if isinstance(g, np.ndarray) else g.flip(axis=0)), state

    for way in (train.compiled, train.sweep):
        with pytest.raises(ValueError, match="rule turning mixes the numbers of an array"):
            way(turning, *some)
        with pytest.raises(ValueError, match="lr is 0; a learning rate is"):
            way(rules.sgd, *some, lr=0)
        with pytest.raises(ValueError, match="batch_size is 96"):
            way(rules.sgd, *some, batch_size=96, record_every=96)
        with pytest.raises(TypeError, match="rule sgd takes no 'rate'"):
            way(rules.sgd, *some, rate=1)
    with pytest.raises(TypeError, match="lr has 1 axes; compiled takes a number, and sweep takes arrays"):
        train.compiled(rules.sgd, *some, lr=[0.1])
    with pytest.raises(TypeError, match="rule in_place cannot be made a graph.*stepwise runs it"):
        train.compiled(in_place, *some)
    with pytest.raises(ValueError, match=r"lr \(2,\), gamma \(3,\)"):
        train.sweep(rules.rmsprop, *some, lr=[0.1, 0.2], gamma=[0.7, 0.8, 0.9])
    with pytest.raises(ValueError, match="at least one setting"):
        train.sweep(rules.sgd, *some, lr=[])
    for rates, wrong in (([0.1, -0.1], -0.1), ([0.1, np.nan], "nan"), ([np.inf, 0.1], "inf")):
        with pytest.raises(ValueError, match=f"lr is {wrong}"):
            train.sweep(rules.sgd, *some, lr=rates)
    with pytest.raises(ValueError, match="num_seeds is 0"):
        train.sweep(rules.sgd, *some, num_seeds=0)


def test_settings_may_be_ndarrays(some):
    mine, theirs = (run(train.sweep, rules.sgd, *some, lr=lr).losses for lr in (nd.array([0.1, 0.2]), [0.1, 0.2]))
    np.testing.assert_array_equal(mine, theirs)


def test_a_sweep_takes_rules_that_work_in_place(some):
    def in_place(x, g, state=(), lr=0.1):
        x -= lr * g
        return x, state

    mine, theirs = (run(train.sweep, rule, *some, record_every=10, lr=[0.1, 0.2]) for rule in (in_place, rules.sgd))
    np.testing.assert_array_equal(mine.losses, theirs.losses)
