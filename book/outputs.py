"""What notebooks gave when they were last run, and whether something that they rest on has changed since."""

import hashlib
import os
import re
import sys
from functools import cache
from importlib import metadata

from d2l_utils import kernels
from d2l_utils.chapters import ROOT, rests_on
from d2l_utils.data import files
from d2l_utils.words import PICTURES

from nbformat import NotebookNode

from . import notebook, writing

EXECUTED = notebook.BUILD / "executed"
# Of optional packages. `make peers` puts Optax into a folder of its own: it needs another NumPy.
PLACES = [*sys.path, os.path.join(sys.prefix, "optax")]
# The variables by which the libraries that compute are set. Most change no number; it is not worth asking which. (Not
# KMP_: none of our libraries uses that OpenMP, and scikit-learn sets them when it is imported.)
SETTING = re.compile(r"(MXNET|DNNL|ONEDNN|MKL|OPENBLAS|OMP|GOMP|NPY|NUMBA|TORCH|ATEN|KERAS)_")


def key(name: str) -> str:
    """A hash of what a notebook's outputs rest on: its code, ours, the pins, the data, the peers, the kernels."""
    nb = notebook.read(name)
    parts = [part for each in (name, *rests_on(name)) for part in _cells(each, notebook.changed(each))]
    parts += [notebook.text(path) for path in _shared()]
    parts += [hashlib.sha256(path.read_bytes()).hexdigest() for path in notebook.tables(nb)]
    parts += [f"{peer}: {_version(peer)}" for peer in notebook.peers(nb.cells)]
    real_data = not files.offline() and all(files.kept(file) for file in files.FILES)
    parts += [sys.version, f"real data: {real_data}", str(kernels.in_force()), *_settings()]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@cache
def _cells(name: str, changed: tuple[int, ...]) -> list[str]:
    """The code of a notebook and the tags that say how it is run and shown; many others rest on some of them."""
    parts = []
    for cell in notebook.code_cells(notebook.read(name)):
        parts += [cell.source, str(cell.metadata.get("tags", []))]
    return parts


def _shared() -> list:
    """What every notebook rests on: our package, without the scripts and styles of pages, and the pins."""
    ours = ROOT / "d2l_utils"
    words = sorted(ours.rglob(f"{PICTURES}.po"))
    return [*sorted(ours.rglob("*.py")), *sorted(ours.rglob("*.json")), *words, ROOT / "requirements.lock"]


def _settings() -> list[str]:
    """What the user has set for the libraries that compute."""
    return sorted(f"{name}={value}" for name, value in os.environ.items() if SETTING.match(name))


def _version(peer: str) -> str:
    """The version of an optional package."""
    found = next(iter(metadata.distributions(name=peer, path=PLACES)), None)
    return found.version if found else "not installed"


def is_current(name: str) -> bool:
    """Tell whether the outputs that are kept for a notebook are still its own."""
    path = EXECUTED / f"{name}.ipynb"
    return path.exists() and notebook.read(name, EXECUTED).metadata.get("key") == key(name)


def discard_damaged() -> None:
    """Remove what is no notebook from where outputs are kept, whoever put it there or was killed on the way."""
    for path in EXECUTED.glob("*.ipynb"):
        try:
            notebook.read(path.stem, EXECUTED)
        except (OSError, ValueError) as damage:
            print(f"Removed, and run again: {damage}", flush=True)
            writing.remove(path)


def executed(name: str) -> NotebookNode:
    """A notebook as it is now, with the outputs of its last good run; as it was then, if its code has changed or
    cannot be read."""
    then = notebook.read(name, EXECUTED)
    try:
        now = notebook.read(name)
    except (OSError, ValueError):
        return then
    if notebook.sources(now) != notebook.sources(then):
        return then
    for cell, run in zip(notebook.code_cells(now), notebook.code_cells(then)):
        cell.update(outputs=run.outputs, execution_count=run.execution_count)
    return now
