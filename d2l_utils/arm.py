"""Gives MXNet's wheel for ARM the libraries that it lacks. Run as a script, it does so for its own interpreter.

The official wheel of MXNet 1.9.1 for Linux on ARM64 was linked with Arm Performance Libraries, which it does not
carry and which no package index has. What it asks of them is BLAS, LAPACK and some of libm: OpenBLAS has it all,
under the same names. An OpenBLAS lies in the wheel that requirements-arm.txt pins, and goes where MXNet looks.
"""

import importlib.util
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

LACKING = "libarmpl_lp64_mp.so", "libamath.so", "libastring.so"
PINNED = Path(__file__).resolve().parents[1] / "requirements-arm.txt"
# The wheel for another Python has the same libraries.
WHEEL = "--only-binary", ":all:", "--python-version", "3.11", "--platform", "manylinux2014_aarch64"


class LibrariesUnavailable(RuntimeError):
    """The libraries that MXNet lacks on ARM could not be put in their place; the message says why."""


def complete() -> None:
    """Put the libraries beside MXNet's own, on Linux on ARM64; elsewhere its wheels lack nothing, and nothing is done.

    Raises:
        LibrariesUnavailable: MXNet is not installed, or pip cannot bring the wheel with the pinned hash.
    """
    if (platform.system(), platform.machine()) != ("Linux", "aarch64"):
        return
    found = importlib.util.find_spec("mxnet")
    if found is None or found.origin is None:
        raise LibrariesUnavailable(f"MXNet is not installed for {sys.executable}: install it first")
    with tempfile.TemporaryDirectory() as folder:
        link(fetch(folder), Path(found.origin).parent)


def fetch(folder: str | Path) -> Path:
    """Let pip bring the pinned wheel.

    Args:
        folder: where to put it, an empty folder (str or Path).

    Returns:
        The wheel's path (Path).

    Raises:
        LibrariesUnavailable: pip cannot bring it; its own words stand above.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps"]
    command += ["--require-hashes", *WHEEL, "--dest", str(folder), "-r", str(PINNED)]
    if subprocess.run(command).returncode:
        raise LibrariesUnavailable(
            f"pip could not bring the wheel that {PINNED.name} names, and MXNet cannot run on ARM without it. "
            f"What pip said stands above. When it is mended: {sys.executable} {__file__}"
        )
    (wheel,) = Path(folder).glob("*.whl")
    return wheel


def link(wheel: str | Path, package: str | Path) -> None:
    """Unpack a wheel's OpenBLAS into MXNet's folder, with what it needs, and give it the names that MXNet lacks.

    MXNet's library looks for others in its own folder first, and so do those that it finds there.

    Args:
        wheel: the wheel that has them in its folder scipy.libs (str or Path).
        package: the folder of MXNet's library (str or Path).

    Raises:
        LibrariesUnavailable: the wheel has no OpenBLAS, or more than one.
    """
    with zipfile.ZipFile(wheel) as archive:
        members = [name for name in archive.namelist() if name.startswith("scipy.libs/")]
        blas = [Path(name).name for name in members if "openblas" in name]
        if len(blas) != 1:
            raise LibrariesUnavailable(f"{Path(wheel).name} has {len(blas)} files of OpenBLAS in scipy.libs/, not one")
        for name in members:
            vacant(package, name).write_bytes(archive.read(name))
    for name in LACKING:
        vacant(package, name).symlink_to(blas[0])


def vacant(folder: str | Path, name: str) -> Path:
    """A path for a new file: an old one is taken away, not written over, since a process may have it loaded."""
    path = Path(folder) / Path(name).name
    path.unlink(missing_ok=True)
    return path


if __name__ == "__main__":
    try:
        complete()
    except LibrariesUnavailable as unavailable:
        sys.exit(str(unavailable))
