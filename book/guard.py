"""Runs a program and leaves nothing of it behind: `python guard.py PARENT PROGRAM ...`.

The guard stands between a build and a program that may do anything: a kernel, a browser. It ends with the program, or
when the build has ended, by whatever signal; before it does, it ends all that the program has started. It imports
nothing of ours, so as to start in some hundredths of a second.

What a program has started is known on Linux. Elsewhere what is in the program's own group of processes ends with it.
"""

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from types import FrameType

ADOPT = 36  # PR_SET_CHILD_SUBREAPER of Linux's prctl
INTERVAL = 0.02  # seconds between two looks
PATIENCE = 2  # seconds for the system to end what was killed


def command(*program: str) -> list[str]:
    """The command that runs a program under guard, as a child of this process; it needs a session of its own."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *program]


def adopt() -> None:
    """Become the parent of all that is orphaned below this process, so that it can be found. Linux alone can."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(ADOPT, 1, 0, 0, 0)


def end_descendants() -> None:
    """Kill all that this process has started, directly or not, and wait until it has gone."""
    deadline = time.monotonic() + PATIENCE
    while (found := descendants(os.getpid())) and time.monotonic() < deadline:
        for process in found:
            with suppress(OSError):
                os.kill(process, signal.SIGKILL)
            with suppress(OSError):
                os.waitpid(process, os.WNOHANG)
        time.sleep(INTERVAL / 10)


def descendants(ancestor: int) -> list[int]:
    """The processes below one; none where the system does not tell."""
    children: dict[int, list[int]] = {}
    for process, parent in _processes():
        children.setdefault(parent, []).append(process)
    found = [ancestor]
    for process in found:
        found += children.get(process, [])
    return found[1:]


def _processes() -> list[tuple[int, int]]:
    """Each process that there is, with its parent."""
    found = []
    with suppress(FileNotFoundError):
        for process in filter(str.isdigit, os.listdir("/proc")):
            # One may have ended meanwhile.
            with suppress(OSError), open(f"/proc/{process}/stat", "rb") as file:
                # After the program's name, in brackets, come its state and its parent.
                found.append((int(process), int(file.read().rpartition(b")")[2].split()[1])))
    return found


def main(parent: int, *program: str) -> int:
    """Run a program; its exit code."""
    get_ready()
    # By this name a kernel of Jupyter's knows whom it is to end with.
    started = os.posix_spawnp(program[0], program, {**os.environ, "JPY_PARENT_PID": str(os.getpid())})
    return stand(started, parent)


def get_ready() -> None:
    """Before a program is started: become the parent of its orphans, and pass over signals that are meant for it."""
    adopt()
    for number in (signal.SIGINT, signal.SIGTERM):  # they go to the whole group
        signal.signal(number, _go_on)


def stand(program: int, parent: int) -> int:
    """Wait until a child has ended, or this process's parent has; end all that is left; the child's exit code."""
    ended = 0
    status = 0
    while ended != program and os.getppid() == parent:
        time.sleep(INTERVAL)
        with suppress(ChildProcessError):
            ended, status = os.waitpid(-1, os.WNOHANG)
    end_descendants()
    if ended != program:
        os.killpg(0, signal.SIGKILL)  # where descendants are not known
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _go_on(number: int, frame: FrameType | None) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), *sys.argv[2:]))
