"""Derives requirements.lock, requirements-dev.lock and environment.yml from pyproject.toml: `make lock`."""

import re
import subprocess
import sys
from pathlib import Path

from book.writing import write
from d2l_utils.chapters import ROOT

from packaging.markers import Marker

READERS = ROOT / "requirements.lock"
DEVELOPERS = ROOT / "requirements-dev.lock"
CONDA = ROOT / "environment.yml"
OLDEST = "3.10"  # the oldest Python that the locks cover
MAIN = "3.11"  # the one that conda installs
PLATFORMS = "linux", "darwin"
CONDA_HEAD = f"""\
# Written by `make lock` from requirements.lock: the same pins, for conda.
#   conda env create -f environment.yml && conda activate rmsprop
name: rmsprop
channels:
  - conda-forge
dependencies:
  - python={MAIN}
  - pip
  - pip:
"""


def resolve(output: Path, *options: str) -> None:
    """Let uv pin every package, for every Python and system that pyproject.toml names, with hashes."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--universal", "--no-header"]
    command += ["--generate-hashes", "--python-version", OLDEST, "--quiet", "-o", output.name, *options]
    subprocess.run(command, cwd=ROOT, check=True)


def environment(lock: str) -> str:
    """Turn the text of a lock file into that of environment.yml: the pins of one Python, without hashes."""
    pins = []
    for line in lock.splitlines():
        if re.match(r"[a-z0-9]", line):
            pin, _, marker = line.rstrip(" \\").partition(" ; ")
            platforms = [name for name in PLATFORMS if not marker or _holds(marker, name)]
            if len(platforms) == 1:
                pin += f" ; sys_platform == '{platforms[0]}'"
            if platforms:
                pins.append(f'      - "{pin}"\n')
    return CONDA_HEAD + "".join(pins) + '      - "-e ."\n'


def _holds(marker: str, platform: str) -> bool:
    python = {"python_version": MAIN, "python_full_version": f"{MAIN}.99", "implementation_name": "cpython"}
    return Marker(marker).evaluate({**python, "sys_platform": platform, "os_name": "posix"})


if __name__ == "__main__":
    resolve(READERS)
    resolve(DEVELOPERS, "--group", "dev", "--constraint", READERS.name)
    write(CONDA, environment(READERS.read_text(encoding="utf-8")))
