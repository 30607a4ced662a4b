"""Data, networks and arguments of every kind: they train, with the right numbers, or are refused by name."""

from functools import partial

from d2l_utils import data, runtime, train

import mxnet as mx
import numpy as np
import pytest
from mxnet import autograd, gluon, nd
from mxnet.gluon import nn

pytestmark = pytest.mark.core


def sgd(x, g, state=(), lr=0.01):
    return x - lr * g, state


class Halving:
    """A rule that is an object."""

    def __call__(self, x, g, state=(), lr=0.01):
        return x - lr * g / 2, state


LOOPS = {
    "stepwise": partial(train.stepwise, sgd, lr=0.01),
    "gluon": partial(train.gluon, "sgd", learning_rate=0.01),
    "compiled": partial(train.compiled, sgd, lr=0.01),
    "sweep": partial(train.sweep, sgd, lr=0.01),
}
EVERY_LOOP = pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)
# Sums of 10 to 100 float32 numbers in another order.
CLOSE = {"rtol": 1e-5, "atol": 1e-6}


@pytest.fixture
def regression():
    return data.synthetic_regression(50, noise=0.1)


@pytest.fixture
def classes():
    """Three heaps of points, one for each class."""
    draw = np.random.RandomState(0)
    labels = np.arange(60) % 3
    points = np.eye(3)[labels] * 3 + draw.normal(size=(60, 3))
    return nd.array(points), nd.array(labels, dtype="int32")


def last(loop, *args, **kwargs):
    runtime.seed(3)
    return np.ravel(loop(*args, **kwargs).losses[-1])[0]


def network(*layers):
    net = nn.HybridSequential()
    net.add(*layers)
    net.initialize(mx.init.Xavier())
    return net


@EVERY_LOOP
@pytest.mark.parametrize("dtype", ["float64", "float16", "int32"])
def test_data_of_other_dtypes_are_cast(loop, dtype, regression):
    features, labels = regression
    whole = labels.round()
    expected = last(loop, features.astype("float16").astype("float32"), whole)
    kind = "float32" if dtype == "int32" else dtype
    assert last(loop, features.astype("float16").astype(kind), whole.astype(dtype)) == pytest.approx(expected, 1e-6)


@EVERY_LOOP
def test_labels_in_a_column(loop, regression):
    features, labels = regression
    assert last(loop, features, labels.reshape((-1, 1))) == last(loop, features, labels)


@pytest.mark.parametrize("name", ["compiled", "sweep"])
def test_linear_regression_has_one_number_to_a_row(name, regression):
    features, labels = regression
    with pytest.raises(ValueError, match=r"labels has the shape \(50, 2\); linear regression needs one number"):
        LOOPS[name](features, nd.stack(labels, labels, axis=1))
    with pytest.raises(ValueError, match=r"features has 3 axes; linear regression needs two"):
        LOOPS[name](features.expand_dims(2), labels)


@EVERY_LOOP
def test_the_end_is_recorded_where_there_are_few_rows(loop, regression):
    """50 rows, and a record each 100 examples."""
    assert loop(*regression).steps == [0, 10]


@EVERY_LOOP
def test_numpy_mode_is_refused(loop, regression):
    mx.npx.set_np()
    try:
        with pytest.raises(ValueError, match=r"NumPy mode is on; mx\.npx\.reset_np\(\) switches it off"):
            loop(*regression)
    finally:
        mx.npx.reset_np()


@EVERY_LOOP
def test_sparse_data_are_refused(loop, regression):
    features, labels = regression
    with pytest.raises(ValueError, match=r"features is stored as csr; features.tostype\('default'\)"):
        loop(features.tostype("csr"), labels)


def test_rules_without_a_name_of_their_own(regression):
    runs = {
        "stepwise": train.stepwise(partial(sgd, lr=0.1), *regression),
        "compiled": train.compiled(partial(sgd, lr=0.1), *regression),
        "sweep": train.sweep(partial(sgd, lr=0.1), *regression),
    }
    assert {run.label for run in runs.values()} == {"sgd"}
    assert train.stepwise(Halving(), *regression, lr=0.1).label == "Halving, lr=0.1"
    assert train.descend(partial(sgd, lr=0.1), lambda x: x * x, lambda x: [2 * x], start=[1.0]).rule == "sgd"
    with pytest.raises(TypeError, match=r"rule is 'sgd'; it must be a function"):
        train.stepwise("sgd", *regression)


def test_an_array_without_axes_is_a_number(regression):
    lr = np.array(0.02)
    expected = last(train.stepwise, sgd, *regression, lr=0.02)
    assert last(train.stepwise, sgd, *regression, lr=lr) == expected
    assert last(train.compiled, sgd, *regression, lr=lr) == pytest.approx(expected, 1e-6)
    assert last(train.sweep, sgd, *regression, lr=lr) == pytest.approx(expected, 1e-6)


def test_a_scheduler_serves_two_runs(regression):
    schedule = mx.lr_scheduler.FactorScheduler(5, 0.5, base_lr=0.05)
    runs = [last(train.gluon, "sgd", *regression, lr_scheduler=schedule, learning_rate=0.05) for _ in range(2)]
    assert runs[0] == runs[1]
    assert schedule.base_lr == 0.05


def test_names_of_optimizers_in_any_case(regression):
    assert last(train.gluon, "RMSProp", *regression) == last(train.gluon, "rmsprop", *regression)


def test_a_trainer_goes_on_with_its_state(regression):
    """Two runs of one Trainer take the way of one run of twice the length."""
    runs = []
    for parts in ([4], [2, 2]):
        runtime.seed(5)
        net = network(nn.Dense(1, in_units=2))
        trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.05})
        for num_epochs in parts:
            history = train.gluon(trainer, *regression, net=net, num_epochs=num_epochs)
        runs.append(history.losses[-1])
    assert runs[0] == runs[1]
    with pytest.raises(ValueError, match="optimizer is a Trainer; it goes with the net"):
        train.gluon(trainer, *regression)
    with pytest.raises(ValueError, match="optimizer is 7; Gluon's Trainer knows"):
        train.gluon(7, *regression)


@pytest.mark.parametrize("name", ["stepwise", "gluon"])
def test_only_what_has_a_gradient_is_trained(name, regression):
    net = network(nn.Dense(4, in_units=2), nn.BatchNorm(), nn.Dense(1))
    net[0].weight.grad_req = "null"
    net(regression[0])
    before = net[0].weight.data().asnumpy()
    history = LOOPS[name](*regression, net=net)
    np.testing.assert_array_equal(net[0].weight.data().asnumpy(), before)
    assert history.losses[-1] < history.losses[0]
    assert len(history.params) == len(list(net.collect_params()))


def test_running_averages_are_left_to_the_network(regression):
    """Weight decay shrinks what is trained; a BatchNorm's averages are those that Gluon's own loop leaves."""

    def decayed(x, g, state=(), lr=0.01):
        return x - lr * (g + 0.5 * x), state

    averages = []
    for loop in (partial(train.stepwise, decayed), partial(train.gluon, "sgd", learning_rate=0.01, wd=0.5)):
        runtime.seed(2)
        net = network(nn.Dense(4, in_units=2), nn.BatchNorm(), nn.Dense(1))
        loop(*regression, net=net)
        averages.append(net[1].running_mean.data().asnumpy())
    np.testing.assert_allclose(*averages, **CLOSE)
    assert np.abs(averages[0]).max() > 0


@pytest.mark.parametrize("grad_req", ["null", "add"])
def test_networks_that_cannot_be_trained(grad_req, regression):
    net = network(nn.Dense(1, in_units=2))
    net.collect_params().setattr("grad_req", grad_req)
    says = {"null": "net has no parameter to train", "add": "with grad_req 'add'; a loop needs 'write'"}
    with pytest.raises(ValueError, match=says[grad_req]):
        train.stepwise(sgd, *regression, net=net)
    with pytest.raises(TypeError, match="net is a str; it must be an initialised Gluon network"):
        train.stepwise(sgd, *regression, net="net")


@pytest.mark.parametrize("sparse", [False, True])
def test_sparse_gradients_give_the_losses_of_dense_ones(sparse):
    words = nd.array(np.random.RandomState(0).randint(20, size=(40, 3)))
    labels = words.sum(axis=1) / 30
    losses = []
    for name in ("stepwise", "gluon"):
        net = network(nn.Embedding(20, 4, sparse_grad=sparse), nn.Dense(1))
        runtime.seed(4)
        net.initialize(mx.init.Xavier(), force_reinit=True)
        losses.append(last(LOOPS[name], words, labels, net=net))
    np.testing.assert_allclose(*losses, **CLOSE)


@pytest.mark.parametrize("loss", [train.softmax_cross_entropy, gluon.loss.SoftmaxCrossEntropyLoss()])
@pytest.mark.parametrize("name", ["stepwise", "gluon"])
def test_classifiers_train(name, loss, classes):
    """By hand: autograd through Gluon's own loss, on the same minibatches."""
    nets = []
    for _ in range(2):
        runtime.seed(6)
        nets.append(network(nn.Dense(8, activation="relu", in_units=3), nn.Dense(3, in_units=8)))
    runtime.seed(7)
    history = LOOPS[name](*classes, net=nets[0], loss=loss, num_epochs=3)
    runtime.seed(7)
    cross_entropy = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(nets[1].collect_params(), "sgd", {"learning_rate": 0.01})
    for X, y in train.Task(*classes, num_epochs=3).cast("float32").minibatches():
        with autograd.record():
            batch_loss = cross_entropy(nets[1](X), y)
        batch_loss.backward()
        trainer.step(len(X))
    expected = cross_entropy(nets[1](classes[0]), classes[1]).mean().asscalar()
    assert history.losses[-1] == pytest.approx(expected, rel=1e-5)
    assert history.losses[-1] < history.losses[0]


def test_a_network_in_float64(regression):
    net = network(nn.Dense(1, in_units=2))
    net.cast("float64")
    history = train.stepwise(sgd, *regression, net=net)
    assert history.params[0].dtype == np.float64


def test_a_loss_is_a_function(regression):
    with pytest.raises(TypeError, match="loss is 'squared'; it must be a function of outputs and labels"):
        train.stepwise(sgd, *regression, loss="squared")


def test_descent_in_one_dimension_takes_a_plain_number():
    path = train.descend(sgd, lambda x: x * x, lambda x: 2 * x, start=[1.0], num_steps=2, lr=0.25)
    np.testing.assert_array_equal(path.points.ravel(), [1, 0.5, 0.25])


def test_a_sweep_that_cannot_fit_is_refused_at_once(regression):
    def decayed(x, g, state=(), lr=0.01, wd=0.0):
        return x - lr * (g + wd * x), state

    grid = {"lr": np.full((10**6, 1), 0.1), "wd": np.zeros(10**6)}
    with pytest.raises(MemoryError, match=r"a sweep of 1,000,000,000,000 runs needs .* GB of memory, and there are"):
        train.sweep(decayed, *regression, **grid)


def test_a_sweep_says_which_settings_diverged(regression):
    runs = train.sweep(sgd, *regression, num_epochs=40, num_seeds=2, lr=[0.01, 100.0])
    np.testing.assert_array_equal(runs.diverged, [[False, True]] * 2)
