"""Training by several workers: the numbers of one, the same for all; what is refused, and what is left alone."""

import threading
from functools import partial
from types import SimpleNamespace

from d2l_utils import runtime, scale, train
from d2l_utils.scale.train import NO_SERVER, has_server

import numpy as np
import pytest
from mxnet import gluon, init, nd
from mxnet.lr_scheduler import FactorScheduler

# Sums in another order: in float32 the weights, of size 1, part by a few 1e-7 in these few steps.
TOLERANCE = 2e-6
ADAM = {"learning_rate": 0.01, "epsilon": 1e-4}

needs_server = pytest.mark.skipif(not has_server(), reason=NO_SERVER)


def regression(num_examples=25):
    draw = np.random.RandomState(0)
    return nd.array(draw.normal(size=(num_examples, 5))), nd.array(draw.normal(size=num_examples))


def small_net():
    """A network with a layer that learns at a rate of its own and one parameter that is held."""
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(8, activation="tanh"), gluon.nn.Dense(1))
    net.initialize(init.Xavier())
    net[0].weight.lr_mult = 0.1
    net[1].bias.grad_req = "null"
    return net


def alone(optimizer, *data, seed, make_net=None, **settings):
    """What train.gluon finds from the same start."""
    runtime.seed(seed)
    return train.gluon(optimizer, *data, net=make_net and make_net(), **settings)


def numbers(params):
    return [array.asnumpy() for array in params]


def apart(params, others):
    return max(np.abs(a - b).max() for a, b in zip(numbers(params), numbers(others), strict=True))


@needs_server
@pytest.mark.core
@pytest.mark.parametrize("num_workers", [1, 2, 4])
def test_workers_in_step_find_what_one_finds(num_workers):
    # Minibatches of 7 rows, which neither 2 nor 4 share evenly; of 22 rows one is left, and 3 of 4 workers get none.
    settings = {"make_net": small_net, "batch_size": 7, "record_every": 7, "seed": 3, **ADAM}
    trained = scale.train("adam", *regression(22), num_workers=num_workers, **settings)
    reference = alone("adam", *regression(22), **settings)
    assert len(trained.params) == num_workers
    assert apart(trained.params[0], reference.params) <= (TOLERANCE if num_workers > 1 else 0)
    for params in trained.params[1:]:
        assert all(np.array_equal(a, b) for a, b in zip(numbers(params), numbers(trained.params[0])))
    np.testing.assert_allclose(trained.history.losses, reference.losses, rtol=TOLERANCE)
    for name in ("label", "steps", "epochs", "diverged_at"):
        assert getattr(trained.history, name) == getattr(reference, name)


@needs_server
def test_the_server_updates_by_the_very_optimizer():
    class Schedule(FactorScheduler):
        """Defined here, it could not be found by its name in another process."""

    schedule = Schedule(step=2, factor=0.5, base_lr=0.1)
    settings = {"make_net": small_net, "record_every": 10, "seed": 3, "lr_scheduler": schedule, "momentum": 0.9}
    trained = scale.train("sgd", *regression(), num_workers=1, kvstore="dist_async", **settings)
    # One worker waits for its own update alone, and so it is not out of step with anybody.
    assert apart(trained.params[0], alone("sgd", *regression(), **settings).params) == 0


@needs_server
def test_workers_out_of_step_learn():
    X, _ = regression(200)
    trained = scale.train("sgd", X, X[:, 0], kvstore="dist_async", learning_rate=0.05)
    # Half of the variance at the start. Two workers update twice as often, each by its share of the gradient.
    assert trained.history.losses[-1] < 0.2 * trained.history.losses[0]
    assert [[array.shape for array in params] for params in trained.params] == [[(1, 5), (1,)]] * 2


@needs_server
def test_all_stop_where_the_loss_is_not_finite():
    X, y = regression()
    with pytest.warns(train.DivergenceWarning, match="sgd, learning_rate=0.1: not finite") as warned:
        trained = scale.train("sgd", 1e4 * X, y, num_workers=2, batch_size=5, record_every=5, learning_rate=0.1)
    assert warned[0].filename == __file__
    assert trained.history.diverged_at == trained.history.steps[-1] < 10


@needs_server
def test_the_callers_generators_stay_as_they_are():
    runtime.seed(5)
    expected = nd.random.normal(shape=3).asnumpy(), np.random.rand(3)
    runtime.seed(5)
    scale.train("sgd", *regression(), num_workers=1, learning_rate=0.1)
    assert np.array_equal(nd.random.normal(shape=3).asnumpy(), expected[0])
    assert np.array_equal(np.random.rand(3), expected[1])


LOCK = threading.Lock()
REFUSED = [
    ({"num_workers": 11}, ValueError, "num_workers is 11; .* batch_size 10"),
    ({"num_workers": 0}, ValueError, "num_workers is 0; it must be an integer of 1 or more"),
    ({"num_workers": 1.5}, ValueError, "num_workers is 1.5"),
    ({"batch_size": 26, "record_every": 26}, ValueError, "batch_size is 26; the data have only 25 rows"),
    ({"kvstore": "device"}, ValueError, "kvstore is 'device'; it must be 'dist_sync' or 'dist_async'"),
    ({"time_limit": 0}, ValueError, "time_limit is 0; it must be a positive number of seconds"),
    ({"time_limit": float("nan")}, ValueError, "time_limit is nan"),
    ({"time_limit": None}, ValueError, "time_limit is None"),
    ({"seed": -1}, ValueError, "seed is -1; it must be an integer from 0"),
    ({"optimizer": "sgdd"}, ValueError, "optimizer is 'sgdd'; Gluon's Trainer knows .*rmsprop"),
    ({"learning_rate": 0}, ValueError, "learning_rate is 0"),
    ({"gamma": 0.9}, TypeError, "gamma"),
    ({"make_net": partial(print, LOCK)}, TypeError, "make_net cannot be sent to another process: .*lock"),
    ({"make_net": 3}, TypeError, "make_net is 3; it must be a function without"),
    ({"loss": partial(print, LOCK)}, TypeError, "loss cannot be sent to another process: .*lock"),
]


@needs_server
@pytest.mark.parametrize(("settings", "error", "words"), REFUSED)
def test_bad_input_is_refused_before_anything_is_started(settings, error, words, monkeypatch):
    monkeypatch.setattr("d2l_utils.scale.group.Process", None)
    settings = {"optimizer": "sgd", "learning_rate": 0.1, **settings}
    with pytest.raises(error, match=words):
        scale.train(settings.pop("optimizer"), *regression(), **settings)


def test_without_the_parameter_server_it_says_so(monkeypatch):
    monkeypatch.setattr("mxnet.runtime.Features", lambda: SimpleNamespace(is_enabled=lambda name: False))
    monkeypatch.setattr("d2l_utils.scale.group.Process", None)
    with pytest.raises(RuntimeError, match="was built without its parameter server"):
        scale.train("sgd", *regression(), learning_rate=0.1)
