"""Which processes there are, by Linux's table of them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path


def running() -> Iterator[tuple[int, int, int]]:
    """The id of each process that still runs, of its parent, and of its session."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, _, session = entry.read_text(encoding="utf-8").rpartition(")")[2].split()[:4]
        except OSError:  # it has ended meanwhile
            continue
        if state != "Z":
            yield int(entry.parent.name), int(parent), int(session)


def children(parent: int) -> list[int]:
    """The processes that a process has started and that still run."""
    return [pid for pid, of, _ in running() if of == parent]


def of_session(session: int) -> list[int]:
    """The processes of a session that still run."""
    return [pid for pid, _, of in running() if of == session]


def left_of(processes: list[int], seconds: float) -> list[int]:
    """Which of some processes are still there after this time, at most; one that nobody has waited for counts."""
    return still(lambda: [pid for pid in processes if Path(f"/proc/{pid}").exists()], seconds)


def still(look: Callable, seconds: float) -> list[int]:
    """What a function finds last, looking until it finds nothing or the time is over."""
    deadline = time.monotonic() + seconds
    while (left := look()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return left
