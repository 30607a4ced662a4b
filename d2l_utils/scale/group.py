"""Starts, watches and ends the processes of a group: one that ends before its time ends all."""

import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

LOOK = 0.02  # seconds between two looks at the processes
LAST_WORDS = 2000  # characters of what a process wrote, in an error
TRIES = 5  # ports, at most
LOOPBACK = "127.0.0.1"
WORKER = "-c", f"from {__package__} import worker; worker.main()"
RELAY = (str(Path(__file__).with_name("relay.py")),)  # a file: as a module it would bring the package, and MXNet


class PortTaken(OSError):
    """Somebody else listens where the scheduler was to listen."""


class Process:
    """One process of a group, in a session of its own: Ctrl-C in a terminal reaches the caller alone, which ends it.

    Args:
        role: "scheduler", "server" or "worker".
        number: which worker (int); 0 for the others.
        job: an open file with the pickled job.
        answer: an open file for what it answers.
        said: an open file for what it prints; a pipe that nobody reads would hold it up.
        env: what MXNet's parameter server reads, name -> value (dict).
    """

    def __init__(self, role: str, number: int, job: Any, answer: Any, said: Any, env: dict[str, str]) -> None:
        self.role = role
        self.name = f"worker {number}" if role == "worker" else f"the {role}"
        self.answer = answer
        self.said = said
        fds = job.fileno(), answer.fileno()
        program = WORKER if role == "worker" else RELAY
        command = [sys.executable, *program, role, *map(str, (number, *fds, os.getpid()))]
        self.popen = subprocess.Popen(
            command,
            pass_fds=fds,
            env={**_surroundings(), **env},
            stdin=subprocess.PIPE,  # which closes with this process, however it ends
            stdout=said,
            stderr=said,
            start_new_session=True,
        )

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *error: Any) -> None:
        self.popen.kill()
        self.popen.wait()
        self.popen.stdin.close()  # type: ignore[union-attr]
        sys.stderr.write(self.words())

    @property
    def failed(self) -> bool:
        """Whether it has ended, and not well."""
        return bool(self.popen.poll())

    def words(self) -> str:
        """All that it wrote."""
        self.said.seek(0)
        return self.said.read().decode(errors="replace")

    def result(self) -> Any:
        """What it answered; its error is raised here, and where it left none, one that says how it ended."""
        code = self.popen.returncode
        self.answer.seek(0)
        try:
            value, error, place = pickle.load(self.answer)
        except (EOFError, pickle.UnpicklingError):  # it has not come to an answer, or to its end
            value, error, place = None, None, self.words()[-LAST_WORDS:]
        if self.role == "scheduler" and "bind failed" in str(error):
            raise PortTaken(str(error))
        if error is None and code:
            end = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
            error = ChildProcessError(f"{self.name} {end}, and so the group was ended")
        if error is not None:
            raise error from RuntimeError(f"in the process of {self.name}:\n\n{place}")
        return value


def _surroundings():
    """The environment of a process: it finds what this one finds, and no setting of another parameter server."""
    # PORT would make all of them listen at the same one.
    own = {
        name: value for name, value in os.environ.items() if not name.startswith(("DMLC_", "PS_")) and name != "PORT"
    }
    return {**own, "PYTHONPATH": os.pathsep.join(map(str, sys.path)), "PYTHONSAFEPATH": "1"}


def settings(host: str, root: tuple[str, int], num_workers: int) -> dict[str, str]:
    """What MXNet's parameter server reads from the environment.

    Args:
        host: the address at which a process is reached (str).
        root: the address and the port of the scheduler.
        num_workers: how many workers the group has (int).
    """
    return {
        "DMLC_NODE_HOST": host,
        "DMLC_PS_ROOT_URI": root[0],
        "DMLC_PS_ROOT_PORT": str(root[1]),
        "DMLC_NUM_WORKER": str(num_workers),
        "DMLC_NUM_SERVER": "1",
    }


def reserve(host: str) -> socket.socket:
    """A socket bound to a free port: while it is open, the system gives that port to nobody else who asks for one."""
    held = socket.socket()
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # and yet the scheduler may listen there
    held.bind((host, 0))
    return held


def keep(roles: Iterable[tuple[str, int]], job: bytes, env: dict[str, str], check: Callable[[], None]) -> list:
    """Run some processes of a group until all have ended; whatever happens, none of them is left.

    Args:
        roles: the role and the number of each.
        job: what they all are told, pickled.
        env: what they find in the environment beside ours.
        check: called again and again; what it raises ends them.

    Returns:
        What each answered (list).

    Raises:
        ChildProcessError: one was killed, or ended without an answer.
        What a process raised, with the place there as its cause.
    """
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile())
        file.write(job)
        file.flush()
        processes = []
        for role, number in roles:
            answer, said = (stack.enter_context(TemporaryFile()) for _ in range(2))
            processes.append(stack.enter_context(Process(role, number, file, answer, said, env)))
        while any(process.popen.poll() is None for process in processes):
            failed = [process for process in processes if process.failed]
            if failed:
                failed[0].result()
            check()
            time.sleep(LOOK)
        return [process.result() for process in processes]


def clock(seconds: float) -> Callable[[], None]:
    """A function that raises a TimeoutError once the time is over, counted from now."""
    end = time.monotonic() + seconds

    def check():
        if time.monotonic() > end:
            raise TimeoutError(f"time_limit is {seconds} s; the group was not done, and was ended")

    return check


def on_this_machine(num_workers: int, job: bytes, seconds: float) -> list:
    """Run a whole group here, and return what its workers answered (list); arguments are as in on_a_cluster."""
    check = clock(seconds)
    roles = [("scheduler", 0), ("server", 0), *(("worker", number) for number in range(num_workers))]
    for _ in range(TRIES):
        with reserve(LOOPBACK) as held, suppress(PortTaken):
            env = settings(LOOPBACK, held.getsockname(), num_workers)
            return keep(roles, job, env, check)[2:]
    raise OSError(f"each of {TRIES} free ports of {LOOPBACK} was taken before the scheduler could listen there")
