"""Data files: found in order, verified always, never half there."""

import os
import warnings
from pathlib import Path
from shutil import copyfile
from urllib.request import url2pathname

import pooch

from ..chapters import ROOT

DATA = ROOT / "data"
CACHE = Path(pooch.os_cache("d2l_utils"))  # the user's own folder, for a data/ that cannot be written
TIMEOUT = 20  # seconds without an answer before the next source is tried

MNIST_HOMES = "https://storage.googleapis.com/cvdf-datasets/mnist", "https://ossci-datasets.s3.amazonaws.com/mnist"
MNIST_HASHES = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
FILES = {  # name: (SHA-256, public addresses in order); data/README.md says what each file is
    "airfoil_self_noise.dat": (
        "74c75fd71783f1e6b71f8a622b993dc592897a97cd689c5090a07147a1b097b3",
        ("http://d2l-data.s3-accelerate.amazonaws.com/airfoil_self_noise.dat",),
    ),
    **{f"mnist/{n}": (sha256, tuple(f"{home}/{n}" for home in MNIST_HOMES)) for n, sha256 in MNIST_HASHES.items()},
}


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


def _set_aside(path, sha256):
    """Rename a damaged file; where another process has mended it meanwhile, keep that one and say True."""
    rejected = path.with_name(f"{path.name}.rejected")
    try:
        path.replace(rejected)
    except FileNotFoundError:  # the other process was faster
        return False
    mended = pooch.file_hash(rejected) == sha256
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
            f"D2L_DATA_MIRROR is {named!r}; it must be a folder, or begin with http://, https:// or file:///"
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
    return any((folder / name).exists() for folder in folders)


def _sources(name):
    """Where a file may be had, in order: the user's mirror (a Path or an address), then the public addresses."""
    place = mirror()
    if isinstance(place, Path):
        yield place / name
    elif place:
        yield f"{place.rstrip('/')}/{name}"
    yield from FILES[name][1]


def _find(path, sha256):
    """Tell whether a file is there and whole; a damaged one is set aside."""
    if not path.exists():
        return False
    if pooch.file_hash(path) == sha256 or _set_aside(path, sha256):
        return True
    warnings.warn(f"{path} is damaged: set aside as {path.name}.rejected, fetched again", stacklevel=3)
    return False


def _can_write(folder):
    """Tell whether new files can be written into a folder, which is made if it is missing."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _copy(source, output, _):
    copyfile(source, output)


def _bring(source, name, home):
    """Bring a file home from one source; where home is not data/, use that of a mirror's folder in its place."""
    sha256 = FILES[name][0]
    path = home / name
    is_folder = isinstance(source, Path)
    if is_folder and home != DATA:
        if pooch.file_hash(source) != sha256:
            raise ValueError(f"its SHA-256 is not {sha256}")
        return source
    downloader = _copy if is_folder else pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT)
    pooch.retrieve(str(source), f"sha256:{sha256}", path.name, path.parent, downloader=downloader)
    path.chmod(0o644)  # pooch's temporary files are private; a shared folder's must be readable
    return path


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
    failures = []
    for path in (DATA / name, CACHE / name):
        try:
            if _find(path, FILES[name][0]):
                return path
            failures.append(f"{path}: not there")
        except OSError as error:
            failures.append(f"{path}: {error.strerror or error}")
    home = DATA if _can_write((DATA / name).parent) else CACHE
    for source in _sources(name):
        try:
            return _bring(source, name, home)
        except (OSError, ValueError) as error:  # no answer, no file, no right to write; a wrong hash
            failures.append(f"{source}: {error}")
    raise _unavailable(name, home, failures)


def _unavailable(name, home, failures):
    tried = "\n".join(f"  - {failure}" for failure in failures)
    return DataUnavailable(
        f"{name} is not to be had. Looked at:\n{tried}\n"
        "Three ways on:\n"
        f"  1. put the file there yourself: {home / name} (sha256 {FILES[name][0]});\n"
        "  2. name a mirror that has it: D2L_DATA_MIRROR=<a folder or a URL>;\n"
        "  3. go offline with data that stand in for them: D2L_OFFLINE=1."
    )
