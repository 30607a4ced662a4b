"""Derives the lock files from pyproject.toml, requirements-peers.txt and requirements-optax.txt: `make lock`."""

import re
import subprocess
import sys

from book.writing import write
from d2l_utils.chapters import ROOT

READERS = ROOT / "requirements.lock"
DEVELOPERS = ROOT / "requirements-dev.lock"
PEERS_WANTED = ROOT / "requirements-peers.txt"
PEERS = ROOT / "requirements-peers.lock"
CUDA = ROOT / "requirements-cuda.lock"
OPTAX_WANTED = ROOT / "requirements-optax.txt"
OPTAX = ROOT / "requirements-optax.lock"
SCALE = ROOT / "requirements-scale.lock"
OLDEST = "3.10"  # the oldest Python that the locks cover
MAIN = "3.11"  # the one that conda installs
PIN = re.compile(r"^(?=[a-z0-9])", flags=re.MULTILINE)
FOR_CUDA = "cuda-", "nvidia-", "torch=", "triton="


def resolve(source: str, output: str, *options: str) -> None:
    """Let uv pin every package, for every Python and system that pyproject.toml names, with hashes."""
    command = [sys.executable, "-m", "uv", "pip", "compile", source, "--universal", "--no-header"]
    command += ["--generate-hashes", "--python-version", OLDEST, "--quiet", "-o", output, *options]
    subprocess.run(command, cwd=ROOT, check=True)


def resolve_peers() -> None:
    """Pin what the peers need; PyTorch, and what its usual build needs for CUDA, go to a file of their own."""
    if PEERS.exists():  # uv keeps the versions that it finds in its output
        write(PEERS, PEERS.read_text(encoding="utf-8") + CUDA.read_text(encoding="utf-8"))
    resolve(PEERS_WANTED.name, PEERS.name, "--constraint", DEVELOPERS.name)
    pins = PIN.split(PEERS.read_text(encoding="utf-8"))
    cuda = [pin for pin in pins if pin.startswith(FOR_CUDA)]
    write(PEERS, "".join(pin for pin in pins if pin not in cuda))
    write(CUDA, "".join(cuda))


def resolve_scale() -> None:
    """Pin what the extra adds to the readers' packages."""
    resolve("pyproject.toml", SCALE.name, "--extra", "scale", "--constraint", DEVELOPERS.name)
    # By the whole first line: a package may be the readers' on some Pythons alone.
    readers = {pin.partition("\n")[0] for pin in PIN.split(READERS.read_text(encoding="utf-8"))}
    pins = PIN.split(SCALE.read_text(encoding="utf-8"))
    write(SCALE, "".join(pin for pin in pins if pin.partition("\n")[0] not in readers))


if __name__ == "__main__":
    resolve("pyproject.toml", READERS.name)
    # An environment that pip-audit looks at has a pip already.
    resolve("pyproject.toml", DEVELOPERS.name, "--group", "dev", "--constraint", READERS.name, "--no-emit-package=pip")
    resolve_scale()
    resolve_peers()
    resolve(OPTAX_WANTED.name, OPTAX.name)  # of a process of its own: no constraint
