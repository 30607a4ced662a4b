"""Lets one build at a time work in this folder."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from . import notebook, writing

LOCK = notebook.BUILD / ".lock"


@contextmanager
def held() -> Iterator[None]:
    """Wait until no other build is at work here, and keep others waiting. The lock goes with its process."""
    notebook.BUILD.mkdir(parents=True, exist_ok=True)
    if not LOCK.is_file():
        writing.remove(LOCK)
    with LOCK.open("ab") as lock:
        _wait_for(lock)
        yield


def _wait_for(lock: BinaryIO) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("Another build is at work in this folder: waiting until it has ended", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)
