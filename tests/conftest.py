"""Fixtures that all tests share, and a last word on what was skipped for want of data."""

import d2l_utils  # noqa: F401  (makes MXNet importable before any test imports it)
from book import run
from d2l_utils import data, runtime

import pytest

NO_DATA = "the real data are not to be had here"


@pytest.fixture(autouse=True)
def seeded():
    runtime.seed(1)


@pytest.fixture(scope="session")
def airfoil():
    """The real airfoil data, or a skip."""
    if data.offline():
        pytest.skip(f"{NO_DATA}: D2L_OFFLINE=1")
    try:
        return data.airfoil()
    except data.DataUnavailable as unavailable:
        pytest.skip(f"{NO_DATA}: {unavailable}")


@pytest.fixture
def executed():
    """Reads a notebook as the build has just run it."""

    def read(name):
        if not run.is_current(name):
            pytest.fail(f"{name} has not been run since it changed: run `make` first")
        return run.notebook.read(name, run.EXECUTED)

    return read


def pytest_terminal_summary(terminalreporter):
    skipped = [r for r in terminalreporter.stats.get("skipped", []) if NO_DATA in str(r.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests were skipped: {NO_DATA} (see README, Data)", yellow=True)
