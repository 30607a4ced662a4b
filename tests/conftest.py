"""Fixtures that all tests share, and a last word on what was skipped and why."""

import signal

import d2l_utils  # noqa: F401  (makes MXNet importable before any test imports it)
from book import outputs
from d2l_utils import data, runtime
from engines import DESK, MISSING, start
from tiny_project import build, copy

import pytest

# A shell that starts us in the background has us ignore Ctrl-C; what the tests start and interrupt would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

NO_DATA = "the real data are not to be had here"
NO_PEERS = "PyTorch or Keras is not installed"
NO_KERNELS = "this processor cannot run the kernels that the numbers belong to"


@pytest.fixture(autouse=True)
def seeded():
    runtime.seed(1)


def real(load):
    """What a function of d2l_utils.data loads from the real files, or a skip."""
    if data.offline():
        pytest.skip(f"{NO_DATA}: D2L_OFFLINE=1")
    try:
        return load()
    except data.DataUnavailable as unavailable:
        pytest.skip(f"{NO_DATA}: {unavailable}")


@pytest.fixture(scope="session")
def airfoil():
    """The real airfoil data, or a skip."""
    return real(data.airfoil)


@pytest.fixture(scope="session")
def mnist():
    """The real MNIST as NumPy arrays, or a skip."""
    return [array.asnumpy() for array in real(data.mnist)]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project with tiny notebooks, in a folder whose name has blanks and Chinese characters."""
    return copy(tmp_path_factory.mktemp("书 a project"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A project of three chapters that is built."""
    folder = copy(tmp_path_factory.mktemp("whole"))
    code, _, errors = build(folder)
    assert code == 0, errors
    return folder


@pytest.fixture
def executed():
    """Reads a notebook as the build has just run it."""

    def read(name):
        if not outputs.is_current(name):
            pytest.fail(f"{name} has not been run since it changed: run `make` first")
        return outputs.executed(name)

    return read


@pytest.fixture(scope="session")
def torch():
    """PyTorch, or a skip."""
    return pytest.importorskip("torch", reason=f"{NO_PEERS}: not compared with it")


@pytest.fixture(scope="session")
def engines():
    """Each engine by its name, started when it is first asked for; None where it is not installed."""
    started = {}

    def engine(name):
        if name not in started:
            started[name] = None  # one that fails to start fails once
            started[name] = start(name)
            if started[name]:
                started[name].set_window_size(*DESK)
        return started[name]

    yield engine
    for one in filter(None, started.values()):
        one.quit()


@pytest.fixture
def driver(request, engines):
    """Headless Chromium, with logs of its console and its requests, or the engine that a test runs in; or a skip."""
    name = getattr(request, "param", "chromium")
    return engines(name) or pytest.skip(MISSING[name])


def pytest_terminal_summary(terminalreporter):
    explained = {
        NO_DATA: "data/README.md",
        NO_PEERS: "tests/README.md, Other frameworks",
        **dict.fromkeys(MISSING.values(), "tests/README.md, Browser"),
        NO_KERNELS: "PLATFORMS.md, Processors",
    }
    for reason, where in explained.items():
        skipped = [r for r in terminalreporter.stats.get("skipped", []) if reason in str(r.longrepr)]
        if skipped:
            terminalreporter.write_line(f"{len(skipped)} tests were skipped: {reason} (see {where})", yellow=True)
