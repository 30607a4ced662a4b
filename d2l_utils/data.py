"""The chapters' data: fetched, verified, standardised."""

import os
import warnings
from numbers import Integral
from pathlib import Path
from shutil import copyfile

import numpy as np
import pooch
from mxnet import nd

from .stand_in import AIRFOIL_HEAD, AIRFOIL_ROWS, airfoil_stand_in

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
TIMEOUT = 20  # seconds without an answer before the next source is tried

FILES = {  # name: (SHA-256, public address); data/README.md says what each file is
    "airfoil_self_noise.dat": (
        "74c75fd71783f1e6b71f8a622b993dc592897a97cd689c5090a07147a1b097b3",
        "http://d2l-data.s3-accelerate.amazonaws.com/airfoil_self_noise.dat",
    ),
}


class DataUnavailable(OSError):
    """A data file is neither in data/, nor at the mirror, nor at its public address."""


class StandInWarning(UserWarning):
    """The numbers that follow come from synthetic data that stands in for the real file."""


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
    """Where a file may be had, in order: the user's mirror, then the public address."""
    mirror = os.environ.get("D2L_DATA_MIRROR")
    if mirror and mirror.startswith(("http://", "https://")):
        yield f"{mirror.rstrip('/')}/{name}"
    elif mirror:
        yield str(ROOT / mirror / name)  # a relative folder counts from the project's root
    yield FILES[name][1]


def _downloader(source):
    """What pooch calls to bring one source to a temporary file."""
    if source.startswith(("http://", "https://")):
        return pooch.HTTPDownloader(progressbar=True, timeout=TIMEOUT)
    return lambda path, output_file, _: copyfile(path, output_file)


def fetch(name):
    """Return the path of a data file, verified; fetch it first if need be.

    Looks in data/, at the mirror that D2L_DATA_MIRROR names (a folder or a URL), and at the public
    address, in this order. A file in data/ that is damaged is renamed to `<name>.rejected` and fetched
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
            pooch.retrieve(source, f"sha256:{sha256}", name, DATA, downloader=_downloader(source))
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
        "  3. go offline with synthetic stand-in data: D2L_OFFLINE=1."
    )


def airfoil(num_examples=AIRFOIL_HEAD):
    """NASA airfoil self-noise, standardised: the regression that the chapters train on.

    Where D2L_OFFLINE is 1, the stand-in takes its place and a StandInWarning says so.

    Args:
        num_examples: how many of the 1,503 rows to keep, from the first (int, 1 to 1503).

    Returns:
        features: NDArray (num_examples, 5), float32, each column with mean 0 and variance 1 over all
            1,503 rows.
        labels: NDArray (num_examples,), float32, scaled sound pressure level, standardised likewise.

    Raises:
        ValueError: num_examples is out of range, or D2L_OFFLINE is neither 0 nor 1.
        DataUnavailable: the file is neither in data/, nor at the mirror, nor at its public address;
            says where it looked and how to go on without a network.

    Example:
        >>> features, labels = airfoil()
        >>> features.shape, labels.shape
        ((1500, 5), (1500,))

    Source: Brooks, Pope and Marcolini (1989), NASA RP-1218; UCI repository, dataset 291.
    """
    if not isinstance(num_examples, Integral) or not 1 <= num_examples <= AIRFOIL_ROWS:
        raise ValueError(f"num_examples is {num_examples!r}; it must be an integer from 1 to {AIRFOIL_ROWS}")
    if offline():
        warnings.warn(
            "D2L_OFFLINE=1: synthetic data with the moments of the airfoil measurements stands in for them",
            StandInWarning,
            stacklevel=2,
        )
        rows = airfoil_stand_in()
    else:
        rows = np.loadtxt(fetch("airfoil_self_noise.dat"), delimiter="\t")
    rows = nd.array(((rows - rows.mean(axis=0)) / rows.std(axis=0))[:num_examples])
    return rows[:, :-1], rows[:, -1]


def synthetic_regression(num_examples=1000, w=(2.0, -3.4), b=4.2, noise=0.01):
    """A linear regression whose answer is known: labels = features · w + b + noise.

    Draws the features first and the noise second, from MXNet's generator, so that a seed fixes both.

    Args:
        num_examples: how many rows to draw (int, 1 or more).
        w: the true weights (sequence of numbers), one per feature.
        b: the true bias (number), in the unit of the labels.
        noise: standard deviation of the normal noise (number, 0 or more), in the unit of the labels.

    Returns:
        features: NDArray (num_examples, len(w)), float32, standard normal.
        labels: NDArray (num_examples,), float32.

    Raises:
        ValueError: num_examples is below 1, w is empty, or noise is negative.

    Example:
        >>> features, labels = synthetic_regression()
        >>> features.shape, labels.shape
        ((1000, 2), (1000,))

    Source: the Gluon tutorials' linear regression from scratch.
    """
    if not isinstance(num_examples, Integral) or num_examples < 1:
        raise ValueError(f"num_examples is {num_examples!r}; it must be an integer of 1 or more")
    if not len(w):
        raise ValueError(f"w is {w!r}; it needs at least one weight")
    if not noise >= 0:
        raise ValueError(f"noise is {noise!r}; a standard deviation is 0 or more")
    features = nd.random_normal(shape=(num_examples, len(w)))
    labels = sum(weight * features[:, column] for column, weight in enumerate(w)) + b
    return features, labels + noise * nd.random_normal(shape=labels.shape)


def minibatches(features, labels, batch_size, num_epochs):
    """Yield (epoch, batches of it so far times batch_size, X, y), shuffled anew in each epoch."""
    num_examples, num_full = len(features), len(features) // batch_size
    for epoch in range(num_epochs):
        # NumPy's generator and this order of calls are Gluon's DataLoader's: a seed gives the same batches.
        order = np.arange(num_examples)
        np.random.shuffle(order)
        order = nd.array(order, dtype="int32")
        columns = [_split(array.take(order), num_full, batch_size) for array in (features, labels)]
        for i, (X, y) in enumerate(zip(*columns), start=1):
            yield epoch, i * batch_size, X, y


def _split(array, num_full, batch_size):
    """Cut an array into num_full batches and a smaller last one, in one operation: slicing costs one each."""
    size = num_full * batch_size
    batches = nd.split(array[:size], num_full, axis=0) if num_full > 1 else [array[:size]] * num_full
    return batches if size == len(array) else [*batches, array[size:]]
