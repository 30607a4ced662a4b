"""Writes files whole: a file is the old one or the new one, whoever is killed and wherever space runs out."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from shutil import rmtree

UNFINISHED = ".unfinished"  # how the name of a file ends that has not got its final name yet


def write(path: Path, text: str | bytes) -> None:
    """Write a file under a name of its own, sync it, and put it in the place of the old one.

    Two writers do not disturb each other: the last one's file stands, whole.

    Args:
        path: the file (pathlib.Path); folders that are missing are made.
        text: all that it is to hold (str, written as UTF-8 with its line ends as they are, or bytes).

    Raises:
        OSError: it cannot be written, for want of space or of the right to, or since a folder has its name; names
            the file. The old one stands as it was.
    """
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}{UNFINISHED}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("xb") as file:
            file.write(text.encode() if isinstance(text, str) else text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        with suppress(OSError):  # it has its final name, or could not even be begun
            unfinished.unlink()


def clear(folder: Path) -> None:
    """Remove what writers left that were killed; nobody may be writing into the folder."""
    for path in folder.rglob(f".*{UNFINISHED}"):
        path.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove whatever has a name, a folder with all that is in it; nothing may have it."""
    if path.is_dir() and not path.is_symlink():
        rmtree(path)
    else:
        path.unlink(missing_ok=True)
