"""A process of a group: how it leaves, how it answers; and run as a script, the group's scheduler or server.

These two pass on what the workers send, and for that MXNet's library alone is enough. It loads in a tenth of the time
that MXNet's Python side takes, which the server needs only where it updates the weights itself.
"""

import ctypes
import importlib.util
import mmap
import os
import pickle
import select
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from d2l_utils.workers import CHECK, portable

import cloudpickle


def play(role: Callable) -> None:
    """Play a role in this process, as its command line has it, and leave an answer.

    The command line has the role's name and number, two open files, for the job and for the answer, and the process
    that keeps this one.

    Args:
        role: a function (name, number, job) of a str, an int and the pickled job; what it returns is the answer.
    """
    name = sys.argv[1]
    number, job, answer, parent = map(int, sys.argv[2:])
    threading.Thread(target=_leave_with, args=(parent,), daemon=True).start()
    # What MXNet calls, such as an optimizer on the server, cannot raise through it.
    sys.unraisablehook = lambda unraisable: _fail(answer, unraisable.exc_value)
    try:
        _answer(answer, role(name, number, mmap.mmap(job, 0, access=mmap.ACCESS_READ)))
    except BaseException as error:
        _fail(answer, error)


def _leave_with(parent):
    """End this process, whatever it does, when its keeper lets go of it or is gone."""
    while os.getppid() == parent and not select.select([sys.stdin], [], [], CHECK)[0]:
        pass
    os._exit(1)


def _answer(file, value, error=None):
    """Write what the keeper reads when this process has ended."""
    place = "".join(traceback.format_exception(error)) if error else ""
    if error and not isinstance(error, Exception):
        error = RuntimeError(repr(error))  # a worker that exits is no reason for the caller to exit
    with open(file, "wb", closefd=False) as answer:
        answer.write(cloudpickle.dumps((value, error and portable(error), place)))


def _fail(file, error):
    """End with an error, at once: a worker that said goodbye would wait for the others."""
    _answer(file, None, error)
    os._exit(1)


def serve(name: str, number: int, job: Any) -> None:
    """Be the scheduler or the server until all workers are done."""
    found = importlib.util.find_spec("mxnet")
    library = ctypes.CDLL(str(Path(found.origin).with_name(LIBRARY)))  # type: ignore[union-attr, arg-type]
    library.MXGetLastError.restype = ctypes.c_char_p
    store = ctypes.c_void_p()

    def take(command, told, _):
        """The workers have a Trainer whose optimizer is to run here."""
        del os.environ["DMLC_ROLE"]  # the import of MXNet would play it
        from d2l_utils.scale.worker import update_here

        os.environ["DMLC_ROLE"] = name
        update_here(store, pickle.loads(job), told)

    def call(function, *args):
        if function(*args):
            raise RuntimeError(library.MXGetLastError().decode(errors="replace"))

    os.environ["DMLC_ROLE"] = name
    call(library.MXKVStoreCreate, b"dist", ctypes.byref(store))
    controller = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)(take)
    call(library.MXKVStoreRunServer, store, controller, None)


LIBRARY = "libmxnet.dylib" if sys.platform == "darwin" else "libmxnet.so"

if __name__ == "__main__":
    play(serve)
