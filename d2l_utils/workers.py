"""Shares work among processes that are safe beside threads, and none of which outlives its parent.

They are started afresh: a fork would copy the locks that other threads hold, MXNet's among them, and wait for ever.
"""

import mmap
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from tempfile import TemporaryFile
from typing import Any

import cloudpickle

ALIGNED = 64  # bytes: arrays begin at a line of the processor's cache
CHECK = 0.5  # seconds between two looks whether the parent is still there


class Workers:
    """Processes that do tasks, from the start of a with statement to its end, where they are killed.

    Processes and not threads: NumPy's short calls would spend their time handing Python's lock over.

    Args:
        count: how many processes share the work (int); with 1, none is started.

    Example:
        >>> with Workers(2) as workers:
        ...     sorted(workers.do(pow, 2, deque([1, 2, 3])))
        [2, 4, 8]
    """

    def __init__(self, count: int) -> None:
        self.count = count if count > 1 else 0
        self.processes: dict[Any, subprocess.Popen] = {}

    def __enter__(self) -> "Workers":
        # What all tasks share is written here once. It has no name: nothing is left of it, even after a kill -9.
        self.memory = os.fdopen(os.memfd_create("shared"), "w+b") if sys.platform == "linux" else TemporaryFile()
        for _ in range(self.count):
            ours, theirs = Pipe()
            with theirs:
                self.processes[ours] = _start(theirs.fileno(), self.memory.fileno())
        return self

    def __exit__(self, *error: Any) -> None:
        for connection, process in self.processes.items():
            process.kill()
            process.wait()
            connection.close()
        self.memory.close()

    def do(self, work: Callable, shared: Any, tasks: deque) -> Iterator:
        """Do work(shared, task) for each task, several at a time.

        Args:
            work: a function; its module should be quick to import.
            shared: what all tasks need.
            tasks: what is to be done, in this order (deque). It is emptied; more may be added on the way.

        Returns:
            An iterator over the results, in the order in which they are ready.

        Raises:
            TypeError: something cannot be sent to another process.
            ChildProcessError: a process was killed.
            What the work itself raises, with the place in the process as its cause.
        """
        if not self.processes:
            while tasks:
                yield work(shared, tasks.popleft())
            return
        packed = _pack((work, shared), self.memory)
        for connection in self.processes:
            _send(connection, packed)
        free = list(self.processes)
        busy: list = []
        while tasks or busy:
            while tasks and free:
                busy.append(free.pop())
                _send(busy[-1], tasks.popleft())
            for ready in wait(busy):
                busy.remove(ready)
                free.append(ready)
                yield _answer(ready, self.processes[ready])


def _start(*fds):
    """A process of its own session: Ctrl-C in a terminal reaches the parent alone, which ends it."""
    command = [sys.executable, "-m", __name__, *map(str, fds), str(os.getpid())]
    # It finds what its parent finds, and nothing else in the folder that it starts in.
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path)), "PYTHONSAFEPATH": "1"}
    return subprocess.Popen(command, pass_fds=fds, env=env, stdin=subprocess.DEVNULL, start_new_session=True)


def _pack(job, file):
    """A job as bytes, with its arrays in a file, and where in the file each of these begins and ends."""
    buffers: list[pickle.PickleBuffer] = []
    try:
        pickled = cloudpickle.dumps(job, protocol=5, buffer_callback=buffers.append)
    except Exception as error:  # whatever the parts of an object raise
        raise TypeError(f"{error}: another process cannot have it, and num_workers=1 needs no other") from error
    places = []
    for buffer in buffers:
        file.seek(-file.tell() % ALIGNED, os.SEEK_CUR)
        start = file.tell()
        file.write(buffer.raw())
        places.append((start, file.tell()))
    file.write(b"\0")  # nothing at all cannot be mapped
    file.flush()
    return pickled, places


def _send(connection, value):
    with suppress(ConnectionError):  # it is dead, and its answer, which is awaited next, says how it died
        connection.send_bytes(cloudpickle.dumps(value))


def _answer(connection, process):
    """What a process answers to its task; its error is raised here."""
    try:
        value, error, place = pickle.loads(connection.recv_bytes())
    except (EOFError, ConnectionError):
        code = process.wait()
        end = f"killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        raise ChildProcessError(f"a process that shared the work was {end}; num_workers=1 needs none") from None
    if error is not None:
        raise error from RuntimeError(f"in another process:\n\n{place}")
    return value


def _serve(connection, fd):
    """In a process: do one task after another, until the parent is gone."""
    packed = pickle.loads(connection.recv_bytes())
    job = None
    while True:
        task = connection.recv_bytes()
        try:
            job = job or _unpack(*packed, fd)
            work, shared = job
            answer = cloudpickle.dumps((work(shared, pickle.loads(task)), None, None))
        except BaseException as error:
            answer = cloudpickle.dumps((None, portable(error), traceback.format_exc()))
        with suppress(ConnectionError):  # the parent is gone, as the next look for a task finds
            connection.send_bytes(answer)


def _unpack(pickled, places, fd):
    """A job whose arrays lie in shared memory; what is written to them stays in this process."""
    memory = memoryview(mmap.mmap(fd, 0, access=mmap.ACCESS_COPY))
    return pickle.loads(pickled, buffers=[memory[start:end] for start, end in places])


def portable(error: BaseException) -> BaseException:
    """The error, or where it cannot be sent to another process, a RuntimeError that says the same."""
    try:
        pickle.loads(cloudpickle.dumps(error))
    except Exception:  # whatever its own code raises
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _leave_with(parent):
    """End this process, whatever it does, soon after its parent is gone."""
    while os.getppid() == parent:
        time.sleep(CHECK)
    os._exit(1)


if __name__ == "__main__":
    ours, file, parent = map(int, sys.argv[1:])
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    with suppress(EOFError, ConnectionError):  # the parent is gone
        _serve(Connection(ours), file)
