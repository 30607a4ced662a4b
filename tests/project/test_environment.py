"""One source of truth for the versions: pyproject.toml, the locks and environment.yml say the same, by hashes."""

import re
import sys
from importlib import metadata

from d2l_utils import runtime
from tools import lock

import pytest
import yaml
from packaging.requirements import Requirement

# What pip is given, by make, by conda and by d2l_utils/arm.py.
INSTALLED = [lock.READERS, lock.DEVELOPERS, lock.SCALE, lock.PEERS, lock.CUDA, lock.OPTAX]
INSTALLED += [lock.ROOT / f"requirements-{name}.txt" for name in ("arm", "cpu", "d2l")]
PROJECT = (lock.ROOT / "pyproject.toml").read_text(encoding="utf-8")


def listed(table):
    """The requirements of one list in pyproject.toml (Python 3.10 has no tomllib)."""
    body = re.search(rf"^{table} = \[(.*?)\]$", PROJECT, flags=re.MULTILINE | re.DOTALL)[1]
    return [Requirement(text) for text in re.findall(r'^ *"(.+?)",?$', body, flags=re.MULTILINE)]


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


@pytest.mark.parametrize("path", INSTALLED, ids=lambda path: path.stem)
def test_every_pin_has_a_hash(path):
    blocks = re.split(r"^(?=[a-z0-9])", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert "http" not in re.sub(
        r"# +via.*|#   .*|^(httpcore|httpx)==", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE
    )


def test_peers_are_pinned_and_kept_out_of_the_locks():
    wanted = {*pins(lock.PEERS_WANTED)}
    assert wanted == {"torch", "keras", "numba", "lion-pytorch", "prodigyopt", "pytorch-optimizer", "schedulefree"}
    assert wanted <= {*pins(lock.PEERS), *pins(lock.CUDA)}
    assert not wanted & {*pins(lock.READERS), *pins(lock.DEVELOPERS)}


def test_pytorch_has_one_version_whatever_its_build():
    (version,) = versions(pins(lock.CUDA)["torch"])
    assert versions(pins(lock.PEERS_WANTED)["torch"]) == {version}
    assert versions(pins(lock.ROOT / "requirements-cpu.txt")["torch"]) == {f"{version}+cpu"}
    assert not {*pins(lock.PEERS)} & {*pins(lock.CUDA)}


def test_peers_leave_all_else_as_it_is():
    """What they share with the other locks has the same version there."""
    peers, developers = pins(lock.PEERS), pins(lock.DEVELOPERS)
    shared = {*peers} & {*developers}
    assert {"numpy", "jinja2", "rich"} <= shared
    for name in shared:
        assert versions(peers[name]) <= versions(developers[name])


def test_developers_lock_holds_the_readers_lock():
    readers, developers = pins(lock.READERS), pins(lock.DEVELOPERS)
    for name, requirements in readers.items():
        assert versions(requirements) == versions(developers[name])


def test_what_dask_needs_is_pinned_on_every_python():
    """The readers' lock has psutil on Python 3.10 alone: what one of them lacks the other has."""
    (wanted,) = listed("scale")
    assert wanted.name == "distributed"
    readers, added = pins(lock.READERS), pins(lock.SCALE)
    oldest, newest = runtime.PYTHONS
    for minor in range(oldest[1], newest[1] + 1):
        python = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.9"}
        for name in ("distributed", "dask", "psutil", "tornado", "cloudpickle", "msgpack", "click"):
            found = {pin for pin in (*readers.get(name, ()), *added.get(name, ())) if holds(pin, python)}
            assert len(versions(found)) == 1, (minor, name)


def test_conda_brings_python_and_pip_the_locked_files():
    head = (lock.ROOT / "environment.yml").read_text(encoding="utf-8")
    python, pip, packages = yaml.safe_load(head)["dependencies"]
    assert (python, pip) == (f"python={lock.MAIN}", "pip")
    assert packages == {"pip": ["--require-hashes", f"-r {lock.READERS.name}"]}
    assert "&& pip install --no-deps --no-build-isolation -e .\n" in head


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
