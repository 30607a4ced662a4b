"""Surfaces to descend on, each the same, bit for bit, here and in the playground's script (element/surfaces.js)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .facts import FACTS

MASK = 0xFFFFFFFF
Pair = tuple[float, float]


@dataclass(frozen=True)
class Surface:
    """An objective of two variables, with the piece of it that is worth looking at.

    Attributes:
        name: its key in SURFACES (str).
        f: the objective, a function of (x1, x2), numbers or arrays of them.
        gradient: a function of (x1, x2, t, seed) that returns two numbers; only that of "noisy" depends on the
            step t (int, from 1 on) and on the seed (int).
        start: where descent begins (pair of numbers).
        x1, x2: the range of each axis (pairs of numbers).
        num_steps: how many steps a descent takes where nothing else is said (int).
        levels: at which values to draw contours (list of numbers).
    """

    name: str
    f: Callable[..., Any]
    gradient: Callable[[float, float, int, int], Pair]
    start: Pair
    x1: Pair
    x2: Pair
    num_steps: int
    levels: list[float]

    def slope(self, seed: int = 0) -> Callable[[float, float], Pair]:
        """The gradient as descend wants it: a function of (x1, x2), which counts its calls as steps."""
        t = 0

        def slope(x1: float, x2: float) -> Pair:
            nonlocal t
            t += 1
            return self.gradient(x1, x2, t, seed)

        return slope


def noise(seed: int, t: int, coordinate: int) -> float:
    """A number with mean 0 and variance 1 that depends on nothing but what it is asked for.

    Args:
        seed: which series of numbers (int, 0 to 2**32 - 1).
        t: the step (int).
        coordinate: 0 or 1 (int).

    Returns:
        Three uniforms, less their mean, doubled (float, -3 to 3).

    Example:
        >>> noise(0, 1, 0) == noise(0, 1, 0) != noise(1, 1, 0)
        True

    Source: Appleby (2011), MurmurHash3, whose last lines mix the bits.
    """
    return 2 * (sum(_uniform(seed, t, 3 * coordinate + k) for k in range(3)) - 1.5)


def _uniform(*numbers: int) -> float:
    mixed = 0x9E3779B9
    for number in numbers:
        mixed = _mixed(mixed ^ number)
    return mixed / 2**32


def _mixed(h: int) -> int:
    h = (h ^ h >> 16) * 0x85EBCA6B & MASK
    h = (h ^ h >> 13) * 0xC2B2AE35 & MASK
    return h ^ h >> 16


# Products instead of powers: a power's last bit differs from library to library.


def _ravine(x1: float, x2: float) -> float:
    return 0.1 * (x1 * x1) + 2 * (x2 * x2)


def _ravine_gradient(x1: float, x2: float, t: int = 1, seed: int = 0) -> Pair:
    return 0.2 * x1, 4 * x2


def _rotated(x1: float, x2: float) -> float:
    along = x1 + x2
    across = x1 - x2
    return 0.05 * (along * along) + across * across


def _rotated_gradient(x1: float, x2: float, t: int = 1, seed: int = 0) -> Pair:
    along = 0.1 * (x1 + x2)
    across = 2 * (x1 - x2)
    return along + across, along - across


def _rosenbrock(x1: float, x2: float) -> float:
    short = 1 - x1
    off = x2 - x1 * x1
    return short * short + 100 * (off * off)


def _rosenbrock_gradient(x1: float, x2: float, t: int = 1, seed: int = 0) -> Pair:
    off = x2 - x1 * x1
    return -2 * (1 - x1) - 400 * (x1 * off), 200 * off


# Beside its saddle point at (0, 0) two minima of height 0 at (0, -2) and (0, 2): a way down that ends, so that
# the loss can be read on a log scale and leaving the saddle is not the same as diverging.
def _saddle(x1: float, x2: float) -> float:
    wall = x2 * x2 - 4
    return 0.1 * (x1 * x1) + wall * wall / 16


def _saddle_gradient(x1: float, x2: float, t: int = 1, seed: int = 0) -> Pair:
    return 0.2 * x1, x2 * (x2 * x2 - 4) / 4


def _noisy_gradient(x1: float, x2: float, t: int = 1, seed: int = 0) -> Pair:
    slope = _ravine_gradient(x1, x2)
    return slope[0] + noise(seed, t, 0), slope[1] + noise(seed, t, 1)


def _surface(name: str, f: Callable, gradient: Callable) -> Surface:
    facts = FACTS["surfaces"][name]
    start, x1, x2 = (tuple(facts[key]) for key in ("start", "x1", "x2"))
    return Surface(name, f, gradient, start, x1, x2, facts["num_steps"], facts["levels"])


SURFACES = {
    surface.name: surface
    for surface in (
        _surface("ravine", _ravine, _ravine_gradient),
        _surface("rotated", _rotated, _rotated_gradient),
        _surface("rosenbrock", _rosenbrock, _rosenbrock_gradient),
        _surface("saddle", _saddle, _saddle_gradient),
        _surface("noisy", _ravine, _noisy_gradient),
    )
}
