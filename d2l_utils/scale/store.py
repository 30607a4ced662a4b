"""A folder that a sweep's pieces are kept in: NumPy's files, which anything can open, and what they are pieces of."""

import hashlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from threading import get_ident

import numpy as np

from ..fast.elementwise import TRIAL
from ..fast.plan import Plan, Shared
from ..rules import first_state, name_of
from .pieces import ALIGNED

RESULTS = "losses", "params", "seconds"  # of a piece, as Shared.train returns them


class Store:
    """The pieces of one sweep, a file piece-<first>-<after the last>.npz for each, and sweep.json.

    A piece holds `losses` and `params` as Shared.train returns them, `seconds`, and each swept hyperparameter under
    its name, all in the order of the settings. A sweep that was stopped goes on with those that are missing.

    Args:
        folder: where they are; made if it is not there.
        plan: the sweep (Plan).
        shared: what its settings have in common (Shared).

    Raises:
        ValueError: the folder is none, or holds another sweep; says what is different. Or a hyperparameter has the
            name of something else in a piece.
    """

    def __init__(self, folder: str | os.PathLike, plan: Plan, shared: Shared):
        self.folder = Path(folder)
        self.plan = plan
        num_records = len(shared.records)
        *seeds, num_weights, _ = shared.start.shape
        self.shapes = (num_records, *seeds), (*seeds, num_weights)  # before the axis of the settings
        for name in plan.arrays:
            if name in (*RESULTS, "file"):
                raise ValueError(f"{name} is swept, and a store keeps something else by that name; rename it")
        self._open(_description(plan, shared))

    def _open(self, wanted):
        about = self.folder / "sweep.json"
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"store is {str(self.folder)!r}, which is a file; it must be a folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        if not about.exists():
            _write(about, lambda file: file.write(json.dumps(wanted, indent=1).encode()))
            return
        try:
            found = dict(json.loads(about.read_bytes()))
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"store is {str(self.folder)!r}, whose sweep.json is damaged; name another one"
            ) from error
        for name, value in wanted.items():
            if found.get(name) != value:
                raise ValueError(
                    f"store is {str(self.folder)!r}, which holds a sweep with another {name}: {found.get(name)!r}, "
                    f"and here it is {value!r}; name another folder, or go on with the same call and seed"
                )

    def pieces(self) -> Iterator[tuple[int, int, tuple]]:
        """The pieces that are there and whole: the first setting, the one after the last, and the results."""
        for path in sorted(self.folder.glob("piece-*.npz")):
            begin, end = self._range(path)
            if begin < end:
                with open(path, "rb") as file:
                    try:
                        results = self._read(file, begin, end)
                    except Exception:  # whatever NumPy makes of damage: the piece is trained once more
                        path.unlink()
                        continue
                yield begin, end, results

    def _range(self, path):
        """Which settings a file's name speaks of; none where it is not one of ours."""
        found = re.fullmatch(r"piece-(\d{9,})-(\d{9,})\.npz", path.name)
        begin, end = map(int, found.groups()) if found else (0, 0)
        return (begin, end) if begin % ALIGNED == 0 and end <= self.plan.num_settings else (0, 0)

    def _read(self, file, begin, end):
        """The results in a piece; a ValueError where they are none of these settings."""
        with np.load(file) as piece:
            same = [np.array_equal(piece[name], array) for name, array in self._swept(begin, end).items()]
            results = [piece[name] for name in RESULTS]
        shapes = [(*shape, end - begin) for shape in self.shapes] + [()]
        if not all(same) or [array.shape for array in results] != shapes or {a.dtype.kind for a in results} != {"f"}:
            raise ValueError("it is a piece of something else")
        return tuple(results)

    def _swept(self, begin, end):
        return {name: array for name, array in self.plan.knobs(begin, end).items() if np.ndim(array)}

    def keep(self, begin: int, end: int, results: tuple) -> None:
        """Write a piece; nobody ever sees a half of one."""
        arrays = {**self._swept(begin, end), **dict(zip(RESULTS, results))}
        _write(self.folder / f"piece-{begin:09}-{end:09}.npz", lambda file: np.savez(file, **arrays))


def _write(path, fill):
    beside = path.with_suffix(f".{os.getpid()}-{get_ident()}.part")  # somebody else may write the same piece
    try:
        with open(beside, "wb") as file:
            fill(file)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _description(plan, shared):
    """What makes a sweep the one that it is, as JSON can say it."""
    drawn = (shared.rows, shared.start, shared.orders)
    settings = [np.broadcast_to(array, plan.settings) for array in plan.arrays.values()]
    return {
        "rule": name_of(plan.rule),
        "numbers": {name: repr(value) for name, value in plan.numbers.items()},
        "swept": list(plan.arrays),
        "shape": list(plan.settings),
        "num_seeds": plan.num_seeds,
        "steps": shared.records,
        "data, weights and order of the examples": _digest(*drawn, np.array(shared.batch_sizes)),
        "settings": _digest(*settings),
        "first two steps": _two_steps(plan),
    }


def _digest(*arrays):
    found = hashlib.sha256()
    for array in arrays:
        for row in np.atleast_1d(array):  # a row at a time: what is broadcast need not fit
            found.update(np.ascontiguousarray(row).tobytes())
    return found.hexdigest()


def _two_steps(plan):
    """Where two steps of the rule lead at the first setting: a rule that was rewritten differs here."""
    x = np.array(TRIAL)
    state = first_state(plan.rule)
    with np.errstate(all="ignore"):
        for _ in range(2):
            x, state = plan.rule(x, x * x, state, **plan.knobs(0, 1))
    return [f"{number:.6g}" for number in x.flat]
