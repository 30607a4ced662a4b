"""Ends a command at once, with one line, when it is told to stop."""

import atexit
import os
import signal
from contextlib import suppress
from threading import Thread

from . import guard

SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


def when_told() -> None:
    """From now on Ctrl-C and the signals to end do so; all that this process has started ends with it.

    A thread of its own listens: Python's handlers wait for the main thread, and a signal that comes in the moment
    before that begins to wait for something would not wake it.
    """
    guard.adopt()
    atexit.register(guard.end_descendants)
    here, there = os.pipe()
    os.set_blocking(there, False)
    signal.set_wakeup_fd(there)
    Thread(target=_listen, args=(here,), daemon=True).start()
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # what `nohup` asks for
            signal.signal(number, lambda *_: None)


def _listen(pipe: int) -> None:
    """Wait for one of the signals; Python writes the number of each that it handles."""
    while (number := os.read(pipe, 1)[0]) not in SIGNALS:
        pass
    _stop(number)


def _stop(number: int) -> None:
    """End without a word from what was under way: every file of ours is whole at any moment."""
    guard.end_descendants()
    with suppress(OSError):
        os.write(2, b"\nStopped. What was done is kept.\n" if os.isatty(2) else b"Stopped. What was done is kept.\n")
    os._exit(128 + number)
