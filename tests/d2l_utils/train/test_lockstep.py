"""Lockstep: the same numbers as each run alone and as Gluon, the rules for stopping, and what is refused."""

from d2l_utils import train
from d2l_utils.chapters import definitions
from d2l_utils.fast.run import reason_to_stop

import numpy as np
import pytest
from mxnet import autograd, gluon, init, nd

SGD = definitions("02_gradient_descent", "sgd")
MOMENTUM = definitions("04_momentum", "momentum")
RMSPROP = definitions("08_rmsprop_numpy", "rmsprop_outside")
ADADELTA = definitions("10_adadelta", "adadelta_outside")
ADAM, ADAMW = definitions("11_adam", "adam", "adamw")

RUNS = [
    ("SGD", SGD, {"lr": 0.05}),
    ("momentum", MOMENTUM, {"lr": 0.02, "mu": 0.9}),
    ("RMSProp", RMSPROP, {"lr": 0.003, "beta": 0.99, "eps": 1e-6}),
    ("Adadelta", ADADELTA, {"rho": 0.99}),
    ("Adam", ADAM, {"lr": 0.003, "beta1": 0.9, "beta2": 0.99}),
]
LABELS = [label for label, _, _ in RUNS]
# Products over another number of rows are summed in another order; some twenty updates carry that rounding on.
CLOSE = {"rtol": 1e-4, "atol": 1e-5}


@pytest.fixture(scope="module")
def blobs():
    """Four classes of 30 noisy pixels, five of which are always 0; 150 rows leave a last batch of 22."""
    draw = np.random.RandomState(0)
    centres, labels = draw.rand(4, 30), draw.randint(4, size=210)
    images = np.abs(centres[labels] + 0.3 * draw.randn(210, 30))
    images[:, 10:15] = 0
    images, labels = nd.array(images), nd.array(labels, dtype="int32")
    return images[:150], labels[:150], images[150:], labels[150:]


def go(blobs, runs=RUNS, **changes):
    return train.lockstep(runs, *blobs, **{"seeds": [0, 1], "num_epochs": 3, "num_workers": 1, **changes})


def assert_same(one, other, **tolerance):
    np.testing.assert_allclose(one.losses, other.losses, **tolerance)
    np.testing.assert_allclose(one.accuracies, other.accuracies, **tolerance)
    for a, b in zip(one.params, other.params):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), **tolerance)


def by_gluon(blobs, rule, hyperparams, run, relu, num_epochs):
    """The same run by Dense, SoftmaxCrossEntropyLoss, autograd and the rule, one array at a time."""
    images, labels, test_images, test_labels = blobs
    draw = np.random.RandomState(run.seed)
    net = gluon.nn.Dense(4, in_units=30, activation="relu" if relu else None)
    net.initialize(init.Constant(nd.array(draw.uniform(-0.1, 0.1, (4, 30)))))
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    states = [tuple(nd.zeros_like(p.data()) for _ in rule.__defaults__[0]) for p in (net.weight, net.bias)]
    losses = []
    for _ in range(num_epochs):
        order = draw.permutation(150)
        for rows in np.split(order, range(64, 150, 64)):
            with autograd.record():
                mean = loss(net(images[rows]), labels[rows]).mean()
            mean.backward()
            for i, p in enumerate((net.weight, net.bias)):
                x, states[i] = rule(p.data(), p.grad(), states[i], **hyperparams)
                p.set_data(x)
        losses.append(loss(net(test_images), test_labels).mean().asscalar())
    hits = (net(test_images).argmax(axis=1) == test_labels.astype("float32")).mean().asscalar()
    return losses, hits, [net.weight.data(), net.bias.data()]


@pytest.mark.parametrize("relu", [False, True])
@pytest.mark.parametrize("label", ["SGD", "momentum", "Adadelta", "Adam"])
def test_lockstep_agrees_with_gluon(blobs, label, relu):
    found = go(blobs, relu=relu)
    rule, hyperparams = next((rule, hyperparams) for name, rule, hyperparams in RUNS if name == label)
    for run in found[label]:
        losses, accuracy, params = by_gluon(blobs, rule, hyperparams, run, relu, num_epochs=3)
        np.testing.assert_allclose(run.losses, losses, **CLOSE)
        assert run.accuracies[-1] == pytest.approx(accuracy, abs=1e-6)
        for ours, theirs in zip(run.params, params):
            np.testing.assert_allclose(ours.asnumpy(), theirs.asnumpy(), **CLOSE)


@pytest.mark.parametrize("relu", [False, True])
def test_lockstep_agrees_with_each_run_alone(blobs, relu):
    together = go(blobs, relu=relu)
    for run in RUNS:
        alone = go(blobs, [run], relu=relu)
        for one, other in zip(together[run[0]], alone[run[0]]):
            assert_same(one, other, **CLOSE)


def test_numbers_do_not_depend_on_the_workers_or_on_what_was_drawn_before(blobs):
    one = go(blobs, seeds=range(3))
    np.random.rand()
    two = go(blobs, seeds=range(3), num_workers=2)
    for label in LABELS:
        for a, b in zip(one[label], two[label]):
            assert_same(a, b, rtol=0, atol=0)


def test_what_a_run_leaves_behind(blobs):
    found = go(blobs)
    assert list(found) == LABELS
    for label, runs in found.items():
        assert [run.seed for run in runs] == [0, 1]
        for run in runs:
            assert run.label == label
            assert (run.steps, run.epochs) == ([3, 6, 9], [1, 2, 3])
            assert (run.reason, run.diverged_at) == ("3 epochs", None)
            assert run.losses[-1] < run.losses[0]
            assert all(later > earlier for earlier, later in zip(run.seconds, run.seconds[1:]))
            assert [array.shape for array in run.params] == [(4, 30), (4,)]
    assert found["SGD"][0].seconds == found["Adam"][0].seconds
    assert found["SGD"][0].losses != found["SGD"][1].losses


def test_pixels_that_are_always_0_keep_their_weights_unless_a_rule_decays_them(blobs):
    weight = go(blobs, RUNS[:1])["SGD"][0].params[0].asnumpy()
    start = np.random.RandomState(0).uniform(-0.1, 0.1, (4, 30)).astype(np.float32)
    assert (weight[:, 10:15] == start[:, 10:15]).all()
    assert (weight[:, :10] != start[:, :10]).all()
    decays = ("AdamW", ADAMW, {"lr": 0.01})
    assert (go(blobs, [decays])["AdamW"][0].params[0].asnumpy()[:, 10:15] != start[:, 10:15]).all()


def test_a_run_that_stops_does_no_more_work_and_leaves_the_others_alone(blobs):
    calls = []

    def counted(x, g, state=(), lr=0.05):
        calls.append(x.shape)
        return x - lr * g, state

    def stop(losses, accuracies):
        return "enough" if len(losses) == 2 and losses[-1] > all_of_them["SGD"][0].losses[1] + 0.01 else None

    all_of_them = go(blobs, seeds=[0])
    slow = ("slow", counted, {"lr": 1e-4})
    found = go(blobs, [*RUNS[:2], slow, *RUNS[2:]], seeds=[0], stop=stop)
    assert (found["slow"][0].reason, found["slow"][0].steps) == ("enough", [3, 6])
    assert calls.count((4, 26)) == 6  # 25 used pixels and the bias
    going = [label for label in LABELS if found[label][0].reason == "3 epochs"]
    assert len(going) >= 3
    for label in going:
        assert_same(found[label][0], all_of_them[label][0], **CLOSE)


def test_a_run_that_diverges_is_marked_and_leaves_the_others_alone(blobs):
    found = go(blobs, [RUNS[0], ("wild", MOMENTUM, {"lr": 1e38, "mu": 0.9}), *RUNS[2:]], seeds=[0])
    wild, calm = found["wild"][0], go(blobs, seeds=[0])
    assert wild.reason == "not finite"
    assert wild.diverged_at == wild.steps[-1] == 3
    for label in ("SGD", "RMSProp", "Adam"):
        assert_same(found[label][0], calm[label][0], **CLOSE)


def test_a_rule_may_keep_what_it_was_given(blobs):
    def averaged(x, g, state=(0,), lr=0.05):
        (last,) = state
        return x - lr * (g + last) / 2, (g,)

    def averaged_copy(x, g, state=(0,), lr=0.05):
        (last,) = state
        return x - lr * (g + last) / 2, (g * 1,)

    found = go(blobs, [("kept", averaged, {}), ("copied", averaged_copy, {})])
    assert_same(found["kept"][0], found["copied"][0], rtol=0, atol=0)


FALLING = list(np.linspace(2, 1, 60))


@pytest.mark.parametrize(
    ("losses", "accuracies", "reason"),
    [
        (FALLING, [0.5] * 60, None),
        (FALLING[:20], [0.95] * 20, None),  # it takes one validation more
        (FALLING[:21], [0.95] * 21, "accuracy above 0.91"),
        (FALLING[:41], [0.91] * 41, None),  # not above
        (FALLING[:41], [0.95] * 30 + [0.9] + [0.95] * 10, None),
        (FALLING[:30] + [5.0] * 20, [0.5] * 50, "no smaller loss"),
        (FALLING[:30] + [5.0] * 19, [0.5] * 49, None),
        ([0.1] + FALLING[:40], [0.5] * 41, None),  # the first 20 losses do not count
        ([1 - 1e-5 * i for i in range(40)], [0.5] * 40, "loss settled"),
        ([1 - 1e-5 * i for i in range(39)], [0.5] * 39, None),
        ([1 - 1e-4 * i for i in range(60)], [0.5] * 60, None),
    ],
)
def test_reason_to_stop(losses, accuracies, reason):
    assert reason_to_stop(losses, accuracies) == reason


def test_stopping_rules_end_a_run(blobs):
    def patient(losses, accuracies):
        return reason_to_stop(losses, accuracies, patience=2, target=0.5)

    run = go(blobs, [RUNS[4]], seeds=[0], num_epochs=50, stop=patient)["Adam"][0]
    assert run.reason == "accuracy above 0.5"
    assert 3 <= len(run.losses) < 50
    assert min(run.accuracies[-2:]) > 0.5


def mixing(x, g, state=(0,), lr=0.1):
    return x - lr * g / (g * g).mean(), state


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"runs": []}, ValueError, "runs has the labels"),
        ({"runs": [RUNS[0], RUNS[0]]}, ValueError, "each with its own label"),
        ({"runs": [("mixing", mixing, {})]}, ValueError, "mixes the numbers"),
        ({"runs": [("SGD", SGD, {"lr": -1.0})]}, ValueError, "lr is -1.0"),
        ({"runs": [("SGD", SGD, {"rate": 1.0})]}, TypeError, "takes no 'rate'"),
        ({"seeds": []}, ValueError, r"seeds is \[\]"),
        ({"seeds": [1, 1]}, ValueError, r"seeds is \[1, 1\]"),
        ({"seeds": [-1]}, ValueError, r"seeds is \[-1\]"),
        ({"batch_size": 0}, ValueError, "batch_size is 0"),
        ({"batch_size": 151}, ValueError, "batch_size is 151; the data have only 150 rows"),
        ({"num_epochs": 0}, ValueError, "num_epochs is 0"),
        ({"num_workers": 0}, ValueError, "num_workers is 0"),
    ],
)
def test_settings_are_refused_by_name(blobs, changes, error, words):
    with pytest.raises(error, match=words):
        go(blobs, **changes)


@pytest.mark.parametrize(
    ("place", "array", "error", "words"),
    [
        (0, np.ones((150, 30)), TypeError, "train_images is a ndarray"),
        (0, nd.ones((150, 5, 6)), ValueError, "train_images has the shape"),
        (1, nd.ones(150), ValueError, "train_labels has float32"),
        (1, nd.zeros(20, dtype="int32"), ValueError, "train_images has 150 rows and train_labels 20"),
        (2, nd.ones((60, 29)), ValueError, "test_images has 29 columns"),
        (3, nd.zeros(60, dtype="int32") - 1, ValueError, "test_labels has int32 from -1"),
    ],
)
def test_data_are_refused_by_name(blobs, place, array, error, words):
    data = [*blobs[:place], array, *blobs[place + 1 :]]
    with pytest.raises(error, match=words):
        go(data)


def by_hand(blobs, relu, num_epochs):
    """SGD from the published kind of start, in stored order: losses on the last minibatch and on the test images."""
    images, labels, test_images, test_labels = (array.asnumpy().astype(float) for array in blobs)
    w = 0.01 * np.random.RandomState(7).randn(30, 4)
    b = np.zeros(4)

    def outputs(x):
        return np.maximum(x @ w + b, 0) if relu else x @ w + b

    def loss(x, y):
        p = np.exp(outputs(x))
        return -np.log(p[np.arange(len(y)), y.astype(int)] / p.sum(axis=1)).mean()

    last, tested = [], []
    for _ in range(num_epochs):
        for i in range(0, 150, 64):
            x, y = images[i : i + 64], labels[i : i + 64]
            before = loss(x, y)
            p = np.exp(outputs(x))
            p /= p.sum(axis=1, keepdims=True)
            slope = (p - np.eye(4)[y.astype(int)]) / len(y)
            if relu:
                slope *= outputs(x) > 0
            w -= 0.05 * x.T @ slope
            b -= 0.05 * slope.sum(axis=0)
        last.append(before)
        tested.append(loss(test_images, test_labels))
    return last, tested


@pytest.mark.parametrize("relu", [False, True])
def test_another_start_no_shuffle_and_the_last_minibatch(blobs, relu):
    settings = {"start": lambda draw, pixels, classes: 0.01 * draw.randn(pixels, classes).T, "shuffle": False}
    (run,) = go(blobs, RUNS[:1], seeds=[7], relu=relu, **settings)["SGD"]
    last, tested = by_hand(blobs, relu, num_epochs=3)
    np.testing.assert_allclose(run.batch_losses, last, **CLOSE)
    np.testing.assert_allclose(run.losses, tested, **CLOSE)


def test_the_loss_by_minibatch_gives_the_smaller_last_one_the_same_weight(blobs):
    by_image, by_minibatch = (go(blobs, RUNS[:1], by_minibatch=flag)["SGD"][0] for flag in (False, True))
    assert by_image.losses == by_minibatch.losses  # 60 test images are a single minibatch of 64
    run = go(blobs, RUNS[:1], by_minibatch=True, batch_size=50)["SGD"][0]
    weight, bias = (array.asnumpy().astype(float) for array in run.params)
    images, labels = blobs[2].asnumpy().astype(float), blobs[3].asnumpy()
    z = images @ weight.T + bias
    losses = np.log(np.exp(z).sum(axis=1)) - z[np.arange(60), labels]
    assert run.losses[-1] == pytest.approx((losses[:50].mean() + losses[50:].mean()) / 2, rel=1e-4)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (lambda draw, pixels, classes: draw.randn(pixels, classes), r"shape \(30, 4\); it must .* shape \(4, 30\)"),
        (lambda draw, pixels, classes: np.full((classes, pixels), np.nan), "it must be finite numbers"),
    ],
)
def test_a_start_that_does_not_fit_is_refused(blobs, start, message):
    with pytest.raises(ValueError, match=message):
        go(blobs, RUNS[:1], start=start)
