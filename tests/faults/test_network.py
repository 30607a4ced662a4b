"""Several hosts on one machine, as network namespaces: their links slow down and break, and nothing is lost."""

import os
import re
import signal
import subprocess
import textwrap
from contextlib import contextmanager

from d2l_utils import runtime, train
from d2l_utils.chapters import ROOT
from hosts import network
from processes import of_session

import numpy as np
import pytest
from mxnet import nd

pytest.importorskip("distributed", reason="Dask is not installed: no sweep was run on a cluster")

from test_cluster import START, pieces, same, until

TO_SCHEDULER = "tcp://10.77.0.1:8786"
# Seconds after which Dask gives up a worker that says nothing (300 is its default; with less than 10 a busy machine's
# is taken for lost), and a connection on which nothing comes (11 is the least, 30 the default). It is the first of
# both that counts: users wait for up to 30 s.
SOON = {"DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "10s", "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": "11s"}


@contextmanager
def cluster_of(hosts):
    """A scheduler on the first host, a worker on each but it and the last, and a script on that to come."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": {**os.environ, **SOON}}
    # Without --host Dask asks which address leads to the internet, and there is none here.
    started = [hosts[0].start("-m", "dask", "scheduler", "--no-dashboard", "--host", hosts[0].address, **quiet)]
    for host in hosts[1:-1]:
        options = ["--preload", "d2l_utils", "--nthreads", "1", "--no-dashboard", "--no-nanny", "--host", host.address]
        started.append(host.start("-m", "dask", "worker", TO_SCHEDULER, *options, **quiet))
    try:
        yield
    finally:
        for process in started:
            process.kill()
            process.wait()


SWEEP = """
    seconds = {seconds}
    with distributed.Client({address!r}, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        result = sweep(client, store={store!r})
    np.savez({store!r} + ".npz", losses=result.losses, params=result.params)
"""


TRAIN = """
    features = nd.array(np.random.RandomState(0).normal(size=(200, 5)))
    with distributed.Client({address!r}, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=60)
        print("begun", flush=True)
        plan = {"num_workers": 2, "client": client, "time_limit": 40, "num_epochs": {num_epochs}}
        trained = scale.train("rmsprop", features, features.sum(axis=1), learning_rate=0.01, **plan)
    np.savez({store!r} + ".npz", *[array.asnumpy() for params in trained.params for array in params])
"""


@contextmanager
def running(host, script, **values):
    """A script that runs on a host."""
    code = "import distributed\n" + START + textwrap.dedent(script)
    for name, value in {"address!r": repr(TO_SCHEDULER), **values}.items():
        code = code.replace("{" + name + "}", str(value))
    pipe = subprocess.PIPE
    process = host.start("-c", code, cwd=ROOT, stdout=pipe, stderr=pipe, encoding="utf-8")
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def swept(hosts, store, meanwhile=None, seconds=0.0):
    """A sweep whose client runs on the last host, and what is done to the hosts while it is under way."""
    with running(hosts[-1], SWEEP, **{"seconds": seconds, "store!r": repr(str(store))}) as process:
        if meanwhile:
            until(lambda: pieces(store), seconds=60)
            meanwhile()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    with np.load(f"{store}.npz") as result:
        return train.history.Sweep("sgd", [], [], result["losses"], result["params"], 0.0)


@pytest.fixture
def hosts(tmp_path):
    with network(4) as hosts, cluster_of(hosts):
        yield hosts
    assert not [name for name in namespaces() if name in {host.name for host in hosts}]


def namespaces():
    return subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout.split()


def test_several_hosts_give_the_bits_of_one(hosts, tmp_path):
    same(swept(hosts, tmp_path / "store"))


def test_a_host_that_is_lost_loses_nothing(hosts, tmp_path):
    """Its link goes down, and nobody is told: Dask gives the host up after its time-outs."""
    same(swept(hosts, tmp_path / "store", hosts[1].unplug, seconds=0.02))


def test_a_slow_link_changes_nothing(hosts, tmp_path):
    hosts[1].slow_down()
    same(swept(hosts, tmp_path / "store"))


def test_a_network_is_trained_by_several_hosts(hosts, tmp_path):
    """The workers of a group meet under their hosts' own addresses, and find what one machine finds."""
    with running(hosts[-1], TRAIN, **{"num_epochs": 2, "store!r": repr(str(tmp_path / "trained"))}) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    features = nd.array(np.random.RandomState(0).normal(size=(200, 5)))
    runtime.seed(0)
    alone = train.gluon("rmsprop", features, features.sum(axis=1), learning_rate=0.01)
    with np.load(tmp_path / "trained.npz") as found:
        weights, bias, *others = found.values()
    assert [array.tobytes() for array in others] == [weights.tobytes(), bias.tobytes()]
    for mine, theirs in zip(alone.params, (weights, bias)):
        np.testing.assert_allclose(mine.asnumpy(), theirs, atol=2e-6)  # two shares of a float32 sum, over 40 steps


def test_a_group_whose_host_is_lost_ends_with_an_error(hosts, tmp_path):
    """No weights can come of it: one worker has a share of every minibatch."""
    with running(hosts[-1], TRAIN, **{"num_epochs": 10**6, "store!r": repr(str(tmp_path / "trained"))}) as process:
        assert process.stdout.readline() == "begun\n"
        until(lambda: len(on(hosts[1])) > 1, seconds=60)  # its Dask worker hosts a worker of the group, and more
        hosts[1].unplug()
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 1
    assert re.search(r"(TimeoutError|ChildProcessError|RuntimeError): ", errors), errors
    until(lambda: len(on(hosts[2])) <= 1, seconds=10)


def on(host):
    """The processes on a host."""
    return subprocess.run(["ip", "netns", "pids", host.name], capture_output=True, text=True).stdout.split()


def test_no_host_is_left_when_its_test_fails():
    with pytest.raises(ZeroDivisionError), network(2) as hosts:
        names = {host.name for host in hosts}
        process = hosts[0].start("-c", "import time; time.sleep(1000)")
        until(lambda: of_session(process.pid))
        1 / 0  # noqa: B018
    assert process.wait(timeout=5) == -signal.SIGKILL
    assert names.isdisjoint(namespaces())
