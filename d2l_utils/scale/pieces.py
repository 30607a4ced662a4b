"""A sweep in pieces: where its settings are cut, and what a worker does with a piece."""

import ctypes
import pickle
import traceback
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..linear import BLOCK
from ..workers import portable

ALIGNED = BLOCK  # pieces begin at multiples of it, so that no last bit depends on where the settings are cut

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # as malloc.h numbers them


def cut(begin: int, end: int, size: int) -> Iterator[tuple[int, int]]:
    """Cut a range of settings into pieces.

    Args:
        begin, end: the range, the first a multiple of ALIGNED (int).
        size: how many settings a piece has at most, a multiple of ALIGNED (int). The last one may have ALIGNED more,
            since a rest that is smaller than that goes with the piece before it.

    Yields:
        The first setting of a piece, and the one after its last.

    Example:
        >>> list(cut(0, 300, 128))
        [(0, 128), (128, 300)]
    """
    while end - begin >= size + ALIGNED:
        yield begin, begin + size
        begin += size
    if begin < end:
        yield begin, end


def train_piece(job: bytes, knobs: dict) -> Any:
    """On a worker: train some settings.

    Args:
        job: the rule and what the settings share, pickled.
        knobs: the hyperparameters of these settings, as Plan.knobs gives them.

    Returns:
        What Shared.train returns, or a Failure where the rule raised an error.
    """
    _keep_memory()
    rule, shared = pickle.loads(job)
    try:
        return shared.train(rule, knobs)
    except Exception as error:  # whatever the rule raises
        return _failure(rule, shared, knobs, error)


def _keep_memory():
    """Have glibc keep what an array leaves for the next one, of up to 32 MB.

    Dask tells it to give all memory back at once; to get it again for each array takes longer than to compute it.
    """
    with suppress(AttributeError, OSError):  # another C library
        allocator = ctypes.CDLL(None)
        allocator.mallopt(M_MMAP_THRESHOLD, 2**25)
        allocator.mallopt(M_TRIM_THRESHOLD, 2**26)


@dataclass
class Failure:
    """The error that a rule raised, where, and the smallest part of its settings that raises it."""

    error: BaseException
    place: str
    knobs: dict


def _failure(rule, shared, knobs, error):
    place = traceback.format_exc()
    while halves := list(_halves(knobs)):
        for half in halves:
            try:
                shared.train(rule, half)
            except Exception as smaller:
                knobs, error = half, smaller
                break
        else:
            break  # it takes the settings of both
    return Failure(portable(error), place, knobs)


def _halves(knobs):
    """The hyperparameters of the first half of the settings and of the second, where there are two."""
    swept = {name: array for name, array in knobs.items() if np.ndim(array)}
    num_settings = max(map(len, swept.values()), default=1)
    if num_settings > 1:
        for half in (slice(num_settings // 2), slice(num_settings // 2, None)):
            yield {**knobs, **{name: array[half] for name, array in swept.items()}}
