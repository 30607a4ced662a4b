"""Data files: found in order, verified always, never half there."""

import os
import warnings
from pathlib import Path
from shutil import copyfile

import pooch

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
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
    """A data file is neither in data/, nor at the mirror, nor at a public address."""


class StandInWarning(UserWarning):
    """The numbers that follow come from data that stand in for the real file."""


def offline():
    """Tell whether the user chose the stand-in data.

    Returns:
        True where the environment variable D2L_OFFLINE is 1, False where it is 0, empty or not set.

    Raises:
        ValueError: it has any other value.

    Example:
        >>> offline()
        False

    Source: README.md, "Without a network".
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


def _sources(name):
    """Where a file may be had, in order: the user's mirror, then the public addresses."""
    mirror = os.environ.get("D2L_DATA_MIRROR")
    if mirror and mirror.startswith(("http://", "https://")):
        yield f"{mirror.rstrip('/')}/{name}"
    elif mirror:
        yield str(ROOT / mirror / name)  # a relative folder counts from the project's root
    yield from FILES[name][1]


def _downloader(source):
    """What pooch calls to bring one source to a temporary file."""
    if source.startswith(("http://", "https://")):
        return pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT)
    return lambda path, output_file, _: copyfile(path, output_file)


def fetch(name):
    """Return the path of a data file, verified; fetch it first if need be.

    Looks in data/, at the mirror that D2L_DATA_MIRROR names (a folder or a URL), and at the public
    addresses, in this order. A file in data/ that is damaged is renamed to `<name>.rejected` and fetched
    again. What arrives is checked before it gets its final name.

    Args:
        name: a key of FILES (str).

    Returns:
        The file's path in data/ (pathlib.Path); its SHA-256 has been checked in this call.

    Raises:
        ValueError: no such file is known.
        DataUnavailable: no source has it, or data/ cannot be written; says where it looked and how to
            go on.

    Example:
        >>> fetch("airfoil_self_noise.dat").name
        'airfoil_self_noise.dat'

    Source: the checksums are those of data/README.md.
    """
    if name not in FILES:
        raise ValueError(f"name is {name!r}; the known files are {', '.join(FILES)}")
    sha256, path, failures = FILES[name][0], DATA / name, []
    try:
        if path.exists():
            if pooch.file_hash(path) == sha256:
                return path
            warnings.warn(f"{path} is damaged: set aside as {name}.rejected, fetched again", stacklevel=2)
            if _set_aside(path, sha256):
                return path
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unavailable(name, [f"{path}: {error.strerror or error}"]) from error
    for source in _sources(name):
        try:
            pooch.retrieve(source, f"sha256:{sha256}", path.name, path.parent, downloader=_downloader(source))
        except (OSError, ValueError) as error:  # no answer, no file, no right to write; a wrong hash
            failures.append(f"{source}: {error}")
            continue
        path.chmod(0o644)  # pooch's temporary files are private; a shared folder's must be readable
        return path
    raise _unavailable(name, [f"{path}: not there", *failures])


def _unavailable(name, failures):
    tried = "\n".join(f"  - {failure}" for failure in failures)
    return DataUnavailable(
        f"{name} is not to be had. Looked at:\n{tried}\n"
        "Three ways on:\n"
        f"  1. put the file there yourself: {DATA / name} (sha256 {FILES[name][0]});\n"
        "  2. name a mirror that has it: D2L_DATA_MIRROR=<a folder or a URL>;\n"
        "  3. go offline with data that stand in for them: D2L_OFFLINE=1."
    )
