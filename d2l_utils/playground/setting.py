"""What a playground can show, and the refusal of everything else, by name, before anything is run."""

import math
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral, Real

from ..rules import defaults
from .facts import FACTS
from .surfaces import SURFACES, Surface

RULES = FACTS["rules"]
MOST_STEPS = FACTS["most_steps"]
MOST_SEED = 2**32 - 1

Run = tuple[Callable, dict]


def runs_of(runs: Sequence[Callable | Run]) -> list[Run]:
    """Each run as a pair of a rule and all its hyperparameters, its own defaults included."""
    if not runs:
        raise ValueError("runs is empty; explore needs at least one rule")
    pairs = [_with_defaults(*_pair(run)) for run in runs]
    names = [rule.__name__ for rule, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"runs has the rule {name!r} {names.count(name)} times; it must have each rule once")
    return pairs


def _pair(run: Callable | Run) -> Run:
    pair = (run, {}) if callable(run) else run
    if not (isinstance(pair, tuple) and len(pair) == 2 and callable(pair[0]) and isinstance(pair[1], dict)):
        raise TypeError(f'a run is {run!r}; it must be a rule, or a pair such as (rmsprop, {{"lr": 0.4}})')
    return pair


def _with_defaults(rule: Callable, hyperparams: dict) -> Run:
    name = getattr(rule, "__name__", repr(rule))
    if name not in RULES:
        raise ValueError(f"a run has the rule {name!r}; explore knows {', '.join(RULES)}")
    knobs = {**defaults(rule), **hyperparams}
    known = RULES[name]["knobs"]
    for knob, value in knobs.items():
        if knob not in known:
            raise ValueError(f"{name} is run with {knob!r}; explore knows its {', '.join(known)}")
        _check_knob(name, knob, value)
    return rule, {knob: float(value) for knob, value in knobs.items()}


def _check_knob(rule: str, knob: str, value: float) -> None:
    whole = f"{rule} is run with {knob}={value!r}"
    if not isinstance(value, Real):
        raise TypeError(f"{whole}; it must be a number")
    if knob == "lr" and not 0 < value < math.inf:
        raise ValueError(f"{whole}; it must be a positive, finite number")
    if knob == "eps" and not 0 <= value < math.inf:
        raise ValueError(f"{whole}; it must be a finite number of 0 or more")
    if knob not in ("lr", "eps") and not 0 <= value <= 1:
        raise ValueError(f"{whole}; it must be a number from 0 to 1")


def checked(
    surface: str,
    runs: list[Run],
    start: Sequence[float] | None = None,
    num_steps: int | None = None,
    seed: int = 0,
    step: int | None = None,
) -> dict:
    """The setting of a playground, every part of it good; what is None becomes the surface's own."""
    if not isinstance(surface, str):
        raise TypeError(f"surface is {surface!r}; it must be a name, one of {', '.join(SURFACES)}")
    if surface not in SURFACES:
        raise ValueError(f"surface is {surface!r}; it must be one of {', '.join(SURFACES)}")
    its = SURFACES[surface]
    steps = its.num_steps if num_steps is None else _whole("num_steps", num_steps, 1, MOST_STEPS)
    return {
        "surface": surface,
        "start": _start(its, its.start if start is None else start),
        "num_steps": steps,
        "seed": _whole("seed", seed, 0, MOST_SEED),
        "runs": {rule.__name__: knobs for rule, knobs in runs},
        "active": runs[0][0].__name__,
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
    point = list(start) if isinstance(start, Iterable) else []
    if len(point) != 2 or not all(isinstance(x, Real) for x in point):
        raise TypeError(f"start is {start!r}; it must be two numbers, such as {surface.start}")
    x1, x2 = map(float, point)
    for name, x, (low, high) in (("x1", x1, surface.x1), ("x2", x2, surface.x2)):
        if not low <= x <= high:
            raise ValueError(f"start has {name} = {x}; the picture of {surface.name!r} has {low} to {high}")
    return [x1, x2]
