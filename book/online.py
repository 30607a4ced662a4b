"""Brings what the chapters need to a notebook that stands alone, on Colab or Kaggle: its first cell runs this.

What is installed stays as it is. The package is linked into the notebook's folder, where Python looks first.
"""

import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# Nothing of ours is installed yet: the one place outside d2l_utils/chapters.py that finds the root by itself.
ROOT = Path(__file__).resolve().parents[1]
LINK = Path("d2l_utils")
# What the chapters import; a kernel has IPython and matplotlib-inline already.
NEEDED = "numpy", "matplotlib", "scikit-learn", "pooch", "tqdm", "ipywidgets", "requests"
# Without its own requirements: it asks for a NumPy below 2 and runs on newer ones all the same (see runtime.py).
ALONE = "mxnet"


def is_missing(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return True
    return False


def pins(name: str) -> list[str]:
    """The lines of requirements.lock for a package, without hashes: one for each range of Pythons."""
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [line.rstrip(" \\") for line in lines if line.startswith(f"{name}==")]


def install(names: Iterable[str], *options: str) -> None:
    """Let pip install those of the packages that are missing, at the locked versions."""
    missing = [name for name in names if is_missing(name)]
    if missing:
        print(f"Installing {', '.join(missing)}", flush=True)
        locked = [pin for name in missing for pin in pins(name)]
        run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *options, *locked)


def run(*arguments: str) -> None:
    if subprocess.run([sys.executable, *arguments]).returncode:
        sys.exit("The chapters cannot run here: see the lines above.")


if __name__ == "__main__":
    run(str(ROOT / "d2l_utils" / "runtime.py"))  # refuses a machine on which MXNet cannot run
    install(NEEDED)
    install([ALONE], "--no-deps")  # last: pip would complain of it at each later installation
    run(str(ROOT / "d2l_utils" / "arm.py"))  # brings what MXNet lacks on ARM
    LINK.symlink_to(ROOT / LINK)
