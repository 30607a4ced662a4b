"""What a playground can show, and the refusal of everything else, by name, before anything is run."""

import inspect
import sys
from collections.abc import Callable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np

from ..rules import defaults, name_of
from .facts import FACTS
from .surfaces import SURFACES, Surface

RULES = FACTS["rules"]
OWN = "own"  # the key of a rule that the reader wrote
MOST_STEPS = FACTS["most_steps"]
MOST_SEED = 2**32 - 1
FROM_ZERO = "eps", "weight_decay"  # knobs that may be any number of 0 or more
LARGEST = sys.float_info.max

Run = tuple[Callable, dict]


def runs_of(runs: Sequence[Callable | Run]) -> list[Run]:
    """Each run as a pair of a rule and all its hyperparameters, its own defaults included."""
    if not runs:
        raise ValueError("runs is empty; explore needs at least one rule")
    pairs = [_with_defaults(*_pair(run)) for run in runs]
    names = [key_of(rule) for rule, _ in pairs]
    for name in names:
        if name == OWN and names.count(name) > 1:
            raise ValueError(f"runs has {names.count(name)} rules of your own; explore shows one beside the book's")
        if names.count(name) > 1:
            raise ValueError(f"runs has the rule {name!r} {names.count(name)} times; it must have each rule once")
    return pairs


def key_of(rule: Callable) -> str:
    """What a setting calls a rule: its name, if it is one of the book's."""
    name = name_of(rule)
    return name if name in RULES else OWN


def _pair(run: Callable | Run) -> Run:
    pair = (run, {}) if callable(run) else run
    if not (isinstance(pair, tuple) and len(pair) == 2 and callable(pair[0]) and isinstance(pair[1], dict)):
        raise TypeError(f'a run is {run!r}; it must be a rule, or a pair such as (rmsprop, {{"lr": 0.4}})')
    return pair


def _with_defaults(rule: Callable, hyperparams: dict) -> Run:
    name = name_of(rule)
    if name not in RULES:
        _check_own(rule, name)
        return rule, {**defaults(rule), **hyperparams}
    knobs = {**defaults(rule), **{knob: _plain(value) for knob, value in hyperparams.items()}}
    known = RULES[name]["knobs"]
    for knob, value in knobs.items():
        if knob not in known:
            raise ValueError(f"{name} is run with {knob!r}; explore knows its {', '.join(known)}")
        _check_knob(name, knob, value)
    for knob in known.keys() - knobs.keys():
        raise ValueError(f'{name} is run without {knob}; give it one: ({name}, {{"{knob}": {known[knob]}}}), say')
    return rule, {knob: float(value) for knob, value in knobs.items()}


def _check_own(rule: Callable, name: str) -> None:
    try:
        takes = list(inspect.signature(rule).parameters.values())
    except (TypeError, ValueError):  # a class of C has none
        takes = []
    if len(takes) < 3 or not isinstance(takes[2].default, tuple):
        raise ValueError(
            f"a run has the rule {name!r}; explore knows {', '.join(RULES)}, and rules of your own that begin with "
            "x, g, state=(0,)"
        )


def _plain(value: Any) -> Any:
    """An array without axes is its number."""
    return value.item() if isinstance(value, np.ndarray) and not value.ndim else value


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _check_knob(rule: str, knob: str, value: float) -> None:
    whole = f"{rule} is run with {knob}={value!r}"
    if not _is_number(value):
        raise TypeError(f"{whole}; it must be an int or a float")
    if knob == "lr" and not 0 < value <= LARGEST:
        raise ValueError(f"{whole}; it must be a positive, finite number")
    if knob in FROM_ZERO and not 0 <= value <= LARGEST:
        raise ValueError(f"{whole}; it must be a finite number of 0 or more")
    if knob not in ("lr", *FROM_ZERO) and not 0 <= value <= 1:
        raise ValueError(f"{whole}; it must be a number from 0 to 1")


def surface_called(name: str) -> Surface:
    """The surface of this name, or an error that tells which names there are."""
    if not isinstance(name, str):
        raise TypeError(f"surface is {name!r}; it must be a name, one of {', '.join(SURFACES)}")
    if name not in SURFACES:
        raise ValueError(f"surface is {name!r}; it must be one of {', '.join(SURFACES)}")
    return SURFACES[name]


def checked(
    its: Surface,
    runs: list[Run],
    start: Sequence[float] | None = None,
    num_steps: int | None = None,
    seed: int = 0,
    step: int | None = None,
) -> dict:
    """The setting of a playground, every part of it good; what is None becomes the surface's own."""
    steps = its.num_steps if num_steps is None else _whole("num_steps", num_steps, 1, MOST_STEPS)
    return {
        "surface": its.name,
        "start": _start(its, its.start if start is None else start),
        "num_steps": steps,
        "seed": _whole("seed", seed, 0, MOST_SEED),
        "runs": {key_of(rule): knobs for rule, knobs in runs},
        "active": key_of(runs[0][0]),
        "step": steps if step is None else _whole("step", step, 0, steps),
    }


def _whole(name: str, number: int, least: int, most: int) -> int:
    message = f"{name} is {number!r}; it must be a whole number from {least} to {most}"
    if not isinstance(number, Integral) or isinstance(number, bool):
        raise TypeError(message)
    if not least <= number <= most:
        raise ValueError(message)
    return int(number)


def _start(surface: Surface, start: Sequence[float]) -> list[float]:
    point = list(start) if isinstance(start, Sequence) or np.ndim(start) == 1 else []
    if len(point) != 2 or not all(map(_is_number, point)):
        raise TypeError(f"start is {start!r}; it must be two numbers, such as {surface.start}")
    for name, x, (low, high) in zip(("x1", "x2"), point, (surface.x1, surface.x2)):
        if not low <= x <= high:
            raise ValueError(f"start has {name} = {x}; the picture of {surface.name!r} has {low} to {high}")
    return [float(x) for x in point]
