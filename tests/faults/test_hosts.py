"""A group on a Dask cluster: its Dask workers, its scheduler and its client are killed, and none of it hangs."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from contextlib import ExitStack, contextmanager
from functools import partial

from d2l_utils import runtime, scale, train
from d2l_utils.chapters import ROOT
from d2l_utils.scale import hosts
from d2l_utils.scale.train import NO_SERVER, has_server
from processes import left_of

import pytest
from test_group import DATA, FOREVER, SECONDS, announced, members, wait_for

distributed = pytest.importorskip("distributed", reason="Dask is not installed")
pytestmark = pytest.mark.skipif(not has_server(), reason=NO_SERVER)


class Cluster:
    """A Dask scheduler and two workers, each a process; nobody starts again what is killed."""

    def __init__(self, folder, stack):
        self.file = folder / "scheduler.json"
        self.stack = stack
        self.scheduler = self.start("scheduler", "--port", "0", "--dashboard-address", "127.0.0.1:0")
        self.workers = [self.start("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard") for _ in range(2)]
        self.client = stack.enter_context(distributed.Client(scheduler_file=str(self.file), set_as_default=False))
        self.client.wait_for_workers(2, timeout=60)

    def start(self, role, *options):
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", "--scheduler-file", str(self.file)]
        process = subprocess.Popen(
            [*command, "--host", "127.0.0.1", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.stack.callback(process.wait)
        self.stack.callback(process.kill)
        return process

    def members(self):
        """The processes of groups that it hosts."""
        return [pid for worker in self.workers for pid in members(worker.pid).values()]


@contextmanager
def started(folder):
    with ExitStack() as stack:
        cluster = Cluster(folder, stack)
        yield cluster
        left = left_of(cluster.members(), SECONDS)
    assert left == []


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with started(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest.fixture
def doomed(tmp_path):
    (tmp_path / "cluster").mkdir()
    with started(tmp_path / "cluster") as running:
        yield running


def train_on(cluster, folder, **settings):
    return scale.train("sgd", *DATA, client=cluster.client, make_net=partial(announced, folder), **FOREVER, **settings)


def later(folder, action):
    """Do something once two workers are in the midst of training; returns the thread."""

    def act():
        wait_for(folder, 2)
        action()

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_on_a_cluster_it_finds_what_one_finds(cluster):
    settings = {"learning_rate": 0.01, "record_every": 10, "seed": 3}
    trained = scale.train("sgd", *DATA, client=cluster.client.scheduler.address, **settings)
    runtime.seed(3)
    reference = train.gluon("sgd", *DATA, learning_rate=0.01, record_every=10)
    # The losses are of size 1, and part by the rounding of a sum.
    assert trained.history.losses == pytest.approx(reference.losses, rel=1e-5)
    assert len(trained.params) == 2


def test_more_workers_than_the_cluster_has_are_refused(cluster):
    with pytest.raises(ValueError, match="num_workers is 3; the cluster has only 2 Dask workers"):
        scale.train("sgd", *DATA, client=cluster.client, num_workers=3, learning_rate=0.1)


def test_a_worker_that_raises_ends_the_group_with_its_error(cluster):
    def net():
        raise KeyError("beta")

    with pytest.raises(KeyError, match="'beta'") as raised:
        scale.train("sgd", *DATA, client=cluster.client, make_net=net, learning_rate=0.1)
    assert "in net\n" in str(raised.value.__cause__)
    assert left_of(cluster.members(), SECONDS) == []


def test_the_server_is_killed(cluster, tmp_path):
    def kill():
        os.kill({**members(cluster.workers[0].pid), **members(cluster.workers[1].pid)}["server 0"], signal.SIGKILL)

    thread = later(tmp_path, kill)
    with pytest.raises(ChildProcessError, match="^the server was killed by SIGKILL"):
        train_on(cluster, tmp_path)
    thread.join()
    assert left_of(cluster.members(), SECONDS) == []


def test_a_task_that_dask_runs_once_more_starts_nothing(cluster):
    again = cluster.client.submit(hosts._host, "a group of before", 1, 2, ("127.0.0.1", 9), b"", 60.0)
    _, error, _ = again.result(timeout=60)
    assert str(error) == "the Dask worker that hosted worker 1 was lost; the group was ended"


CLIENT = """
import sys
from functools import partial
from pathlib import Path
sys.path[:0] = ["tests/faults", "tests"]
from test_group import DATA, FOREVER, announced
from d2l_utils import scale
scale.train("sgd", *DATA, client=sys.argv[2], make_net=partial(announced, Path(sys.argv[1])), **FOREVER)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_the_client_is_killed(how, cluster, tmp_path):
    command = [sys.executable, "-c", textwrap.dedent(CLIENT), str(tmp_path), cluster.client.scheduler.address]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_for(tmp_path, 2)
        running = cluster.members()
        assert len(running) == 4
        process.send_signal(how)
        assert left_of(running, SECONDS) == []
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("num_killed", [1, 2])
def test_dask_workers_are_killed(num_killed, doomed, tmp_path):
    """With all of them, what they were to work on is lost, too: Dask forgets their tasks before anybody looks."""

    def kill():
        for victim in doomed.workers[-num_killed:]:
            victim.kill()

    (tmp_path / "begun").mkdir()
    thread = later(tmp_path / "begun", kill)
    start = time.monotonic()
    with pytest.raises(ChildProcessError, match=r"^the Dask worker tcp://.*, host of worker \d, is gone"):
        train_on(doomed, tmp_path / "begun")
    thread.join()
    assert time.monotonic() < start + 60
    assert left_of(doomed.members(), SECONDS) == []


def test_the_dask_scheduler_is_killed(doomed, tmp_path):
    (tmp_path / "begun").mkdir()
    thread = later(tmp_path / "begun", doomed.scheduler.kill)
    with pytest.raises(ConnectionError, match="the Dask scheduler at tcp://.* is gone"):
        train_on(doomed, tmp_path / "begun")
    thread.join()
    assert left_of(doomed.members(), 2 * SECONDS) == []
