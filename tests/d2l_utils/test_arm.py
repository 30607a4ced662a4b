"""MXNet's wheel for ARM gets the libraries that it lacks: from one pinned wheel, at the places where it looks."""

import hashlib
import importlib.util
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from types import SimpleNamespace

from book import notebook
from d2l_utils import arm

import pytest

BLAS, GFORTRAN = "libopenblasp-r0-1234.so", "libgfortran-5678.so.5.0.0"


@pytest.fixture
def on_arm(monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "aarch64")


def wheel(folder, *libraries):
    """A wheel like SciPy's, each library holding its own name."""
    path = folder / "scipy-1.12.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("scipy/__init__.py", "")
        archive.writestr("scipy-1.12.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: scipy\nVersion: 1.12.0\n")
        archive.writestr("scipy-1.12.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        for library in libraries:
            archive.writestr(f"scipy.libs/{library}", library)
    return path


def test_one_file_is_pinned_by_its_hash():
    pins = [line for line in arm.PINNED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert len(pins) == 1
    assert re.fullmatch(r"scipy==1\.12\.0 --hash=sha256:[0-9a-f]{64}", pins[0])


def test_three_names_lead_to_openblas_and_nothing_else_is_unpacked(tmp_path):
    package = tmp_path / "mxnet"
    package.mkdir()
    for _ in range(2):  # the second time it finds the first one's files
        arm.link(wheel(tmp_path, BLAS, GFORTRAN), package)
        assert {path.name for path in package.iterdir()} == {BLAS, GFORTRAN, *arm.LACKING}
        assert [(package / name).read_text(encoding="utf-8") for name in arm.LACKING] == [BLAS] * 3
        assert all((package / name).readlink() == (package / BLAS).relative_to(package) for name in arm.LACKING)
        assert (package / GFORTRAN).read_text(encoding="utf-8") == GFORTRAN


def test_file_that_is_replaced_stays_whole_for_whoever_has_it_open(tmp_path):
    (tmp_path / BLAS).write_text("in use", encoding="utf-8")
    with (tmp_path / BLAS).open(encoding="utf-8") as in_use:
        arm.link(wheel(tmp_path, BLAS), tmp_path)
        assert in_use.read() == "in use"


@pytest.mark.parametrize("libraries", [[], [BLAS, "libopenblas-other.so"]])
def test_wheel_without_one_openblas(libraries, tmp_path):
    with pytest.raises(arm.LibrariesUnavailable, match=f"has {len(libraries)} files of OpenBLAS"):
        arm.link(wheel(tmp_path, *libraries), tmp_path)


@pytest.mark.parametrize(("system", "machine"), [("Linux", "x86_64"), ("Darwin", "x86_64"), ("Darwin", "arm64")])
def test_elsewhere_nothing_is_done(system, machine, monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr(arm, "fetch", lambda folder: pytest.fail("fetched"))
    arm.complete()


def test_on_arm_the_pinned_wheel_is_fetched_by_its_hash_and_linked(tmp_path, on_arm, monkeypatch):
    """pip itself at work, on a folder that holds a wheel for ARM: it takes that one, with the hash that is pinned."""
    offered = wheel(tmp_path, BLAS)
    offered = offered.rename(tmp_path / "scipy-1.12.0-cp311-cp311-manylinux2014_aarch64.whl")
    pinned = tmp_path / "pinned.txt"
    monkeypatch.setattr(arm, "PINNED", pinned)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    package = tmp_path / "mxnet"
    package.mkdir()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: SimpleNamespace(origin=f"{package}/__init__.py"))
    digest = hashlib.sha256(offered.read_bytes()).hexdigest()
    pinned.write_text(f"scipy==1.12.0 --hash=sha256:{digest[::-1]}\n", encoding="utf-8")
    with pytest.raises(arm.LibrariesUnavailable, match=r"pip could not bring .*pinned\.txt.*arm\.py"):
        arm.complete()
    assert list(package.iterdir()) == []
    pinned.write_text(f"scipy==1.12.0 --hash=sha256:{digest}\n", encoding="utf-8")
    arm.complete()
    assert {path.name for path in package.iterdir()} == {BLAS, *arm.LACKING}


def test_without_mxnet(on_arm, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(arm.LibrariesUnavailable, match="MXNet is not installed for"):
        arm.complete()


def test_script_says_in_one_line_why_it_failed():
    lie = (
        "import importlib.util, platform, runpy; importlib.util.find_spec = lambda name: None;"
        "platform.system = lambda: 'Linux'; platform.machine = lambda: 'aarch64';"
        f"runpy.run_path({arm.__file__!r}, run_name='__main__')"
    )
    done = subprocess.run([sys.executable, "-c", lie], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("MXNet is not installed")


@pytest.mark.parametrize(
    ("programs", "words"),
    [
        ({"id": "echo 1000"}, "needs root.*sudo make arm"),
        ({"id": "echo 0"}, "needs mmdebstrap: apt-get install mmdebstrap"),
        ({"id": "echo 0", "mmdebstrap": ":", "chroot": "exit 1"}, "cannot run programs for ARM64.*qemu-user-static"),
    ],
)
def test_make_arm_says_what_is_missing(programs, words, tmp_path):
    """In a folder of its own, on a path that has these programs alone."""
    path = tmp_path / "bin"
    path.mkdir()
    (tmp_path / "tests").mkdir()
    script = shutil.copy(notebook.ROOT / "tests" / "arm.sh", tmp_path / "tests")
    for name in ("dirname", "env", "mkdir", "rm"):
        (path / name).symlink_to(shutil.which(name))
    for name, line in programs.items():
        (path / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (path / name).chmod(0o755)
    done = subprocess.run(
        [shutil.which("bash"), script], env={"PATH": str(path)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert re.search(f"^make arm: .*{words}", done.stderr)
