"""Ends a command at once, with one line, when it is told to stop."""

import atexit
import os
import signal
from contextlib import suppress
from types import FrameType

from . import guard

SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP


def when_told() -> None:
    """From now on Ctrl-C and the signals to end do so; all that this process has started ends with it."""
    guard.adopt()
    atexit.register(guard.end_descendants)
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:  # what `nohup` asks for
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    """End without a word from what was under way: every file of ours is whole at any moment."""
    guard.end_descendants()
    with suppress(OSError):
        os.write(2, b"\nStopped. What was done is kept.\n" if os.isatty(2) else b"Stopped. What was done is kept.\n")
    os._exit(128 + number)
