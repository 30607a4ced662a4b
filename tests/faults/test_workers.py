"""Lockstep beside threads, without its parent, interrupted, killed, and with rules that raise: each fault for real."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from d2l_utils import train
from d2l_utils.chapters import ROOT, definitions
from processes import children, left_of

import numpy as np
import pytest
from mxnet import nd

ADAM = definitions("11_adam", "adam")
SECONDS = 10  # until all is over, at most: a fault is seen at once, and the machine may be busy
START = """
import sys, threading, time
import numpy as np
from d2l_utils import train
from mxnet import nd

def sgd(x, g, state=(), lr=0.1):
    return x - lr * g, state

def slow(x, g, state=(), lr=0.1):
    if len(g) == 4 and g.any():  # not where it is only tried out
        time.sleep(seconds)
    return x - lr * g, state

def go(rule, **settings):
    images, labels = nd.array(np.eye(4)), nd.array(range(4), dtype="int32")
    settings = {"seeds": [0, 1], "num_workers": 2, "batch_size": 4, **settings}
    return train.lockstep([("theirs", rule, {"lr": 0.1})], images, labels, images, labels, **settings)
"""
FOREVER = """
seconds = 100
threading.Timer(1, print, ["going"], {"flush": True}).start()
go(slow)
"""


def script(code):
    """A process that runs some code after START: its rules are functions of __main__, as a notebook's are."""
    command = [sys.executable, "-c", START + textwrap.dedent(code)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, encoding="utf-8", start_new_session=True)


def output(code, seconds):
    """What a script prints; it must end by itself within this time."""
    process = script(code)
    try:
        printed, errors = process.communicate(timeout=seconds)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    return printed


@pytest.fixture
def going():
    """A script in the midst of lockstep, whose epochs do not end, and its workers."""
    process = script(FOREVER)
    assert process.stdout.readline() == "going\n", process.communicate()
    workers = children(process.pid)
    assert len(workers) == 2
    yield process, workers
    process.kill()
    for pid in left_of(workers, seconds=0):
        os.kill(pid, signal.SIGKILL)
    process.communicate()


@pytest.fixture(scope="module")
def blobs():
    draw = np.random.RandomState(0)
    images, labels = nd.array(draw.rand(300, 50)), nd.array(draw.randint(4, size=300), dtype="int32")
    return images[:200], labels[:200], images[200:], labels[200:]


def found(blobs, lr, **settings):
    """The losses of runs whose data depend on lr, too: whoever mixes two races up gets others."""
    images, labels, *test = blobs
    runs = [("Adam", ADAM, {"lr": lr})]
    race = train.lockstep(runs, images * lr, labels, *test, **{"num_epochs": 4, "seeds": [0, 1], **settings})
    return [run.losses for run in race["Adam"]]


@pytest.mark.parametrize("num_workers", [1, 2])
def test_races_in_threads_do_not_share_their_data(num_workers, blobs):
    race = partial(found, blobs, num_workers=num_workers)
    rates = 0.001, 0.01, 0.1, 1.0
    with ThreadPoolExecutor(len(rates)) as pool:
        assert [*pool.map(race, rates)] == [*map(race, rates)]


def test_runs_over_seeds_in_threads_do_not_share_the_generators():
    X, y = nd.random.normal(shape=(100, 5)), nd.random.normal(shape=100)

    def losses(rate):
        histories = train.over_seeds(train.stepwise, ADAM, X, y, num_seeds=2, lr=rate)
        return [history.losses for history in histories], train.sweep(
            ADAM, X, y, num_seeds=2, lr=[rate]
        ).losses.tolist()

    rates = 0.001, 0.01, 0.1
    with ThreadPoolExecutor(len(rates)) as pool:
        assert [*pool.map(losses, rates)] == [*map(losses, rates)]


def test_beside_a_thread_that_trains_with_mxnet():
    code = """
        X, y = nd.random.normal(shape=(500, 5)), nd.random.normal(shape=500)
        ended = threading.Event()

        def others():
            while not ended.is_set():
                train.gluon("sgd", X, y, learning_rate=0.01)

        alone = go(sgd)["theirs"][1].losses
        thread = threading.Thread(target=others)
        thread.start()
        for _ in range(8):
            assert go(sgd)["theirs"][1].losses == alone
        ended.set()
        thread.join()
        print("ended")
    """
    assert output(code, seconds=60) == "ended\n"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_worker_outlives_its_parent(how, going):
    process, workers = going
    process.send_signal(how)
    assert left_of(workers, SECONDS) == []


def test_ctrl_c_ends_all_with_keyboard_interrupt_alone(going):
    process, workers = going
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes of its group
    _, errors = process.communicate(timeout=SECONDS)
    assert left_of(workers, seconds=0) == []
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert errors.count("Traceback") == 1


def test_a_worker_that_is_killed_is_named_at_once(going):
    process, workers = going
    os.kill(workers[1], signal.SIGKILL)
    _, errors = process.communicate(timeout=SECONDS)
    assert errors.rstrip().endswith(
        "ChildProcessError: a process that shared the work was killed by SIGKILL; num_workers=1 needs none"
    )
    assert left_of(workers, seconds=0) == []


def late(error, *words):
    """A rule that raises at its third step."""

    def rule(x, g, state=(0,), lr=0.1):
        (t,) = state
        if np.mean(t) >= 2:
            raise error(*words)
        return x - lr * g, (t + 1,)

    return rule


class OfTwo(Exception):
    """An error that cannot be sent: it is made of two arguments and keeps one."""

    def __init__(self, one, other):
        super().__init__(f"{one} and {other}")


@pytest.mark.parametrize("num_workers", [1, 2])
@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        ([ZeroDivisionError, "by zero"], ZeroDivisionError, r"^late, seed [34]: by zero$"),
        ([KeyError, "beta"], KeyError, r"late, seed [34]: 'beta'"),
        ([OfTwo, 1, 2], (OfTwo, RuntimeError), r"late, seed [34]: 1 and 2$"),
    ],
)
def test_a_rule_that_raises_is_named(error, kind, words, num_workers, blobs):
    runs = [("fine", ADAM, {}), ("late", late(*error), {})]
    before = children(os.getpid())  # a browser of other tests, say
    with pytest.raises(kind, match=words):
        train.lockstep(runs, *blobs, seeds=[3, 4], num_workers=num_workers)
    assert children(os.getpid()) == before


def test_a_rule_that_cannot_be_sent_is_refused(blobs):
    lock = threading.Lock()

    def rule(x, g, state=(), lr=0.1):
        with lock:
            return x - lr * g, state

    with pytest.raises(TypeError, match="another process cannot have it, and num_workers=1 needs no other"):
        train.lockstep([("locked", rule, {})], *blobs, num_workers=2)


def test_a_rule_whose_module_is_nowhere_else_is_named(blobs, tmp_path, monkeypatch):
    (tmp_path / "elsewhere.py").write_text("def rule(x, g, state=()):\n    return x - g, state\n", encoding="utf-8")
    with monkeypatch.context() as path:
        path.syspath_prepend(tmp_path)
        from elsewhere import rule
    with pytest.raises(ModuleNotFoundError, match="elsewhere"):
        train.lockstep([("moved", rule, {})], *blobs, num_workers=2)


class Rule:
    """A rule that is an object."""

    def __call__(self, x, g, state=(), lr=0.1):
        return x - lr * g, state


def test_rules_of_all_kinds_travel(blobs):
    rate = 0.1
    kinds = [
        ("lambda", lambda x, g, state=(): (x - rate * g, state), {}),
        ("partial", partial(Rule(), lr=0.1), {}),
        ("object", Rule(), {}),
        ("array", lambda x, g, state=(), rates=None: (x - rates * g, state), {"rates": np.float32(rate)}),
    ]
    here, there = (train.lockstep(kinds, *blobs, num_epochs=2, num_workers=number) for number in (1, 2))
    for label, *_ in kinds:
        assert [run.losses for run in there[label]] == [run.losses for run in here[label]]


@pytest.mark.parametrize("few", [{"num_workers": 1}, {"seeds": [0]}])
def test_no_process_is_started_where_one_is_enough(few, blobs):
    before = children(os.getpid())

    def stop(losses, accuracies):
        assert children(os.getpid()) == before

    found(blobs, 0.1, **few, stop=stop)


BARS = """
    seconds = 0.1
    go(slow, num_epochs=4)
    print("then a sweep", flush=True)
    X, y = nd.ones((50, 5)), nd.ones(50)
    train.sweep(sgd, X, y, num_epochs=1, lr=[0.1, 0.2])
    print("then a longer one", flush=True)
    def slow(x, g, state=(), lr=0.1):
        time.sleep(0.5)
        return x - lr * g, state
    train.sweep(slow, X, y, num_epochs=1, lr=[0.1, 0.2])
"""


def test_bars_in_a_terminal():
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))  # one of no size shows no bar
    command = [sys.executable, "-c", START + textwrap.dedent(BARS)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=theirs, stderr=theirs, stdin=theirs)
    os.close(theirs)
    shown = b""
    try:
        while part := os.read(ours, 10_000):
            shown += part
    except OSError:  # the other side is closed
        pass
    os.close(ours)
    assert process.wait(timeout=30) == 0, shown
    lockstep, short, long = shown.decode().split("then a")
    assert re.search(r"[5-8]/8 \[\d+:\d+<\d+:\d+, .*epoch", lockstep)  # with the time left
    assert "[" not in short
    assert re.search(r"[3-5]/5 \[\d+:\d+<\d+:\d+, .*step", long)


def test_no_bar_in_a_log():
    process = script(BARS)
    printed, errors = process.communicate(timeout=60)
    assert (printed.count("\n"), errors) == (2, "")
