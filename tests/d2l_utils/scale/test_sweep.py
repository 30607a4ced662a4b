"""A sweep on a cluster gives the bits of one machine, however it is cut and whatever its store already holds."""

import json
import os
import random
import sys
import time
from functools import partial

from d2l_utils import runtime, scale, train
from d2l_utils.chapters import definitions
from d2l_utils.scale.cluster import local_cluster

import cloudpickle
import numpy as np
import pytest
from mxnet import nd

distributed = pytest.importorskip("distributed", reason="Dask is not installed: no sweep was run on a cluster")

NOBODY = "tcp://127.0.0.1:9"  # where a call that has nothing to train does not go
RMSPROP = definitions("06_rmsprop", "rmsprop")
ADAM = definitions("11_adam", "adam")
PIECES_OF_64 = 500_000  # bytes, for each rule and setting here


def sgd(x, g, state=(), lr=0.1):
    return step(x, lr * g), state


def step(x, by):
    """What stands beside a rule in a module that workers cannot import."""
    return x - by


def curved(x, g, state=(0,), lr=0.1, gamma=0.5):
    (s,) = state
    s = gamma * s + abs(g) ** gamma
    return x - lr * np.tanh(g) * np.exp(-s), (s,)


class Averaged:
    """A rule that is an object."""

    def __call__(self, x, g, state=(0, 0), lr=0.1, gamma=0.9):
        v, t = state
        v = gamma * v + (1 - gamma) * g
        return x - lr * v, (v, t + 1)


@pytest.fixture(scope="module")
def client():
    """Of a cluster with two workers."""
    with local_cluster(2) as cluster, distributed.Client(cluster, set_as_default=False) as client:
        yield client


@pytest.fixture(scope="module")
def table():
    draw = np.random.RandomState(0)
    features = draw.normal(size=(203, 5))  # the last minibatch has three examples
    return nd.array(features), nd.array(features @ [1, -2, 3, 0, 0.5] + draw.normal(size=203))


def rates(*shape):
    """Learning rates, from one that crawls to one that diverges."""
    return np.geomspace(1e-4, 3, int(np.prod(shape))).reshape(shape)


def same(here, there):
    assert (there.label, there.steps, there.epochs) == (here.label, here.steps, here.epochs)
    for name in ("losses", "params"):
        ours, theirs = getattr(here, name), getattr(there, name)
        assert (theirs.dtype, theirs.shape) == (ours.dtype, ours.shape)
        assert theirs.tobytes() == ours.tobytes()  # of what diverged, too


def seeded(call, *arguments, **settings):
    """The sweep of generators that are seeded alike each time."""
    runtime.seed(3)
    return call(*arguments, **settings)


KINDS = {
    "one setting": (sgd, {"lr": [0.1]}),
    "64": (RMSPROP, {"lr": rates(64)}),
    "65": (RMSPROP, {"lr": rates(65)}),
    "127": (RMSPROP, {"lr": rates(127), "num_seeds": 2}),
    "128": (RMSPROP, {"lr": rates(128)}),
    "many": (RMSPROP, {"lr": rates(2061)}),
    "two axes": (RMSPROP, {"lr": rates(31, 1), "gamma": np.linspace(0, 0.99, 17)}),
    "seeds": (RMSPROP, {"lr": rates(23, 1), "gamma": np.linspace(0, 0.99, 17), "num_seeds": 3}),
    "states": (ADAM, {"lr": rates(5, 1, 1), "beta1": [[0.5], [0.9]], "beta2": rates(20) / 4}),
    "NDArray": (sgd, {"lr": nd.array(rates(300))}),
    "exp and power": (curved, {"lr": rates(301), "gamma": 0.3}),
    "lambda": (lambda x, g, state=(), lr=0.1: (x - lr * g, state), {"lr": rates(300)}),
    "partial": (partial(sgd), {"lr": rates(300)}),
    "object": (Averaged(), {"lr": rates(300), "gamma": 0.8}),
    "in one batch": (sgd, {"lr": rates(300), "batch_size": 203, "num_epochs": 3, "record_every": 203}),
    "one example at a time": (sgd, {"lr": rates(200), "batch_size": 1, "num_epochs": 1}),
    "one at a time, two seeds": (sgd, {"lr": rates(300), "batch_size": 1, "num_epochs": 1, "num_seeds": 2}),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("memory", [PIECES_OF_64, 2**21, 2**28], ids=["small pieces", "larger", "largest"])
def test_the_bits_of_one_machine(kind, memory, table, client):
    rule, settings = KINDS[kind]
    here = seeded(train.sweep, rule, *table, **settings)
    there = seeded(scale.sweep, rule, *table, client, memory_per_worker=memory, **settings)
    same(here, there)


@pytest.mark.parametrize(
    ("num_features", "batch_size", "num_settings"), [(100, 10, 3000), (9, 101, 300), (300, 64, 200)]
)
def test_the_bits_of_one_machine_on_larger_matrices(num_features, batch_size, num_settings, client):
    """BLAS has other ways there, and goes each of them with other last bits."""
    features = np.random.RandomState(0).normal(size=(205, num_features))
    table = nd.array(features), nd.array(features.sum(axis=1))
    settings = {"lr": rates(num_settings) / num_features, "batch_size": batch_size, "record_every": batch_size}
    here, there = (
        seeded(call, sgd, *table, **settings) for call in (train.sweep, partial(scale.sweep, client=client))
    )
    same(here, there)


@pytest.mark.parametrize("memory", [PIECES_OF_64, 2**28])
def test_the_bits_of_one_worker(memory, table):
    settings = {"lr": rates(31, 1), "gamma": np.linspace(0, 0.99, 17), "num_seeds": 2}
    with local_cluster(1) as cluster, distributed.Client(cluster, set_as_default=False) as client:
        there = seeded(scale.sweep, RMSPROP, *table, client, memory_per_worker=memory, **settings)
    same(seeded(train.sweep, RMSPROP, *table, **settings), there)


def test_without_a_cluster_one_is_started(table):
    here, there = (seeded(call, ADAM, *table, lr=rates(200)) for call in (train.sweep, scale.sweep))
    same(here, there)


def test_by_the_address_of_a_scheduler(table, client):
    there = seeded(scale.sweep, sgd, *table, client.scheduler.address, lr=rates(200))
    same(seeded(train.sweep, sgd, *table, lr=rates(200)), there)
    assert client.status == "running"


@pytest.mark.parametrize("num_seeds", [None, 2])
@pytest.mark.parametrize("stored", [False, True])
def test_the_generators_go_on_as_after_a_sweep_here(num_seeds, stored, table, client, tmp_path):
    def drawn(call, **settings):
        seeded(call, sgd, *table, lr=rates(3), num_seeds=num_seeds, **settings)
        return nd.random.uniform(shape=3).asnumpy().tolist(), np.random.uniform(), random.random()

    there = {"client": client, "store": tmp_path / "store" if stored else None}
    assert drawn(scale.sweep, **there) == drawn(train.sweep) == drawn(scale.sweep, **there)


def test_nothing_is_left_on_the_cluster(table, client):
    scale.sweep(sgd, *table, client, lr=rates(300))
    deadline = time.monotonic() + 10
    while left := client.run_on_scheduler(lambda dask_scheduler: list(dask_scheduler.tasks)):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)  # Dask lets go a moment later


@pytest.fixture
def stored(table, client, tmp_path):
    """A folder with a sweep in six pieces, how to call it again, and its result."""
    settings = {"lr": rates(20, 1), "gamma": np.linspace(0, 0.99, 20), "eps": 1e-6, "memory_per_worker": PIECES_OF_64}
    call = partial(seeded, scale.sweep, RMSPROP, *table, store=tmp_path / "a" / "store", **settings)
    result = call(client=client)
    assert len(pieces(tmp_path / "a" / "store")) == 6
    return tmp_path / "a" / "store", call, result


def pieces(folder):
    """When each piece in a store was written."""
    return {path: path.stat().st_mtime_ns for path in sorted(folder.glob("piece-*.npz"))}


def test_a_store_is_read_with_numpy_alone(stored):
    folder, _, result = stored
    begin = 0
    for path in pieces(folder):
        with np.load(path, allow_pickle=False) as piece:
            assert sorted(piece) == ["gamma", "losses", "lr", "params", "seconds"]
            first, last = map(int, path.stem.split("-")[1:])
            assert first == begin
            begin = last
            i, j = np.unravel_index(range(first, last), (20, 20))
            assert piece["losses"].tolist() == result.losses[:, i, j].tolist()
            assert piece["params"].tolist() == result.params[:, i, j].tolist()
            assert piece["lr"].tolist() == rates(20).astype(np.float32)[i].tolist()
            assert piece["gamma"].tolist() == np.linspace(0, 0.99, 20, dtype=np.float32)[j].tolist()
    assert begin == 400
    assert json.loads((folder / "sweep.json").read_text(encoding="utf-8"))["rule"] == "rmsprop"
    assert {path.suffix for path in folder.iterdir()} == {".npz", ".json"}


def test_what_is_stored_is_not_trained_again(stored):
    folder, call, result = stored
    before = pieces(folder)
    again = call(client=NOBODY)
    same(result, again)
    assert again.seconds == pytest.approx(result.seconds)  # the sum of the same times, in another order
    assert pieces(folder) == before


def test_what_is_stored_does_for_other_pieces(stored, client):
    """The pieces may be of any size: those that are there stay, and gaps are filled with such of the new one."""
    folder, call, result = stored
    first, *others = pieces(folder)
    for path in (first, others[1], others[2]):
        path.unlink()
    same(result, call(client=client, memory_per_worker=2**28))
    same(result, call(client=NOBODY, memory_per_worker=2**28))


def shortened(path):
    os.truncate(path, path.stat().st_size // 2)


def emptied(path):
    path.write_bytes(b"")


def turned(path):
    """A byte of the losses is another."""
    content = bytearray(path.read_bytes())
    content[content.index(b"losses.npy") + 300] ^= 1
    path.write_bytes(content)


def changed(path, **arrays):
    with np.load(path) as piece:
        kept = {**piece, **arrays}
    np.savez(path, **{name: array for name, array in kept.items() if array is not None})


def moved(path):
    """It is the one of the settings after it."""
    begin, end = map(int, path.stem.split("-")[1:])
    path.write_bytes(path.with_name(f"piece-{end:09}-{end + 64:09}.npz").read_bytes())


def plain(path):
    with open(path, "wb") as file:
        np.save(file, np.zeros(3))


DAMAGE = {
    "deleted": os.unlink,
    "truncated": shortened,
    "emptied": emptied,
    "a byte turned": turned,
    "text": lambda path: path.write_text("losses", encoding="utf-8"),
    "a plain array": plain,
    "a pickle": lambda path: path.write_bytes(b"\x80\x04N."),
    "no losses": partial(changed, losses=None),
    "one loss": partial(changed, losses=np.zeros(1)),
    "objects": partial(changed, params=np.array([None, 1])),
    "words": partial(changed, losses=np.array(["a"] * 64)),
    "another piece": moved,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_piece_is_trained_once_more(damage, stored, client):
    folder, call, result = stored
    before = pieces(folder)
    damaged = list(before)[2]
    DAMAGE[damage](damaged)
    same(result, call(client=client))
    after = pieces(folder)
    assert after.keys() == before.keys()
    assert [path for path in before if after[path] != before[path]] == [damaged]
    same(result, call(client=NOBODY))


@pytest.mark.parametrize("name", ["piece-draft.npz", "piece-000000000-000009999.npz", "piece-9-1.npz", "notes.txt"])
def test_files_that_are_no_pieces_of_this_sweep_do_no_harm(name, stored):
    folder, call, result = stored
    next(iter(pieces(folder))).with_name(name).write_bytes(next(iter(pieces(folder))).read_bytes())
    same(result, call(client=NOBODY))


DIFFERENT = {
    "rule": {"rule": sgd},
    "numbers": {"eps": 1e-5},
    "swept": {"lr": rates(20, 20), "gamma": None},
    "shape": {"gamma": np.linspace(0, 0.99, 21)},
    "settings": {"gamma": np.linspace(0, 0.98, 20)},
    "num_seeds": {"num_seeds": 1},
    "steps": {"num_epochs": 1},
    "data, weights and order of the examples": {"seed": 4},
    "first two steps": {"rule": lambda x, g, state=(0,), lr=0.1, gamma=0.9, eps=1e-6: (x - lr * g, state)},
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_another_sweep_in_the_folder_is_refused_by_what_differs(name, stored, table):
    folder, _, _ = stored
    before = pieces(folder)
    settings = {"lr": rates(20, 1), "gamma": np.linspace(0, 0.99, 20), "eps": 1e-6, **DIFFERENT[name]}
    settings = {key: value for key, value in settings.items() if value is not None}
    runtime.seed(settings.pop("seed", 3))
    rule = settings.pop("rule", RMSPROP)
    if rule is sgd:
        settings = {"lr": rates(400)}
    elif rule is not RMSPROP:
        rule.__name__ = "rmsprop"  # it was rewritten under its name
    with pytest.raises(ValueError, match=f"store is .*store', which holds a sweep with another {name}: .*, and here"):
        scale.sweep(rule, *table, NOBODY, store=folder, **settings)
    assert pieces(folder) == before


@pytest.mark.parametrize("content", ["", "{", "[1]", "null"])
def test_a_damaged_description_is_named(content, stored):
    folder, call, _ = stored
    (folder / "sweep.json").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"sweep\.json"):
        call(client=NOBODY)


@pytest.mark.parametrize("name", ["losses", "file"])
def test_a_knob_that_a_store_has_no_name_for_is_refused(name, table, tmp_path):
    def rule(x, g, state=(), lr=0.1, losses=1.0, file=1.0):
        return x - lr * losses * file * g, state

    with pytest.raises(ValueError, match=f"{name} is swept, and a store keeps something else by that name"):
        scale.sweep(rule, *table, NOBODY, store=tmp_path, **{name: rates(3)})


def test_a_store_that_is_a_file_is_refused(table, tmp_path):
    (tmp_path / "store").touch()
    with pytest.raises(ValueError, match=r"store is '.*store', which is a file; it must be a folder"):
        scale.sweep(sgd, *table, NOBODY, store=tmp_path / "store", lr=rates(3))


def test_a_module_that_the_user_sends_by_value_stays_so(table, client):
    module = sys.modules[__name__]
    cloudpickle.register_pickle_by_value(module)
    try:
        scale.sweep(sgd, *table, client, lr=rates(3))
        assert module.__name__ in cloudpickle.list_registry_pickle_by_value()
    finally:
        cloudpickle.unregister_pickle_by_value(module)
