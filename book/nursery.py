"""A process that has loaded what every notebook loads, and forks kernels: what takes two seconds is done once.

`python -m book.nursery` is that process. It is asked through its standard input, a socket, and ends when the other end
is closed. Each kernel stands under guard, like one that is started anew. Linux has what this takes; elsewhere a fork
of a process with so much in it may crash.
"""

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from select import select

from . import guard, notebook

ENGINE = "MXNET_ENGINE_TYPE"
LARGEST = 1_000_000  # bytes of what is asked: a kernel's arguments, environment and folder
WORTH = 4  # notebooks; fewer load as fast what they need by themselves


class Kernel:
    """A kernel under guard, with as much of subprocess.Popen as jupyter_client asks for."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, end: int) -> None:
        self.pid = pid  # the guard's, and the group's
        self.returncode: int | None = None
        self._end = end  # a pipe on which the guard tells the exit code, or is heard to die

    def poll(self) -> int | None:
        if self.returncode is None and select([self._end], [], [], 0)[0]:
            self.returncode = int(os.read(self._end, 10) or -signal.SIGKILL)
            os.close(self._end)
        return self.returncode

    def wait(self) -> int | None:
        if self.returncode is None:
            select([self._end], [], [])
        return self.poll()

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


class Nursery:
    """Forks kernels, once it is asked to."""

    def __init__(self, env: dict[str, str]) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        # MXNet's queue hands each operation to a thread of its own. On arrays as small as ours that costs a tenth of
        # the whole book's time, for the same bits: there is none, unless the user has chosen.
        env = {ENGINE: "NaiveEngine", **env}
        # What ipykernel would choose in a kernel, and what matplotlib asks for when it is loaded.
        env["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
        command = [sys.executable, "-m", __name__]
        with theirs:
            self._process = subprocess.Popen(
                command, stdin=theirs.fileno(), env=env, cwd=notebook.ROOT, start_new_session=True
            )

    def fork(self, arguments: list[str], env: dict[str, str], cwd: str, said: int) -> Kernel:
        """Start a kernel; what it says of itself goes to the file `said`."""
        end, theirs = os.pipe()
        socket.send_fds(self._ours, [json.dumps([arguments, env, cwd]).encode()], [said, theirs])
        os.close(theirs)
        answer = self._ours.recv(20)
        if not answer:
            raise RuntimeError("the process that kernels are forked from has ended")
        return Kernel(int(answer), end)

    def close(self) -> None:
        self._ours.close()
        self._process.wait()


@contextmanager
def opened(num_notebooks: int, env: dict[str, str]) -> Iterator[Nursery | None]:
    """A nursery for as long as notebooks are run, or None where kernels had better start anew."""
    if sys.platform != "linux" or num_notebooks < WORTH:
        yield None
        return
    nursery = Nursery(env)
    try:
        yield nursery
    finally:
        nursery.close()


def load() -> None:
    """Import what every kernel needs. Where that fails, so will a notebook, and say what is missing."""
    with suppress(ImportError, OSError):
        from d2l_utils import runtime  # noqa: F401  makes the import of MXNet work

        import ipykernel.kernelapp  # noqa: F401
        import matplotlib.pyplot  # noqa: F401

        with silent():  # MXNet says which engine it takes
            from mxnet import nd

            nd.waitall()
    # What a kernel starts is not to be told; what the user has chosen comes with the kernel's environment.
    os.environ.pop(ENGINE, None)
    gc.freeze()  # a collection would touch, and so copy, what is shared


@contextmanager
def silent() -> Iterator[None]:
    """Drop what is written to the file of errors, by C as well."""
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


def serve() -> None:
    """Fork a kernel each time one is asked for."""
    asked = socket.socket(fileno=0)
    while True:
        message, files, _, _ = socket.recv_fds(asked, LARGEST, 2)
        if not message:
            return
        pid = os.fork()
        if not pid:
            asked.close()
            said, end = files
            return stand(said, end, *json.loads(message))
        for file in files:
            os.close(file)
        asked.send(str(pid).encode())
        # Guards that have ended are not to stay.
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def stand(said: int, end: int, arguments: list[str], env: dict[str, str], cwd: str) -> None:
    """Be the guard of a kernel, and in a process of its own that kernel."""
    nursery = os.getppid()
    os.setsid()
    os.chdir(cwd)
    null = os.open(os.devnull, os.O_RDWR)
    for here, there in ((null, 0), (null, 1), (said, 2)):
        os.dup2(here, there)
    guard.get_ready()
    kernel = os.fork()
    if kernel:
        os.write(end, str(guard.stand(kernel, nursery)).encode())
        os._exit(0)
    os.close(end)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.environ.update(env, JPY_PARENT_PID=str(os.getppid()))
    sys.path.remove(str(notebook.ROOT))
    sys.argv[1:] = arguments
    from ipykernel import kernelapp

    kernelapp.launch_new_instance()


if __name__ == "__main__":
    load()
    serve()
