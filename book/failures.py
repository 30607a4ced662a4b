"""What a notebook failed by: for the log, for its page and for the last lines of a build."""

from collections.abc import Iterable
from dataclasses import dataclass

LONGEST = 200  # characters of an error's one line
HALF = 10_000  # characters of either end of a traceback


@dataclass(frozen=True)
class Failure:
    """A notebook that could not be read or run.

    Args:
        name: its file name without ending (str).
        title: its heading (str); its name where it has none that can be read.
        cell: the cell that was running, counted among all cells from 1 (int); 0 where no cell is at fault.
        error: what went wrong, in one line: the last one of the traceback (str).
        trace: all that is known, the traceback above all (str).
    """

    name: str
    title: str
    cell: int
    error: str
    trace: str


def unread(name: str, error: Exception) -> Failure:
    """Say which notebook cannot be read, or what it rests on, and why."""
    print(f"FAILED     {name}: {error}", flush=True)
    return Failure(name, name, 0, str(error), str(error))


def last_line(text: str) -> str:
    """The last line of a text that says anything, no longer than a line should be.

    Example:
        >>> last_line("Traceback:\\n  1 / 0\\nZeroDivisionError: division by zero\\n")
        'ZeroDivisionError: division by zero'
    """
    said = [line.strip() for line in text.splitlines() if line.strip()]
    line = said[-1] if said else "no message"
    return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."


def shortened(text: str) -> str:
    """The beginning and the end of a text that is too long for a page or a log."""
    if len(text) <= 2 * HALF:
        return text
    return f"{text[:HALF]}\n... {len(text) - 2 * HALF:,} characters more ...\n{text[-HALF:]}"


def listed(failures: Iterable[Failure]) -> str:
    """One line for each failure: its chapter, cell and error."""
    return "\n".join(_line(failure) for failure in failures)


def _line(failure: Failure) -> str:
    where = f", cell {failure.cell}" if failure.cell else ""
    title = f" ({failure.title})" if failure.title != failure.name else ""
    return f"  {failure.name}{title}{where}: {failure.error}"
