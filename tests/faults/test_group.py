"""A group of training processes that raise, are killed, run out of time or lose their caller: none of it hangs."""

import os
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
from pathlib import Path

from d2l_utils import linear, runtime, scale, train
from d2l_utils.chapters import ROOT
from d2l_utils.scale import group
from d2l_utils.scale.train import NO_SERVER, has_server
from processes import children, left_of

import pytest
from mxnet import nd

pytestmark = pytest.mark.skipif(not has_server(), reason=NO_SERVER)

SECONDS = 10  # until all is over, at most: a fault is seen at once, and the machine may be busy
DATA = nd.ones((20, 5)), nd.ones(20)
FOREVER = {"learning_rate": 0.01, "num_epochs": 10**6, "record_every": 20, "batch_size": 4}
MEMBER = re.compile(rb"(?:relay\.py|worker\.main\(\))\0(scheduler|server|worker)\0(\d+)\0")


def members(caller):
    """The processes of groups that a process has started: their role and number -> their id, by Linux's table."""
    found = {}
    for pid in children(caller):
        with suppress(OSError):  # it has ended meanwhile
            if played := MEMBER.search(Path(f"/proc/{pid}/cmdline").read_bytes()):
                found[f"{played[1].decode()} {played[2].decode()}"] = pid
    return found


def announced(folder):
    """A net for linear regression; where it is made, training is about to begin."""
    (folder / str(os.getpid())).touch()
    return linear.net(5)


def wait_for(folder, count):
    deadline = time.monotonic() + 60
    while len([*folder.iterdir()]) < count:
        assert time.monotonic() < deadline, "the group does not begin"
        time.sleep(0.02)
    time.sleep(0.3)  # in the midst of it


@contextmanager
def ends_soon():
    """What is started within is gone soon after an error leaves."""
    before = set(members(os.getpid()))
    yield
    assert set(members(os.getpid())) == before


@pytest.mark.parametrize(
    ("member", "name"), [("scheduler 0", "the scheduler"), ("server 0", "the server"), ("worker 1", "worker 1")]
)
def test_a_process_that_is_killed_is_named_and_ends_the_group(member, name, tmp_path):
    killed = []

    def kill():
        wait_for(tmp_path, 2)
        killed.append(time.monotonic())
        os.kill(members(os.getpid())[member], signal.SIGKILL)

    thread = threading.Thread(target=kill)
    thread.start()
    with ends_soon(), pytest.raises(ChildProcessError, match=f"^{name} was killed by SIGKILL, and so the group"):
        scale.train("sgd", *DATA, make_net=partial(announced, tmp_path), **FOREVER)
    assert time.monotonic() < killed[0] + SECONDS
    thread.join()


def test_a_worker_that_raises_ends_the_group_with_its_error(tmp_path):
    def net():
        made = announced(tmp_path)
        if len([*tmp_path.iterdir()]) == 2:  # the later one; the other waits for it
            raise KeyError("beta")
        return made

    with ends_soon(), pytest.raises(KeyError, match="'beta'") as raised:
        scale.train("sgd", *DATA, make_net=net, **FOREVER)
    assert re.search(r"in the process of worker \d:\n\nTraceback.*in net\n", str(raised.value.__cause__), re.DOTALL)


def test_an_optimizer_that_raises_on_the_server_ends_the_group():
    class Late:
        base_lr = 0.1

        def __call__(self, num_update):
            return 0.1 / (num_update < 5)

    with ends_soon(), pytest.raises(ZeroDivisionError) as raised:
        scale.train("sgd", *DATA, kvstore="dist_async", lr_scheduler=Late(), num_epochs=10**6, record_every=20)
    assert str(raised.value.__cause__).startswith("in the process of the server:")


@pytest.mark.parametrize(("end", "words"), [(os._exit, "ended with exit code 3"), (sys.exit, r"SystemExit\(3\)")])
def test_a_worker_that_exits_ends_the_group_and_not_the_caller(end, words):
    with ends_soon(), pytest.raises((ChildProcessError, RuntimeError), match=words):
        scale.train("sgd", *DATA, make_net=partial(end, 3), num_workers=1, **FOREVER)


def test_the_time_limit():
    start = time.monotonic()
    with ends_soon(), pytest.raises(TimeoutError, match="time_limit is 1.5 s"):
        scale.train("sgd", *DATA, time_limit=1.5, **FOREVER)
    assert time.monotonic() < start + 1.5 + SECONDS


CALLER = """
import sys, time
from functools import partial
from pathlib import Path
sys.path[:0] = ["tests/faults", "tests"]
from test_group import DATA, FOREVER, announced
from d2l_utils import scale
scale.train("sgd", *DATA, make_net=partial(announced, Path(sys.argv[1])), **FOREVER)
"""


@pytest.fixture
def caller(tmp_path):
    """A process in the midst of training by a group, and the group's processes."""
    command = [sys.executable, "-c", textwrap.dedent(CALLER), str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, encoding="utf-8", start_new_session=True)
    try:
        wait_for(tmp_path, 2)
        group = members(process.pid).values()
        assert len(group) == 4
        yield process, group
    finally:
        process.kill()
        process.communicate()
    assert left_of(group, SECONDS) == []


def test_no_process_outlives_its_caller(caller):
    process, group = caller
    process.kill()
    assert left_of(group, SECONDS) == []


def test_ctrl_c_ends_all_with_keyboard_interrupt_alone(caller):
    process, group = caller
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes of its group
    _, errors = process.communicate(timeout=SECONDS)
    assert left_of(group, seconds=0) == []
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert errors.count("Traceback") == 1


def test_groups_at_once_do_not_disturb_each_other():
    X, y = DATA
    settings = {"learning_rate": 0.01, "record_every": 10}

    def losses(size):
        return scale.train("sgd", X, size * y, seed=1, **settings).history.losses

    with ThreadPoolExecutor(2) as pool:
        together = [*pool.map(losses, (1, 3))]
    for size, found in zip((1, 3), together):
        runtime.seed(1)
        # All examples are alike, and the losses of size 1: they part by the rounding of a sum.
        assert found == pytest.approx(train.gluon("sgd", X, size * y, **settings).losses, rel=1e-5)


def test_a_port_that_is_taken_is_given_up_for_another(monkeypatch):
    first = group.reserve(group.LOOPBACK)
    first.listen()
    free = group.reserve
    held = [first]
    monkeypatch.setattr(group, "reserve", lambda host: held.pop() if held else free(host))
    assert scale.train("sgd", *DATA, num_workers=1, learning_rate=0.1).history.steps[-1] == 4


def test_settings_of_another_parameter_server_are_not_taken_over(monkeypatch):
    for name in ("DMLC_ROLE", "DMLC_INTERFACE", "DMLC_PS_ROOT_URI", "PS_DROP_MSG", "PORT"):
        monkeypatch.setenv(name, "1")
    assert scale.train("sgd", *DATA, num_workers=1, learning_rate=0.1).history.steps[-1] == 4
