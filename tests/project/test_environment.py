"""One source of truth for the versions: pyproject.toml, the locks and environment.yml say the same."""

import re
import sys
from importlib import metadata

from d2l_utils import runtime
from tools import lock

import pytest
from packaging.requirements import Requirement

PROJECT = (lock.ROOT / "pyproject.toml").read_text(encoding="utf-8")


def listed(table):
    """The requirements of one list in pyproject.toml (Python 3.10 has no tomllib)."""
    body = re.search(rf"^{table} = \[\n(.*?)^\]", PROJECT, flags=re.MULTILINE | re.DOTALL)[1]
    return [Requirement(text) for text in re.findall(r'^ +"(.+)",$', body, flags=re.MULTILINE)]


def pins(path):
    """name -> the pinned requirements of a lock file, one for each range of Pythons."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if re.match(r"[a-z0-9]", line):
            requirement = Requirement(line.rstrip(" \\"))
            found.setdefault(requirement.name, []).append(requirement)
    return found


def holds(requirement, python):
    return requirement.marker is None or requirement.marker.evaluate(python)


def versions(requirements):
    return {re.fullmatch(r"==(.+)", str(requirement.specifier))[1] for requirement in requirements}


@pytest.mark.parametrize(("table", "path"), [("dependencies", lock.READERS), ("dev", lock.DEVELOPERS)])
def test_locks_fulfil_the_project(table, path):
    locked = pins(path)
    oldest, newest = runtime.PYTHONS
    for minor in range(oldest[1], newest[1] + 1):
        python = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.9"}
        for wanted in listed(table):
            if holds(wanted, python):
                (version,) = versions(pin for pin in locked[wanted.name] if holds(pin, python))
                assert version in wanted.specifier, (minor, wanted)


def test_main_pins_are_the_ones_asked_for():
    locked = pins(lock.READERS)
    assert versions(locked["mxnet"]) == {"1.9.1"}
    assert versions(locked["d2l"]) == {"0.8.7"}
    assert versions(locked["numpy"]) == {"1.23.5", "1.26.4", "2.2.6", "2.5.5"}


@pytest.mark.parametrize("path", [lock.READERS, lock.DEVELOPERS])
def test_every_pin_has_a_hash(path):
    blocks = re.split(r"^(?=[a-z0-9])", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert "http" not in re.sub(
        r"# +via.*|#   .*|^(httpcore|httpx)==", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE
    )


def test_peers_are_pinned_and_kept_out_of_the_locks():
    peers = pins(lock.ROOT / "requirements-peers.txt")
    assert versions(peers["torch"]) == {"2.13.0"}
    assert not {*peers} & {*pins(lock.READERS), *pins(lock.DEVELOPERS)}


def test_developers_lock_holds_the_readers_lock():
    readers, developers = pins(lock.READERS), pins(lock.DEVELOPERS)
    for name, requirements in readers.items():
        assert versions(requirements) == versions(developers[name])


def test_conda_environment_is_the_lock():
    assert lock.CONDA.read_text(encoding="utf-8") == lock.environment(lock.READERS.read_text(encoding="utf-8"))
    assert f"python={lock.MAIN}" in lock.CONDA.read_text(encoding="utf-8")
    for name in ("mxnet==1.9.1", "d2l==0.8.7", "matplotlib==", "jupyter==", "numpy==1.23.5"):
        assert f'- "{name}' in lock.CONDA.read_text(encoding="utf-8")


def test_what_is_installed_is_what_is_locked():
    locked = pins(lock.DEVELOPERS)
    for name in ("mxnet", "numpy", "d2l", "matplotlib", "nbconvert", "nbclient", "pytest"):
        (pin,) = [pin for pin in locked[name] if pin.marker is None or pin.marker.evaluate()]
        assert metadata.version(name) in versions([pin])


def test_python_is_one_that_the_project_covers():
    oldest, newest = runtime.PYTHONS
    assert oldest <= sys.version_info[:2] <= newest
    assert "{}.{}".format(*oldest) == lock.OLDEST
    assert f'requires-python = ">={lock.OLDEST},<{newest[0]}.{newest[1] + 1}"' in PROJECT
