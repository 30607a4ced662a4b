"""Runs notebooks, several at once, and keeps what they gave."""

import asyncio
import os
import time
from collections.abc import Iterable
from tempfile import TemporaryDirectory
from typing import Any

from jupyter_client import AsyncKernelManager
from jupyter_client.kernelspec import KernelSpecManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode

from . import notebook, outputs

TIME_LIMIT = 300  # seconds for one notebook
QUIET = ["--log-level=ERROR"]  # a kernel that listens to this machine alone would warn of eavesdroppers


class OurKernel(AsyncKernelManager):
    """Starts this very Python, whatever kernels the user has installed."""

    def __init__(self, **options: Any) -> None:
        # Where no folder has one, jupyter_client makes the kernel `python3` out of the Python that it runs in.
        super().__init__(kernel_spec_manager=KernelSpecManager(kernel_dirs=[]), **options)


def environment(scratch: str) -> dict[str, str]:
    """A kernel's environment: the user's, without what would make Python, IPython or matplotlib behave otherwise."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MPLBACKEND"))}
    return {**kept, "PYTHONUTF8": "1", "IPYTHONDIR": scratch, "MATPLOTLIBRC": os.devnull}


def execute(names: Iterable[str]) -> list[str]:
    """Run notebooks with all cores and keep those that succeed in _build/executed/.

    Args:
        names: file names without ending (iterable of str).

    Returns:
        The names of those that failed (list of str); for each, chapter, cell and traceback were printed.

    Example:
        >>> execute([])
        []
    """
    return asyncio.run(_execute_all(list(names)))


async def _execute_all(names: list[str]) -> list[str]:
    slots = asyncio.Semaphore(os.cpu_count() or 1)
    succeeded = await asyncio.gather(*(_execute(name, slots) for name in names))
    return [name for name, fine in zip(names, succeeded) if not fine]


async def _execute(name: str, slots: asyncio.Semaphore) -> bool:
    """Run one notebook as soon as a slot is free; tell whether it succeeded."""
    async with slots:
        print(f"   ...     {name}", flush=True)
        nb = notebook.unexecuted(name)
        started = time.perf_counter()
        current = outputs.key(name)
        try:
            with TemporaryDirectory() as scratch:
                await _client(nb, started + TIME_LIMIT).async_execute(env=environment(scratch))
        except (CellExecutionError, CellTimeoutError, DeadKernelError, RuntimeError) as error:
            print(f"\nFAILED     {name}, {_where(nb)}\n{_why(error)}\n", flush=True)
            return False
        notebook.cleaned(nb).metadata["key"] = current
        notebook.write(nb, name, outputs.EXECUTED)
        print(f"{time.perf_counter() - started:6.1f} s   {name}", flush=True)
        return True


def _client(nb: NotebookNode, deadline: float) -> NotebookClient:
    """What runs a notebook in a kernel of its own, until the deadline."""
    return NotebookClient(
        nb,
        kernel_name="python3",
        kernel_manager_class=OurKernel,
        timeout_func=lambda cell: max(1, deadline - time.perf_counter()),
        extra_arguments=QUIET,
        record_timing=False,
        coalesce_streams=True,
        skip_cells_with_tag=notebook.SETUP,
        resources={"metadata": {"path": str(notebook.NOTEBOOKS)}},
    )


def _where(nb: NotebookNode) -> str:
    """The cell at which a run ended: the last one that was started."""
    started = [cell for cell in nb.cells if cell.get("execution_count") or cell.get("outputs")]
    if not started:
        return "before the first cell"
    return f"cell {nb.cells.index(started[-1]) + 1} of {len(nb.cells)}:\n{started[-1].source}\n"


def _why(error: Exception) -> str:
    if isinstance(error, CellTimeoutError):
        return f"The notebook did not end within {TIME_LIMIT} s."
    return strip_ansi(str(getattr(error, "traceback", error)))
