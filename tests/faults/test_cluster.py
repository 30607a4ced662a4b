"""Sweeps whose workers, schedulers, clients and links die, lie or slow down; each fault for real."""

import asyncio
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial

from d2l_utils import runtime, train
from d2l_utils.chapters import ROOT
from d2l_utils.scale.cluster import local_cluster
from processes import of_session, still

import numpy as np
import pytest

distributed = pytest.importorskip("distributed", reason="Dask is not installed: no sweep was run on a cluster")

# It may wait where workers train it, and nowhere else: a rule that is tried out gets two columns or three.
START = """
import time
from d2l_utils import scale, train, runtime
import numpy as np
from mxnet import nd

seconds = 0.0

def sgd(x, g, state=(), lr=0.1):
    if g.shape[-1] > 3:
        time.sleep(seconds)
    return x - lr * g, state

def table():
    draw = np.random.RandomState(0)
    features = draw.normal(size=(203, 5))
    return nd.array(features), nd.array(features @ [1, -2, 3, 0, 0.5])

def settings(number=600):
    return {"lr": np.geomspace(1e-4, 3, number), "memory_per_worker": 500_000}

def sweep(client=None, rule=sgd, **others):
    runtime.seed(3)
    return scale.sweep(rule, *table(), client, **{**settings(), **others})
"""
ours = {"__name__": "__main__"}  # as the same text is where it is a script
exec(START, ours)
sweep = ours["sweep"]
ANSWERS = 15  # seconds: a call that cannot go on says so by then


def same(there, **others):
    """Whether a sweep has the bits of one machine."""
    settings = {**ours["settings"](), **others}
    settings.pop("memory_per_worker")
    runtime.seed(3)
    here = train.sweep(quick, *ours["table"](), **settings)
    assert there.losses.tobytes() == here.losses.tobytes()
    assert there.params.tobytes() == here.params.tobytes()


def quick(x, g, state=(), lr=0.1):
    return x - lr * g, state


def slow(seconds):
    def rule(x, g, state=(), lr=0.1):
        if g.shape[-1] > 3:
            time.sleep(seconds)
        return x - lr * g, state

    return rule


@pytest.fixture(scope="module")
def cluster():
    """Two workers, which their nannies replace."""
    with local_cluster(2) as cluster:
        yield cluster


@pytest.fixture
def client(cluster):
    with distributed.Client(cluster, set_as_default=False) as client:
        client.wait_for_workers(2)
        yield client


@contextmanager
def running(*command, **environment):
    """A process in a session of its own, which ends with the block, and all that it started."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=pipe,
        stderr=pipe,
        encoding="utf-8",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        process.kill()
        for pid in of_session(process.pid):
            with suppress(ProcessLookupError):  # it has ended meanwhile
                os.kill(pid, signal.SIGKILL)
        process.communicate()


def script(code):
    """A process that runs some code after START: its rules are functions of __main__, as a notebook's are."""
    return running("-c", START + textwrap.dedent(code))


def until(found, seconds=30):
    """What a function finds, as soon as it finds something."""
    deadline = time.monotonic() + seconds
    while not (result := found()):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return result


def pieces(folder):
    return sorted(folder.glob("piece-*.npz"))


# Workers


def test_workers_that_are_killed_lose_nothing(cluster, client):
    """Three at random moments in each of two sweeps: a piece is given up for lost at the fourth."""
    draw = random.Random(0)
    for _ in range(2):
        with ThreadPoolExecutor(1) as thread:
            result = thread.submit(sweep, client, slow(0.02))
            for _ in range(3):
                time.sleep(draw.uniform(0.2, 1.5))
                victim = until(lambda: [w.pid for w in cluster.workers.values() if w.pid])
                os.kill(draw.choice(victim), signal.SIGKILL)
            same(result.result(timeout=60))


def test_a_cluster_whose_workers_are_being_started_again_is_waited_for(client, monkeypatch):
    monkeypatch.setattr(client, "scheduler_info", lambda **_: {"workers": {}})
    same(sweep(client))


def test_a_piece_that_kills_its_workers_is_named(cluster, client, monkeypatch):
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 1)

    def rule(x, g, state=(), lr=0.1):
        if g.shape[-1] > 3 and np.any(lr > 2.9):
            os.kill(os.getpid(), signal.SIGKILL)
        return x - lr * g, state

    with pytest.raises(RuntimeError, match=r"2 workers died while they trained the settings \d+ to \d+; a piece"):
        sweep(client, rule)
    same(sweep(client))


def late(error, *words):
    """A rule that raises where a setting is trained that it does not like."""

    def rule(x, g, state=(), lr=0.1):
        if np.any((lr > 0.099) & (lr < 0.1)):
            raise error(*words)
        return x - lr * g, state

    return rule


class OfTwo(Exception):
    """An error that cannot be sent: it is made of two arguments and keeps one."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        ([ZeroDivisionError, "by zero"], ZeroDivisionError, "^by zero$"),
        ([KeyError, "beta"], KeyError, "^'beta'$"),
        ([OfTwo, 1, 2], (OfTwo, RuntimeError), "1 and 2$"),
    ],
)
def test_a_rule_that_raises_is_shown_with_its_setting(error, kind, words, client):
    with pytest.raises(kind, match=words) as caught:
        sweep(client, late(*error))
    assert re.match(r"at lr 0\.099\d+, on a worker:\n\nTraceback", str(caught.value.__cause__))
    assert "raise error(*words)" in str(caught.value.__cause__)
    same(sweep(client))


def test_a_rule_that_cannot_be_sent_is_refused(client):
    lock = threading.Lock()

    def rule(x, g, state=(), lr=0.1):
        with lock:
            return x - lr * g, state

    with pytest.raises(TypeError, match="rule rule cannot be sent to another machine: .*lock"):
        sweep(client, rule)


def test_a_rule_whose_helper_workers_cannot_import_is_named(client, tmp_path, monkeypatch):
    (tmp_path / "helper_of_mine.py").write_text("def step(x, by):\n    return x - by\n", encoding="utf-8")
    with monkeypatch.context() as path:
        path.syspath_prepend(tmp_path)
        import helper_of_mine

        def rule(x, g, state=(), lr=0.1):
            return helper_of_mine.step(x, lr * g), state

    with pytest.raises(ModuleNotFoundError, match="helper_of_mine"):
        sweep(client, rule)


# Clusters that will not do


def test_nobody_listens():
    began = time.monotonic()
    with pytest.raises(OSError, match="client is 'tcp://127.0.0.1:9'; no scheduler answers there within 15 s"):
        sweep("tcp://127.0.0.1:9")
    assert time.monotonic() - began < 2 * ANSWERS


@pytest.mark.parametrize(
    "address", ["", "nowhere", "nowhere:1:2", "tcp://", "xyz://127.0.0.1:1", "127.0.0.1:port", "127.0.0.1:99999"]
)
def test_an_address_that_is_none(address):
    with pytest.raises((OSError, ValueError), match=f"client is {address!r}"):
        sweep(address)


def test_an_asynchronous_client_is_refused(cluster):
    async def call():
        async with distributed.Client(cluster.scheduler_address, asynchronous=True, set_as_default=False) as client:
            sweep(client)

    with pytest.raises(TypeError, match="must be a synchronous distributed.Client"):
        asyncio.run(call())


@pytest.mark.parametrize("client", [1, b"tcp://127.0.0.1:9", ["tcp://127.0.0.1:9"]])
def test_what_is_no_client_is_refused(client):
    with pytest.raises(TypeError, match=re.escape(f"client is {client!r}")):
        sweep(client)


def test_a_closed_client_is_refused(cluster):
    client = distributed.Client(cluster, set_as_default=False)
    client.close()
    with pytest.raises(ValueError, match="client is .*, which is closed"):
        sweep(client)


@pytest.mark.parametrize("memory", [1000, 1e9, "1 GB", None])
def test_too_little_memory(memory):
    with pytest.raises(ValueError, match=f"memory_per_worker is {memory!r}; it must be a number of bytes, [0-9]+ or"):
        sweep("tcp://127.0.0.1:9", memory_per_worker=memory)


def test_more_memory_than_a_worker_has(client):
    with pytest.raises(ValueError, match="more than worker tcp://.* has, [0-9,]+; make it smaller"):
        sweep(client, memory_per_worker=2**50)


def test_a_result_that_does_not_fit_here():
    everything = {"lr": np.full((100_000, 1), 0.1), "num_seeds": 1}

    def rule(x, g, state=(), lr=0.1, by=1.0):
        return x - lr * by * g, state

    with pytest.raises(MemoryError, match=r"the result of 10,000,000,000 settings needs [\d.]+ GB"):
        sweep("tcp://127.0.0.1:9", rule, by=np.full(100_000, 0.1), **everything)


@pytest.fixture
def empty():
    """A scheduler without workers, in this process."""
    with local_cluster(0) as cluster:
        yield cluster


@contextmanager
def worker(scheduler, *arguments, **environment):
    """A worker that is started by hand."""
    options = ["--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1"]
    with running("-m", "dask", "worker", scheduler.address, *options, *arguments, **environment) as process:
        until(lambda: scheduler.workers)
        yield process


def test_a_cluster_without_workers(empty, monkeypatch):
    monkeypatch.setattr("d2l_utils.scale.cluster.PATIENCE", 1)
    with pytest.raises(RuntimeError, match="the cluster at tcp://.* has no worker after 1 s"):
        sweep(empty.scheduler_address)


def changed(folder, code):
    """The environment of a process that runs some code as Python starts."""
    (folder / "sitecustomize.py").write_text(textwrap.dedent(code), encoding="utf-8")
    return {"PYTHONPATH": str(folder)}


@pytest.mark.filterwarnings("ignore:Mismatched versions found")  # Dask's own word
def test_a_worker_with_another_version(empty, tmp_path):
    environment = changed(
        tmp_path,
        """
        from importlib import metadata
        real = metadata.version
        metadata.version = lambda name: "2.0.0" if name == "numpy" else real(name)
        """,
    )
    with worker(empty.scheduler, **environment), pytest.raises(RuntimeError) as caught:
        sweep(empty.scheduler_address)
    assert re.fullmatch(
        rf"worker tcp://\S+ has numpy 2\.0\.0, and here it is {re.escape(np.__version__)}", str(caught.value)
    )


def test_a_worker_without_this_project(empty, tmp_path):
    environment = changed(tmp_path, "import sys\nsys.modules['d2l_utils'] = None")
    refused = pytest.raises(RuntimeError, match="worker tcp://.* cannot run d2l_utils: .*; install this project there")
    with worker(empty.scheduler, **environment), refused:
        sweep(empty.scheduler_address)


def test_a_worker_with_other_kernels(empty):
    with (
        worker(empty.scheduler, OPENBLAS_CORETYPE="Prescott"),
        pytest.warns(
            RuntimeWarning, match="last bits differ, since worker tcp://.* computes with other kernels"
        ) as caught,
    ):
        there = sweep(empty.scheduler_address, lr=np.linspace(0.01, 0.1, 200))
    assert caught[0].filename.endswith(("test_cluster.py", "<string>"))
    runtime.seed(3)
    here = train.sweep(quick, *ours["table"](), lr=np.linspace(0.01, 0.1, 200))
    np.testing.assert_allclose(there.losses, here.losses, rtol=1e-4)  # float32, 42 steps


# Schedulers and clients that die


def test_a_scheduler_that_is_killed(tmp_path):
    file = tmp_path / "scheduler.json"
    start = ["-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with running(*start, "--scheduler-file", str(file)) as scheduler:
        until(file.exists)
        address = until(lambda: re.search(r"tcp://[\d.:]+", file.read_text(encoding="utf-8")))[0]
        options = ["--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", "127.0.0.1"]
        with running("-m", "dask", "worker", address, *options) as worker, ThreadPoolExecutor(1) as thread:
            result = thread.submit(sweep, address, slow(0.02), store=tmp_path / "store")
            until(lambda: pieces(tmp_path / "store"))
            scheduler.kill()
            began = time.monotonic()
            with pytest.raises(ConnectionError, match=f"^the scheduler at {address} is gone"):
                result.result(timeout=60)
            assert time.monotonic() - began < ANSWERS
            assert still(partial(of_session, worker.pid), 10) == []  # Dask ends it


GOES_ON = """
    seconds = 0.05
    sweep({client!r}, store={store!r})
"""


def test_a_client_that_is_killed_leaves_no_process_and_its_store(tmp_path, client):
    store = tmp_path / "store"
    with script(GOES_ON.format(client=None, store=str(store))) as process:
        until(lambda: pieces(store))
        assert len(of_session(process.pid)) > 2
        process.kill()
        assert still(partial(of_session, process.pid), 10) == []
    goes_on(store, client)


def goes_on(store, client):
    """The next call trains what is missing in a store, and nothing else."""
    before = {path: path.stat().st_mtime_ns for path in pieces(store)}
    assert 0 < len(before) < 9
    same(sweep(client, store=store))
    after = {path: path.stat().st_mtime_ns for path in pieces(store)}
    assert before.items() < after.items()


def test_a_client_that_is_killed_leaves_its_cluster_usable(tmp_path, cluster, client):
    store = tmp_path / "store"
    with script(GOES_ON.format(client=cluster.scheduler_address, store=str(store))) as process:
        until(lambda: pieces(store))
        process.kill()
        until(lambda: not cluster.scheduler.tasks)
    goes_on(store, client)


@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["to the process", "to its group, as a terminal does"])
def test_ctrl_c(send, tmp_path):
    store = tmp_path / "store"
    with script(GOES_ON.format(client=None, store=str(store))) as process:
        until(lambda: pieces(store))
        send(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=ANSWERS)
        assert still(partial(of_session, process.pid), 5) == []  # multiprocessing's tracker ends a moment later
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert errors.count("Traceback") == 1, errors
    assert errors.count("\n") < 40


def test_a_script_that_is_not_guarded(tmp_path):
    (tmp_path / "script.py").write_text(START + "sweep()\n", encoding="utf-8")
    with running(str(tmp_path / "script.py")) as process:
        _, errors = process.communicate(timeout=60)
        assert still(partial(of_session, process.pid), 5) == []  # multiprocessing's tracker ends a moment later
    assert process.returncode == 1
    assert "if __name__ == '__main__'" in errors.splitlines()[-1], errors


# Several sweeps


def test_two_sweeps_at_once(client):
    rates = [np.geomspace(1e-4, 1, 300), np.geomspace(1e-3, 2, 400)]
    call = partial(sweep, client, rule_of_a_module, num_seeds=2)
    with ThreadPoolExecutor(2) as threads:
        both = list(threads.map(lambda lr: call(lr=lr), rates))
    for lr, there in zip(rates, both):
        same(there, lr=lr, num_seeds=2)


def rule_of_a_module(x, g, state=(), lr=0.1):
    if g.shape[-1] > 3:
        time.sleep(0.002)
    return quick(x, g, state, lr)


def test_two_sweeps_at_once_in_one_store(client, tmp_path):
    call = partial(sweep, client, store=tmp_path, num_seeds=2)
    with ThreadPoolExecutor(2) as threads:
        for result in [threads.submit(call) for _ in range(2)]:
            same(result.result(), num_seeds=2)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".npz"}


def test_a_sweep_in_a_thread_starts_a_cluster():
    with ThreadPoolExecutor(1) as thread:
        same(thread.submit(sweep).result(timeout=60))
