"""Runs notebooks, several at once, and keeps what they gave until something that they rest on changes."""

import asyncio
import hashlib
import os
import sys
import time
from importlib.util import find_spec
from tempfile import TemporaryDirectory

from d2l_utils import files, kernels

import nbformat
from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.filters import strip_ansi

from . import notebook

EXECUTED = notebook.BUILD / "executed"
TIME_LIMIT = 300  # seconds for one notebook
QUIET = ["--log-level=ERROR"]  # a kernel that listens to this machine alone would warn of eavesdroppers


class OurKernel(AsyncKernelManager):
    """Starts this very Python, whatever kernels the user has installed."""

    def __init__(self, **options):
        # Where no folder has one, jupyter_client makes the kernel `python3` out of the Python that it runs in.
        super().__init__(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), **options)


def environment(scratch):
    """A kernel's environment: the user's, without what would make Python, IPython or matplotlib behave otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MPLBACKEND"))}
    return {**kept, "PYTHONUTF8": "1", "IPYTHONDIR": scratch, "MATPLOTLIBRC": os.devnull}


def key(name):
    """A hash of what a notebook's outputs rest on: its code, ours, the pins, the data, the peers, the kernels."""
    nb = notebook.read(name)
    parts = notebook.sources(nb)
    for other in notebook.rests_on(name):
        parts += notebook.sources(notebook.read(other))
    ours = notebook.ROOT / "d2l_utils"
    shared = [*sorted(ours.rglob("*.py")), *ours.glob("playground/*.json"), notebook.ROOT / "requirements.lock"]
    parts += [path.read_text(encoding="utf-8") for path in [*shared, *notebook.tables(nb)]]
    real_data = not files.offline() and all(files.kept(file) for file in files.FILES)
    parts += [sys.version, f"real data: {real_data}", str(kernels.in_force())]
    parts += [f"{peer}: {find_spec(peer) is not None}" for peer in notebook.peers(nb.cells)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def is_current(name):
    """Tell whether the outputs that are kept for a notebook are still its own."""
    path = EXECUTED / f"{name}.ipynb"
    return path.exists() and nbformat.read(path, as_version=4).metadata.get("key") == key(name)


def executed(name):
    """A notebook as it is now, with the outputs of its last good run; as it was then, if its code has changed."""
    now, then = notebook.read(name), notebook.read(name, EXECUTED)
    if notebook.sources(now) != notebook.sources(then):
        return then
    for cell, run in zip(notebook.code_cells(now), notebook.code_cells(then)):
        cell.update(outputs=run.outputs, execution_count=run.execution_count)
    return now


def execute(names):
    """Run notebooks with all cores and keep those that succeed in _build/executed/.

    Args:
        names: file names without ending (list of str).

    Returns:
        The names of those that failed (list of str); for each, chapter, cell and traceback were printed.

    Example:
        >>> execute([])
        []

    Source: nbclient's reference, NotebookClient.async_execute.
    """

    async def all_of_them():
        slots = asyncio.Semaphore(os.cpu_count() or 1)
        return await asyncio.gather(*(_execute(name, slots) for name in names))

    succeeded = asyncio.run(all_of_them())
    return [name for name, fine in zip(names, succeeded) if not fine]


async def _execute(name, slots):
    async with slots:
        nb, started, current = notebook.unexecuted(name), time.perf_counter(), key(name)
        client = NotebookClient(
            nb,
            kernel_name="python3",
            kernel_manager_class=OurKernel,
            timeout_func=lambda cell: max(1, started + TIME_LIMIT - time.perf_counter()),
            extra_arguments=QUIET,
            record_timing=False,
            coalesce_streams=True,
            skip_cells_with_tag=notebook.SETUP,
            resources={"metadata": {"path": str(notebook.NOTEBOOKS)}},
        )
        print(f"   ...     {name}", flush=True)
        try:
            with TemporaryDirectory() as scratch:
                await client.async_execute(env=environment(scratch))
        except (CellExecutionError, CellTimeoutError, DeadKernelError, RuntimeError) as error:
            print(f"\nFAILED     {name}, {_where(nb)}\n{_why(error)}\n", flush=True)
            return False
        notebook.cleaned(nb).metadata["key"] = current
        notebook.write(nb, name, EXECUTED)
        print(f"{time.perf_counter() - started:6.1f} s   {name}", flush=True)
        return True


def _where(nb):
    """The cell at which a run ended: the last one that was started."""
    started = [cell for cell in nb.cells if cell.get("execution_count") or cell.get("outputs")]
    if not started:
        return "before the first cell"
    return f"cell {nb.cells.index(started[-1]) + 1} of {len(nb.cells)}:\n{started[-1].source}\n"


def _why(error):
    if isinstance(error, CellTimeoutError):
        return f"The notebook did not end within {TIME_LIMIT} s."
    return strip_ansi(str(getattr(error, "traceback", error)))
