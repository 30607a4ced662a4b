"""The training loops: what they record, how they refuse bad input, and what they do when a run diverges."""

import warnings

from d2l_utils import data, linear, runtime, train
from d2l_utils.chapters import definitions
from d2l_utils.train.history import DivergenceWarning, first_not_finite
from d2l_utils.train.network import Network

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd

pytestmark = pytest.mark.core

RMSPROP = definitions("06_rmsprop", "rmsprop")


def sgd(x, g, state=(), lr=0.1):
    return x - lr * g, state


@pytest.fixture
def regression():
    return data.synthetic_regression(103)


def settings(**changes):
    return {"batch_size": 10, "num_epochs": 2, "record_every": 10, **changes}


def test_loop_agrees_with_one_written_out(regression):
    """Shuffling, the smaller last batch, the gradient of the mean and the records, by hand."""
    features, labels = regression
    runtime.seed(5)
    history = train.stepwise(sgd, features, labels, lr=0.1, **settings())
    runtime.seed(5)
    w, b = nd.random.normal(scale=0.01, shape=(2, 1)).asnumpy().astype(float), 0.0
    X, y = features.asnumpy().astype(float), labels.asnumpy().astype(float)

    def loss():
        return np.mean((X @ w[:, 0] + b - y) ** 2) / 2

    losses = [loss()]
    for _ in range(2):
        order = np.arange(103)
        np.random.shuffle(order)
        for i in range(0, 103, 10):
            rows = order[i : i + 10]
            error = X[rows] @ w[:, 0] + b - y[rows]
            w = w - 0.1 * X[rows].T @ error[:, None] / len(rows)
            b = b - 0.1 * error.mean()
            losses.append(loss())
    np.testing.assert_allclose(history.losses, losses, rtol=1e-4, atol=1e-6)  # float32 against float64
    assert history.steps == list(range(23))
    assert history.epochs[:2] == [0, 10 / 103]
    assert history.epochs[-1] == 2
    np.testing.assert_allclose(history.params[0].asnumpy().T, w, atol=1e-5)


def test_records_where_asked(regression):
    history = train.stepwise(sgd, *regression, lr=0.1, **settings(record_every=50))
    assert history.steps == [0, 5, 10, 16, 21, 22]
    assert all(later > earlier for earlier, later in zip(history.seconds, history.seconds[1:]))


def test_trains_any_network_in_place(regression):
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(4, activation="tanh"), gluon.nn.Dense(1))
    net.initialize(mx.init.Xavier())
    features, labels = regression
    history = train.stepwise(RMSPROP, features, labels, net=net, lr=0.01, **settings(num_epochs=20))
    loss = gluon.loss.L2Loss()(net(features), labels).mean().asscalar()
    assert loss == pytest.approx(history.losses[-1], rel=1e-5)
    assert history.losses[-1] < history.losses[0] / 2


@pytest.mark.parametrize("loop", ["stepwise", "gluon"])
def test_divergence_stops_the_run_and_is_told(loop, regression):
    with pytest.warns(DivergenceWarning, match=r"lr=1000.*|learning_rate=1000.*") as caught:
        if loop == "stepwise":
            history = train.stepwise(sgd, *regression, lr=1000.0, **settings(num_epochs=5))
        else:
            history = train.gluon("sgd", *regression, learning_rate=1000.0, **settings(num_epochs=5))
    assert history.diverged_at == history.steps[-1] < 55
    assert np.isfinite(history.losses[:-1]).all()
    assert f"after step {history.diverged_at}" in str(caught[0].message)
    assert caught[0].filename == __file__


def test_divergence_is_found_between_records(regression):
    with pytest.warns(DivergenceWarning):
        often = train.stepwise(sgd, *regression, lr=1000.0, **settings())
    runtime.seed(1)
    regression = data.synthetic_regression(103)
    with pytest.warns(DivergenceWarning):
        seldom = train.stepwise(sgd, *regression, lr=1000.0, **settings(record_every=100))
    # A loss over ten rows may overflow a step later than the loss over all of them.
    assert abs(seldom.diverged_at - often.diverged_at) <= 1
    assert seldom.steps[-1] == 10


def test_a_parameter_that_is_not_finite_counts_even_where_the_loss_is(regression):
    def poison(x, g, state=(0,), lr=0.1):
        return x * 0 + 1e38 * (g * 0 + 10), state

    features, labels = regression
    with pytest.warns(DivergenceWarning, match="after step 1;"):
        train.stepwise(poison, features * 0, labels * 0, lr=0.1, **settings())


def test_divergence_is_found_among_many_steps(regression):
    """More losses between two records than MXNet's own check can take."""
    with pytest.warns(DivergenceWarning):
        history = train.stepwise(sgd, *regression, lr=1.9, **settings(batch_size=1, record_every=100, num_epochs=4))
    assert history.diverged_at is not None
    fine = train.stepwise(sgd, *regression, lr=0.01, **settings(batch_size=1, record_every=1000, num_epochs=4))
    assert (fine.diverged_at, fine.steps) == (None, [0, 412])


def test_last_of_many_arrays_is_looked_at():
    arrays = [nd.ones(1) for _ in range(401)]
    assert first_not_finite(401, arrays, [nd.ones(2)]) is None
    arrays[-1] = nd.array([np.nan])
    assert first_not_finite(401, arrays, [nd.ones(2)]) == 400


def test_data_that_are_not_finite_are_not_trained_on(regression):
    features, labels = regression
    labels[3] = np.nan
    with pytest.warns(DivergenceWarning, match="after step 0"):
        history = train.stepwise(sgd, features, labels, lr=0.1, **settings())
    assert (history.diverged_at, history.steps) == (0, [0])


def test_descent_reports_divergence():
    with pytest.warns(DivergenceWarning, match="lr=10.0: not finite after step") as caught:
        path = train.descend(sgd, lambda x: x**4, lambda x: [4 * x**3], start=[5.0], lr=10.0)
    assert path.diverged_at == len(path.points) - 1 < 20
    assert caught[0].filename == __file__


@pytest.mark.parametrize("loop", [train.stepwise, train.compiled])
def test_divergence_is_told_at_the_readers_line_whoever_calls_the_loop(loop, regression):
    with pytest.warns(DivergenceWarning, match="lr=1000") as caught:
        train.over_seeds(loop, sgd, *regression, lr=1000.0, num_seeds=2, **settings(num_epochs=5))
    assert [warning.filename for warning in caught] == [__file__] * 2


def test_a_run_that_behaves_warns_of_nothing(regression):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert train.stepwise(RMSPROP, *regression, lr=0.01, **settings()).diverged_at is None


def other_shape(x, g, state=(0,)):
    return (x - g).sum(), state


def forgetful(x, g, state=(0, 0)):
    return x - g, (state[0],)


BAD = [
    ({"lr": 0.0}, ValueError, r"lr is 0\.0; a learning rate is a positive"),
    ({"lr": -1}, ValueError, "lr is -1"),
    ({"lr": float("nan")}, ValueError, "lr is nan"),
    ({"lr": float("inf")}, ValueError, "lr is inf"),
    ({"lr": "0.1"}, ValueError, "lr is '0.1'; a learning rate is a positive"),
    ({"lr": 0.1, "batch_size": 0}, ValueError, "batch_size is 0; it must be an integer of 1 or more"),
    ({"lr": 0.1, "batch_size": True}, ValueError, "batch_size is True; it must be an integer of 1 or more"),
    (
        {"lr": 0.1, "batch_size": 104, "record_every": 104},
        ValueError,
        "batch_size is 104; the data have only 103",
    ),
    ({"lr": 0.1, "batch_size": 2.5}, ValueError, r"batch_size is 2\.5"),
    ({"lr": 0.1, "num_epochs": 0}, ValueError, "num_epochs is 0; it must be an integer of 1 or more"),
    ({"lr": 0.1, "record_every": 25}, ValueError, "record_every is 25; it must be a multiple of batch_size, 10"),
    ({"lr": 0.1, "record_every": 0}, ValueError, "record_every is 0"),
    ({"lr": 0.1, "gama": 0.9}, TypeError, "rule rmsprop takes no 'gama'; it takes lr, gamma, eps"),
]


@pytest.mark.parametrize(("changes", "error", "message"), BAD)
def test_stepwise_refuses(changes, error, message, regression):
    with pytest.raises(error, match=message):
        train.stepwise(RMSPROP, *regression, **settings(**changes))


@pytest.mark.parametrize(("changes", "error", "message"), BAD[5:11])
def test_gluon_refuses(changes, error, message, regression):
    changes = {key: value for key, value in changes.items() if key != "lr"}
    with pytest.raises(error, match=message):
        train.gluon("sgd", *regression, learning_rate=0.1, **settings(**changes))


def test_gluon_refuses_unknown_trainers_and_bad_rates(regression):
    with pytest.raises(ValueError, match=r"optimizer is 'rmsporp'; Gluon's Trainer knows .*rmsprop"):
        train.gluon("rmsporp", *regression, learning_rate=0.1)
    with pytest.raises(ValueError, match="learning_rate is -0.1"):
        train.gluon("sgd", *regression, learning_rate=-0.1)


def test_data_of_unequal_length_or_another_kind(regression):
    features, labels = regression
    with pytest.raises(ValueError, match="features has 103 rows and labels 102; each row needs one label"):
        train.stepwise(RMSPROP, features, labels[:102], lr=0.1)
    with pytest.raises(TypeError, match=r"features is a ndarray; nd\.array"):
        train.stepwise(RMSPROP, features.asnumpy(), labels, lr=0.1)
    with pytest.raises(ValueError, match="features has 1 axes; it must have two"):
        train.stepwise(RMSPROP, labels, labels, lr=0.1)


@pytest.mark.parametrize("rule", [other_shape, forgetful])
def test_rules_that_return_another_shape(rule, regression):
    with pytest.raises(ValueError, match=rf"rule {rule.__name__} returned the shapes .* it must return x and"):
        train.stepwise(rule, *regression)
    with pytest.raises(ValueError, match=rf"rule {rule.__name__} returned the shapes"):
        train.descend(rule, lambda a, b: a + b, lambda a, b: [1.0, 1.0])


def test_rules_that_return_no_state(regression):
    with pytest.raises(TypeError, match="rule only_x returned NDArray; it must return x and a tuple"):

        def only_x(x, g, state=(0,)):
            return x - g

        train.stepwise(only_x, *regression)


def test_rules_without_a_state():
    with pytest.raises(TypeError, match=r"rule stateless needs a third argument with a tuple as default"):

        def stateless(x, g):
            return x - g

        train.descend(stateless, lambda x: x, lambda x: [1.0], start=[0.0])


def test_descend_refuses():
    with pytest.raises(ValueError, match="num_steps is 0"):
        train.descend(sgd, lambda x: x, lambda x: [1.0], start=[0.0], num_steps=0)
    with pytest.raises(ValueError, match="gradient returned the shape .1,. for 2 coordinates"):
        train.descend(sgd, lambda a, b: a, lambda a, b: [1.0])
    with pytest.raises(ValueError, match="lr is -1"):
        train.descend(sgd, lambda x: x, lambda x: [1.0], start=[0.0], lr=-1)


def test_a_rule_does_not_police_its_hyperparameters():
    path = train.descend(RMSPROP, lambda x: x * x, lambda x: [2 * x], start=[1.0], lr=1e-4, gamma=1.0)
    assert path.diverged_at is None


def test_nothing_changes_before_bad_input_is_refused(regression):
    net = linear.net(2)
    before = net.weight.data().asnumpy()
    with pytest.raises(ValueError, match="num_epochs"):
        train.stepwise(RMSPROP, *regression, net=net, lr=0.1, num_epochs=0)
    np.testing.assert_array_equal(net.weight.data().asnumpy(), before)


def test_gradient_of_the_loss_graph_is_autograd_on_the_plain_network(regression):
    features, labels = regression
    net = linear.net(2)
    network = Network(net, train.Task(features, labels))
    params = list(network.trained.values())
    mine = [nd.zeros(param.shape) for param in params]
    loss = network.gradient(params, mine)(features, labels)
    with autograd.record():
        plain = gluon.loss.L2Loss()(net(features), labels).mean()
    plain.backward()
    np.testing.assert_allclose(loss.asnumpy(), plain.asnumpy(), rtol=1e-5)
    np.testing.assert_allclose(network.at(params)[0].asnumpy(), plain.asnumpy(), rtol=1e-5)
    for a, b in zip(mine, params):
        np.testing.assert_allclose(a.asnumpy(), b.grad.asnumpy(), rtol=1e-5)  # float32 sums over 103 rows


def test_a_scheduler_is_named_by_its_kind(airfoil):
    schedule = mx.lr_scheduler.CosineScheduler(max_update=300, base_lr=0.1)
    history = train.gluon("sgd", *airfoil, num_epochs=1, learning_rate=0.1, lr_scheduler=schedule)
    assert history.label == "sgd, learning_rate=0.1, lr_scheduler=CosineScheduler"
