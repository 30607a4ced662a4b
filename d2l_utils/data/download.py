"""Brings one file from one source: no more of it than is known to come, in limited time, and never half there."""

import re
import threading
import time
from concurrent.futures import Future, wait
from contextlib import suppress
from pathlib import Path
from shutil import copyfile

import pooch
import requests

from ..progress import bar

TIMEOUT = 20  # seconds without a word before a source is given up
SLOWEST = 20_000  # bytes per second: a source that is slower in all is given up
STALE = 600  # seconds: nobody still writes to a temporary file that is as old; the largest takes 516


def shown(source: object) -> str:
    """A source, or a message about it, without the user's name and password in an address."""
    return re.sub(r"(?<=://)\S*@", "***@", str(source))


def bring(source: Path | str, path: Path, size: int, sha256: str) -> None:
    """Bring a file from a folder (Path) or an address (str) to its place, when it has arrived and is right.

    Args:
        source: where it comes from.
        path: its place.
        size: how many bytes it must have (int).
        sha256: what its hash must be (str).

    Raises:
        OSError: no answer, no file, no right to write, no space.
        ValueError: another size, or another hash.
    """

    def fill(_, output, __):
        if isinstance(source, Path):
            copyfile(source, output)
        else:
            _download(source, size, output)

    # What pooch prints, the password of an address shall not be in.
    pooch.retrieve(shown(source), f"sha256:{sha256}", path.name, path.parent, downloader=fill)
    path.chmod(0o644)  # pooch's temporary files are private; a shared folder's must be readable


def clear(folder: Path) -> None:
    """Remove pooch's temporary files of those who were killed while they wrote."""
    for path in folder.glob("tmp????????"):
        with suppress(OSError):  # another process was faster
            if path.is_file() and time.time() - path.stat().st_mtime > STALE:
                path.unlink()


def _download(address, size, output):
    """What arrives in time goes into a file; a thread that still waits then is left behind.

    No time limit of a socket covers all that a source may be slow at: names, handshakes, headers, single bytes.
    """
    seconds = TIMEOUT + size / SLOWEST
    done: Future = Future()

    def run():
        try:
            done.set_result(_stream(address, size, output))
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    if not wait([done], seconds).done:
        raise TimeoutError(f"its {size:,} bytes did not arrive within {seconds:.0f} seconds")
    done.result()


def _stream(address, size, output):
    headers = {"Accept-Encoding": "identity"}  # the file as it is, and nothing that grows
    with (
        requests.get(address, headers=headers, stream=True, timeout=TIMEOUT) as response,
        open(output, "wb") as file,
        bar(total=size, unit="B", unit_scale=True) as progress,
    ):
        response.raise_for_status()
        while part := response.raw.read1(2**16):
            if file.tell() + len(part) > size:
                raise ValueError(f"it sends more than the {size:,} bytes of the file")
            progress.update(file.write(part))
