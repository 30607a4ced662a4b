"""A folder that a sweep's pieces are kept in: NumPy's files, which anything can open, and what they are pieces of."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ..fast.elementwise import TRIAL
from ..fast.plan import Plan, Shared
from ..rules import first_state, name_of


class Store:
    """The pieces of one sweep, a file piece-<first>-<after the last>.npz for each, and sweep.json.

    A piece holds `losses` and `params` as Shared.train returns them, `seconds`, and each swept hyperparameter under
    its name, all in the order of the settings. A sweep that was stopped goes on with those that are missing.

    Args:
        folder: where they are; made if it is not there.
        plan: the sweep (Plan).
        shared: what its settings have in common (Shared).

    Raises:
        ValueError: the folder holds another sweep; says what is different.
    """

    def __init__(self, folder: str | os.PathLike, plan: Plan, shared: Shared):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        about = self.folder / "sweep.json"
        wanted = _description(plan, shared)
        if about.exists():
            self._compare(json.loads(about.read_text(encoding="utf-8")), wanted)
        else:
            _write(about, lambda file: file.write(json.dumps(wanted, indent=1).encode()))

    def _compare(self, found, wanted):
        for name, value in wanted.items():
            if found.get(name) != value:
                raise ValueError(
                    f"store is {str(self.folder)!r}, which holds a sweep with another {name}: {found.get(name)!r}, "
                    f"and here it is {value!r}; name another folder, or go on with the same call and seed"
                )

    def pieces(self) -> Iterator[tuple[int, int, tuple]]:
        """The pieces that are there and whole: the first setting, the one after the last, and the results."""
        for path in sorted(self.folder.glob("piece-*.npz")):
            begin, end = map(int, path.stem.split("-")[1:])
            try:
                with np.load(path) as piece:
                    yield begin, end, (piece["losses"], piece["params"], float(piece["seconds"]))
            except (BadZipFile, EOFError, KeyError, ValueError):  # damaged: it is trained once more
                path.unlink()

    def keep(self, begin: int, end: int, results: tuple, knobs: dict) -> None:
        """Write a piece; nobody ever sees a half of one."""
        swept = {name: array for name, array in knobs.items() if np.ndim(array)}
        named = dict(zip(("losses", "params", "seconds"), results))
        _write(self.folder / f"piece-{begin:09}-{end:09}.npz", lambda file: np.savez(file, **swept, **named))


def _write(path, fill):
    beside = path.with_suffix(".part")
    with open(beside, "wb") as file:
        fill(file)
    beside.replace(path)


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
