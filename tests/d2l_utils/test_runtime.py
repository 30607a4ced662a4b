"""MXNet is made importable where it can run, and refused in plain words where it cannot."""

import importlib
import os
import platform
import random
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from d2l_utils import runtime, train

import mxnet
import numpy
import pytest

pytestmark = pytest.mark.core


@pytest.mark.parametrize(
    ("system", "machine", "words"),
    [
        ("Darwin", "arm64", ["Darwin on arm64", "Apple silicon", "Linux ARM64 container", "natively"]),
        ("Windows", "AMD64", ["Windows", "WSL2"]),
        ("Linux", "riscv64", ["riscv64", "no wheel", "container"]),
    ],
)
def test_machines_without_a_working_wheel(system, machine, words, monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    with pytest.raises(runtime.MXNetUnavailable) as refusal:
        runtime.prepare()
    assert all(word in str(refusal.value) for word in words)


def test_linux_on_arm(monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")
    runtime.check_machine()


def test_linux_without_glibc(monkeypatch):
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    with pytest.raises(runtime.MXNetUnavailable, match="without glibc"):
        runtime.check_machine()


@pytest.mark.parametrize("version", [(3, 9, 18), (3, 16, 0)])
def test_pythons_that_the_lock_does_not_cover(version, monkeypatch):
    monkeypatch.setattr(sys, "version_info", version)
    with pytest.raises(runtime.MXNetUnavailable, match=r"Python 3\.10 to 3\.15.*make PYTHON=python3\.11"):
        runtime.check_machine()


def test_mxnet_not_installed(monkeypatch):
    monkeypatch.delitem(sys.modules, "mxnet")
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(runtime.MXNetUnavailable, match="'mxnet' is not installed for .*Run `make`"):
        importlib.import_module("mxnet")


def test_package_that_mxnet_needs_not_installed():
    def without_requests(module):
        raise ModuleNotFoundError("No module named 'requests'", name="requests")

    with pytest.raises(runtime.MXNetUnavailable, match="'requests' is not installed for .*Run `make`"):
        runtime._execute(without_requests, mxnet)


@pytest.mark.parametrize(
    ("library", "advice"),
    [("libgomp.so.1", "apt-get install libgomp1"), ("libarmpl_lp64_mp.so", r"`make` brings it.*d2l_utils/arm\.py$")],
)
def test_system_library_missing(library, advice):
    def without_library(module):
        raise OSError(f"{library}: cannot open shared object file")

    with pytest.raises(runtime.MXNetUnavailable, match=f"{library}.*{advice}"):
        runtime._execute(without_library, mxnet)


def test_script_tells_make_whether_a_python_fits():
    script = runtime.__file__
    assert subprocess.run([sys.executable, script], capture_output=True).returncode == 0
    lie = "import platform, runpy; platform.system = lambda: 'Windows'; runpy.run_path({!r}, run_name='__main__')"
    refused = subprocess.run([sys.executable, "-c", lie.format(script)], capture_output=True, text=True)
    assert refused.returncode == 1
    assert "WSL2" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize(("chosen", "expected"), [(None, "1"), ("2", "2")])
def test_one_arithmetic_thread_unless_the_user_chose(chosen, expected):
    env = {key: value for key, value in os.environ.items() if key != "OMP_NUM_THREADS"}
    env.update({"OMP_NUM_THREADS": chosen} if chosen else {})
    code = "import d2l_utils, os; print(os.environ['OMP_NUM_THREADS'])"
    printed = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == expected


def test_seed_seeds_all_three_generators():
    def draws():
        return random.random(), numpy.random.rand(), mxnet.nd.random.normal(shape=1).asscalar()

    runtime.seed(7)
    first = draws()
    assert all(a != b for a, b in zip(first, draws()))
    runtime.seed(7)
    assert draws() == first


@pytest.mark.parametrize("number", [-1, 2**32, 1.5, "one"])
def test_seed_refuses(number):
    with pytest.raises(ValueError, match="a seed is an integer from 0"):
        runtime.seed(number)


def test_runs_over_seeds_differ_and_repeat():
    first, again = (train.over_seeds(numpy.random.rand, 2, num_seeds=3) for _ in range(2))
    numpy.testing.assert_array_equal(first, again)
    assert len(numpy.unique(first)) == 6


def test_who_seeds_waits_for_the_runs_of_another_thread():
    """Two sweeps at once, each seeded before, had other minibatches where one was seeded while the other drew."""
    begun, seeded = threading.Event(), threading.Event()

    def loop():
        begun.set()
        seeded.wait(0.5)
        return random.random()

    with ThreadPoolExecutor(1) as thread:
        runs = thread.submit(train.over_seeds, loop, num_seeds=1)
        begun.wait()
        runtime.seed(5)
        seeded.set()
        other = random.random()
    runtime.seed(0)
    assert runs.result() == [random.random()]
    runtime.seed(5)
    assert other == random.random()


@pytest.mark.parametrize("num_seeds", [0, -1, 2.0])
def test_over_seeds_refuses(num_seeds):
    with pytest.raises(ValueError, match="num_seeds is .*an integer of 1 or more"):
        train.over_seeds(lambda: None, num_seeds=num_seeds)
