"""Lets one build at a time work in this folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from . import notebook, writing

LOCK = notebook.BUILD / ".lock"


@contextmanager
def held() -> Iterator[None]:
    """Wait until no other build is at work here, and keep others waiting. The lock goes with its process."""
    notebook.BUILD.mkdir(parents=True, exist_ok=True)
    if not LOCK.is_file():
        writing.remove(LOCK)
    lock = os.open(LOCK, os.O_RDWR | os.O_CREAT)
    try:
        _wait_for(lock)
        yield
    finally:
        os.close(lock)


def _wait_for(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another build is at work in this folder: waiting until it has ended", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
