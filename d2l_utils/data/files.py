"""Data files: found in order, verified always, never half there."""

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.request import url2pathname

import pooch

from ..chapters import ROOT
from .download import bring, clear, shown

DATA = ROOT / "data"
CACHE = Path(pooch.os_cache("d2l_utils"))  # the user's own folder, for a data/ that cannot be written


class Known(NamedTuple):
    """What is known of a data file; data/README.md says what it is."""

    size: int
    sha256: str
    addresses: list[str]

    def describes(self, path: Path) -> bool:
        """Tell whether a file is this one."""
        return path.stat().st_size == self.size and pooch.file_hash(path) == self.sha256


TABLE = Path(__file__).with_name("files.json").read_text(encoding="utf-8")
FILES = {name: Known(**facts) for name, facts in json.loads(TABLE).items()}


class DataUnavailable(OSError):
    """A data file is neither in data/, nor in the user's cache, nor at the mirror, nor at a public address."""


class StandInWarning(UserWarning):
    """The numbers that follow come from data that stand in for the real file."""


def offline() -> bool:
    """Tell whether the user chose the stand-in data.

    Returns:
        True where the environment variable D2L_OFFLINE is 1, False where it is 0, empty or not set.

    Raises:
        ValueError: it has any other value.

    Example:
        >>> offline()
        False
    """
    choice = os.environ.get("D2L_OFFLINE") or "0"
    if choice not in ("0", "1"):
        raise ValueError(f"D2L_OFFLINE is {choice!r}; 1 chooses the stand-in data, 0 the real data")
    return choice == "1"


def _set_aside(path, known):
    """Rename a damaged file; where another process has mended it meanwhile, keep that one and say True."""
    rejected = path.with_name(f"{path.name}.rejected")
    try:
        path.replace(rejected)
    except FileNotFoundError:  # the other process was faster
        return False
    mended = known.describes(rejected)
    if mended:
        rejected.replace(path)
    return mended


def mirror() -> Path | str | None:
    """What D2L_DATA_MIRROR names: a folder (Path), a folder on a server (its address), or None."""
    named = os.environ.get("D2L_DATA_MIRROR") or None
    if named is None or named.startswith(("http://", "https://")):
        return named
    if named.startswith("file:///"):
        return Path(url2pathname(named.removeprefix("file://")))
    if "://" in named:
        raise ValueError(
            f"D2L_DATA_MIRROR is {shown(named)!r}; it must be a folder, or begin with http://, https:// or file:///"
        )
    return ROOT / os.path.expanduser(named)  # a relative folder counts from the project's root


def kept(name: str) -> bool:
    """Tell whether a file lies on this machine, verified or not.

    Args:
        name: a key of FILES (str).

    Returns:
        True where data/, the user's cache or a mirror's folder has it.

    Example:
        >>> kept("airfoil_self_noise.dat")
        True
    """
    place = mirror()
    folders = [DATA, CACHE, *([place] if isinstance(place, Path) else [])]
    return any((folder / name).is_file() for folder in folders)


def _sources(name: str) -> Iterator[Path | str]:
    """Where a file may be had, in order: the user's mirror (a Path or an address), then the public addresses."""
    place = mirror()
    if isinstance(place, Path):
        yield place / name
    elif place:
        yield f"{place.rstrip('/')}/{name}"
    yield from FILES[name].addresses


def _obstacle(path):
    """Name what stands in the place of a file or of its folder and is none, such as a FIFO; None if nothing does."""
    place = _nearest(path)
    if place == path:
        return None if path.is_file() else f"{path} is there and is no file"
    return None if place.is_dir() else f"{place} is there and is no folder"


def _nearest(path):
    """A path itself where something is there, be it a link that leads nowhere; else what is nearest above it."""
    return next(place for place in (path, *path.parents) if os.path.lexists(place))


def _find(path, known):
    """Tell whether a file is there and whole; a damaged one is set aside."""
    if not path.exists():
        return False
    if known.describes(path) or _set_aside(path, known):
        return True
    warnings.warn(f"{path} is damaged: set aside as {path.name}.rejected, fetched again", stacklevel=3)
    return False


def _can_hold(path):
    """Tell whether a file can be written to a place."""
    return not _obstacle(path) and os.access(_nearest(path.parent), os.W_OK)


def _from(source, name, home):
    """The path of a file from one source; where home is not data/, that of a mirror's folder itself."""
    known = FILES[name]
    if isinstance(source, Path):
        if blocked := _obstacle(source):
            raise OSError(blocked)
        if not known.describes(source):
            raise ValueError(f"its SHA-256 is not {known.sha256}")
        if home != DATA:
            return source
    if home is None:
        raise OSError("there is no place that it could be written to")
    bring(source, home / name, known.size, known.sha256)
    return home / name


def fetch(name: str) -> Path:
    """Return the path of a data file, verified; fetch it first if need be.

    Looks in data/, in the user's cache, at the mirror that D2L_DATA_MIRROR names (a folder or a URL), and at
    the public addresses, in this order. A file that is damaged is renamed to `<name>.rejected` and fetched
    again, into data/. Where nobody may write there, a file in a mirror's folder is used where it is, and one
    that comes from the network is put into the user's cache. What arrives is checked before it gets its
    final name.

    Args:
        name: a key of FILES (str).

    Returns:
        The file's path (pathlib.Path); its SHA-256 has been checked in this call.

    Raises:
        ValueError: no such file is known, or D2L_DATA_MIRROR is neither a folder nor a URL.
        DataUnavailable: no source has it, or it can be written nowhere; says where it looked and how to
            go on.

    Example:
        >>> fetch("airfoil_self_noise.dat").name
        'airfoil_self_noise.dat'
    """
    if name not in FILES:
        raise ValueError(f"name is {name!r}; the known files are {', '.join(FILES)}")
    known = FILES[name]
    failures = []
    for path in (DATA / name, CACHE / name):
        if blocked := _obstacle(path):
            warnings.warn(f"{blocked}; passed over", stacklevel=2)
            failures.append(f"{path}: {blocked}")
            continue
        clear(path.parent)
        try:
            if _find(path, known):
                return path
            failures.append(f"{path}: not there")
        except OSError as error:
            failures.append(f"{path}: {error.strerror or error}")
    home = next((folder for folder in (DATA, CACHE) if _can_hold(folder / name)), None)
    for source in _sources(name):
        try:
            return _from(source, name, home)
        except Exception as error:  # whatever a server brings about
            failures.append(shown(f"{source}: {error}"))
    raise _unavailable(name, home or DATA, failures)


def _unavailable(name, home, failures):
    tried = "\n".join(f"  - {failure}" for failure in failures)
    return DataUnavailable(
        f"{name} is not to be had. Looked at:\n{tried}\n"
        "Three ways on:\n"
        f"  1. put the file there yourself: {home / name} (sha256 {FILES[name].sha256});\n"
        "  2. name a mirror that has it: D2L_DATA_MIRROR=<a folder or a URL>;\n"
        "  3. go offline with data that stand in for them: D2L_OFFLINE=1."
    )
