"""Makes MXNet importable and repeatable. Run as a script, it tells whether MXNet can run here at all."""

import os
import platform
import random
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from numbers import Integral

PYTHONS = (3, 10), (3, 15)  # the oldest and the newest that the lock file covers
GENERATORS = threading.RLock()  # they are one for all threads: who seeds them for some runs has them alone
NOT_INSTALLED = (
    f"The package {{!r}} is not installed for {sys.executable}. "
    "Run `make` and use .venv/bin/python, or `pip install --require-hashes -r requirements.lock`."
)


class MXNetUnavailable(ImportError):
    """MXNet 1.9.1 cannot run on this machine; the message names the machine and the way out."""


def check_machine() -> None:
    """Refuse, in plain words, a machine for which MXNet 1.9.1 has no working wheel.

    Looks at the interpreter, the operating system and the processor; imports nothing.

    Raises:
        MXNetUnavailable: on Windows, Apple silicon, Linux without glibc, or a Python outside 3.10 to 3.15.
    """
    machine = f"{platform.system()} on {platform.machine()}, Python {platform.python_version()}"
    container = "Run the project in a Linux x86-64 container or virtual machine"
    problem = None
    if platform.system() == "Windows":
        problem = "MXNet 1.9.1 has no wheel for Windows. Run the project inside WSL2 (Ubuntu)."
    elif platform.system() == "Darwin" and platform.machine() == "arm64":
        problem = (
            "MXNet 1.9.1 has no wheel for Apple silicon. Run the project in a Linux ARM64 container, which runs "
            "natively there (docker run --platform linux/arm64)."
        )
    elif platform.machine() not in ("x86_64", "AMD64", "aarch64"):
        problem = f"MXNet 1.9.1 has no wheel for this processor. {container}."
    elif platform.system() == "Linux" and platform.libc_ver()[0] != "glibc":
        problem = "MXNet 1.9.1 has no wheel for Linux without glibc (Alpine, say). Use Debian, Ubuntu or Fedora."
    elif not PYTHONS[0] <= sys.version_info[:2] <= PYTHONS[1]:
        problem = "this project runs on Python 3.10 to 3.15. Name one of them: make PYTHON=python3.11"
    if problem:
        raise MXNetUnavailable(f"MXNet cannot run here ({machine}): {problem}")


def prepare() -> None:
    """Make a later `import mxnet` work, whoever does it: ours, a notebook's or the textbook's.

    Checks the machine, chooses kernels, and asks for one arithmetic thread unless the user chose a number: on arrays
    as small as ours one thread is the fastest, and gives the same bits on every run. Imports neither MXNet nor NumPy.

    Raises:
        MXNetUnavailable: MXNet cannot run on this machine.
    """
    check_machine()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # A graph that is bound would announce on each page that it is rewritten for oneDNN.
    os.environ.setdefault("MXNET_SUBGRAPH_VERBOSE", "0")
    from . import kernels  # here, since as a script this file is no part of a package

    kernels.choose()  # before NumPy is imported, which MXNet does
    if not any(isinstance(finder, _MXNetFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _MXNetFinder())


class _MXNetFinder(MetaPathFinder):
    """Finds MXNet where it is installed, and has it loaded in surroundings that it can live in."""

    def find_spec(self, name, path=None, target=None):
        if name != "mxnet":
            return None
        spec = PathFinder.find_spec(name, path)
        if spec is None:
            raise MXNetUnavailable(NOT_INSTALLED.format(name))
        spec.loader.exec_module = partial(_execute, spec.loader.exec_module)
        return spec


def _execute(exec_module, module):
    """Load MXNet with the names that it misses put back, and without what it does not need."""
    from . import old_names

    old_names.restore()
    try:
        # It runs without them; with them, its import takes more than half a second longer, and each nd.array(...)
        # asks SciPy for a name that is deprecated.
        with without("scipy"), without("sklearn"), without("h5py"):
            exec_module(module)
    except ModuleNotFoundError as error:
        raise MXNetUnavailable(NOT_INSTALLED.format(error.name)) from error
    except OSError as error:
        advice = "On Debian and Ubuntu: apt-get install libgomp1 (on x86-64 libquadmath0, too)."
        if "libarmpl" in str(error):
            script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "arm.py")
            advice = f"`make` brings it; in an environment of your own: {sys.executable} {script}"
        raise MXNetUnavailable(
            f"MXNet is installed, and a system library that it needs is not: {error}. {advice}"
        ) from error


@contextmanager
def without(package: str) -> Iterator[None]:
    """Let an import find that a package is not installed.

    Args:
        package: its name (str).

    Example:
        >>> with without("json"):
        ...     import json
        Traceback (most recent call last):
        ModuleNotFoundError: import of json halted; None in sys.modules
    """
    kept = sys.modules.get(package)
    sys.modules[package] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[package]
        if kept is not None:
            sys.modules[package] = kept


def seed(number: int) -> None:
    """Seed every random generator that the chapters draw from.

    MXNet draws weights, NumPy shuffles Gluon's DataLoader and ours, `random` shuffles index lists. Where another
    thread is in train.over_seeds, this waits until that has ended.

    Args:
        number: the seed (int, 0 to 2**32 - 1).

    Raises:
        ValueError: the number is no integer in that range; nothing is seeded then.

    Example:
        >>> seed(1)
    """
    import mxnet
    import numpy

    if not isinstance(number, Integral) or not 0 <= number < 2**32:
        raise ValueError(f"number is {number!r}; a seed is an integer from 0 to 2**32 - 1")
    with GENERATORS:
        for generator in (mxnet.random, numpy.random, random):
            generator.seed(int(number))


if __name__ == "__main__":
    try:
        check_machine()
    except MXNetUnavailable as unavailable:
        sys.exit(str(unavailable))
