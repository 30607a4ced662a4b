"""Runs notebooks, several at once, and keeps what they gave."""

import asyncio
import os
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from subprocess import DEVNULL
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO

from nbclient.exceptions import DeadKernelError
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from tqdm import tqdm

from . import notebook, outputs
from .failures import Failure, last_line, shortened, unread
from .kernel import OurKernel, environment
from .nursery import Nursery, opened
from .printed import Client

# Seconds for one notebook. The longest takes one minute on two quiet cores, and took more than five on busy ones: this
# is patience for the slowest machine, and ends what would never end.
TIME_LIMIT = 1_200
GRACE = 30  # seconds more for a kernel to start, to tell what it printed and to end
QUIET = ["--log-level=ERROR"]  # a kernel that listens to this machine alone would warn of eavesdroppers
DEAD = "The kernel died while this cell was running."
LAST_WORDS = 2_000  # bytes of what a kernel that died has said
COUNTER = "{n} of {total} notebooks, about {remaining} left"


def execute(names: Iterable[str]) -> dict[str, Failure]:
    """Run notebooks with all cores and keep those that succeed in _build/executed/.

    Args:
        names: file names without ending (iterable of str).

    Returns:
        Those that failed, by name (dict of Failure); for each, chapter, cell and traceback were printed.

    Example:
        >>> execute([])
        {}
    """
    names = list(names)
    # In a thread of its own: in the main one nbclient would take the signals to end for itself.
    with (
        opened(len(names), environment(os.devnull)) as nursery,
        _counter(len(names)) as counter,
        ThreadPoolExecutor(1) as thread,
    ):
        failures = thread.submit(asyncio.run, _execute_all(names, counter, nursery)).result()
    return {failure.name: failure for failure in failures if failure}


def _counter(total: int) -> tqdm:
    """Counts in a terminal, and nowhere else."""
    return tqdm(total=total, bar_format=COUNTER, disable=None, leave=False)


async def _execute_all(names: list[str], counter: tqdm, nursery: Nursery | None) -> list[Failure | None]:
    slots = asyncio.Semaphore(os.cpu_count() or 1)
    # The later chapters take longest: begun first, none of them is left to run alone at the end.
    ended = await asyncio.gather(*(_execute(name, slots, counter, nursery) for name in reversed(names)))
    return ended[::-1]


async def _execute(name: str, slots: asyncio.Semaphore, counter: tqdm, nursery: Nursery | None) -> Failure | None:
    """Run one notebook as soon as a slot is free; what it failed by, if it did."""
    async with slots:
        _say(f"   ...     {name}")
        started = time.perf_counter()
        try:
            notebook.check(name)
            nb = notebook.unexecuted(name)
            # The nursery's MXNet has no queue.
            client = _client(nb, None if notebook.has_queue(nb) else nursery, started + TIME_LIMIT)
        except (OSError, ValueError) as error:
            counter.update()
            return unread(name, error)
        try:
            await _run(name, client, started + TIME_LIMIT)
        except Exception as error:  # whatever it is, the other notebooks go on
            failure = _failure(name, client, error)
            _say(f"\nFAILED     {name}, {_where(client)}\n{failure.trace}\n")
            return failure
        finally:
            counter.update()
        _say(f"{time.perf_counter() - started:6.1f} s   {name}")
        return None


def _client(nb: NotebookNode, nursery: Nursery | None, deadline: float) -> Client:
    """What runs a notebook in a kernel of its own, until the deadline."""
    return Client(
        nb,
        OurKernel(nursery, kernel_name="python3"),
        timeout_func=lambda cell: max(1, deadline - time.perf_counter()),
        iopub_timeout=TIME_LIMIT,  # to tell what it printed
        raise_on_iopub_timeout=True,
        extra_arguments=QUIET,
        record_timing=False,
        skip_cells_with_tag=notebook.SETUP,
        resources={"metadata": {"path": str(notebook.NOTEBOOKS)}},
    )


async def _run(name: str, client: Client, deadline: float) -> None:
    """Run a notebook and keep it."""
    current = outputs.key(name)
    with TemporaryDirectory() as scratch, TemporaryFile() as said:
        # What a cell prints past Python is shown in its notebook; what a kernel says of itself counts if it dies.
        run = client.async_execute(env=environment(scratch), stdout=DEVNULL, stderr=said)
        try:
            await asyncio.wait_for(run, TIME_LIMIT + GRACE)
        except DeadKernelError as error:
            if time.perf_counter() > deadline:  # nbclient takes our own patience's end for the kernel's
                raise TimeoutError from error
            raise DeadKernelError(f"{_end_of(said)}\n{DEAD}".lstrip()) from error
    client.running = 0
    notebook.cleaned(client.nb).metadata["key"] = current
    notebook.write(client.nb, name, outputs.EXECUTED)


def _end_of(said: IO[bytes]) -> str:
    """The last words of a file."""
    said.seek(max(0, said.seek(0, os.SEEK_END) - LAST_WORDS))
    return said.read().decode(errors="replace")


def _failure(name: str, client: Client, error: Exception) -> Failure:
    trace = shortened(_why(error)).replace(f"{notebook.ROOT}/", "")  # a page does not tell where it was built
    return Failure(name, notebook.title(client.nb), client.running, last_line(trace), trace)


def _why(error: Exception) -> str:
    if isinstance(error, (TimeoutError, asyncio.TimeoutError)):  # the cell's own, or that of all that we wait for
        return f"The notebook did not end within {TIME_LIMIT} s."
    return strip_ansi(str(getattr(error, "traceback", error)))


def _where(client: Client) -> str:
    """The cell at which a run ended."""
    if not client.running:
        return "no cell is at fault"
    return f"cell {client.running} of {len(client.nb.cells)}:\n{client.nb.cells[client.running - 1].source}\n"


def _say(text: str) -> None:
    with tqdm.external_write_mode():
        print(text, flush=True)
