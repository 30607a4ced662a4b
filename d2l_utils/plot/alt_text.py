"""What a picture shows, in words made from its data, for those who cannot see it."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def paths(points: Mapping[str, np.ndarray], minimum: tuple[float, float] | None = None) -> str:
    """Where each path over an objective starts and ends, and how often it crosses the axes.

    Args:
        points: name -> array (num_points, 2).
        minimum: the marked minimum, or None where there is none.

    Returns:
        Sentences.

    Example:
        >>> paths({"GD": np.array([(-1, 2), (0.5, 1)])})[48:]
        'GD: starts at (-1, 2), ends at (0.5, 1) after 1 step; x1 crosses zero once, x2 0 times.'
    """
    marked = f" The minimum at ({minimum[0]:.3g}, {minimum[1]:.3g}) is marked." if minimum else ""
    described = [f"{name}: {_path(path)}." for name, path in points.items()]
    return " ".join([f"Contours of the objective, and paths over them.{marked}", *described])


def _path(points: np.ndarray) -> str:
    x1, x2 = points.T
    last = len(points) - 1
    number = f"{last} step" if last == 1 else f"{last} steps"
    ends = f"starts at ({x1[0]:.3g}, {x2[0]:.3g}), ends at ({x1[-1]:.3g}, {x2[-1]:.3g}) after {number}"
    return f"{ends}; x1 crosses zero {_times(_crossings(x1))}, x2 {_times(_crossings(x2))}"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _crossings(numbers: np.ndarray) -> int:
    signs = np.sign(numbers[~np.isnan(numbers)])
    return np.count_nonzero(np.diff(signs[signs != 0]))


def series(name: str, x: np.ndarray, runs: np.ndarray, x_label: str) -> str:
    """Where the curve of a series starts and ends, which is the median of its runs.

    Args:
        name: the name of the series.
        x: array (n,).
        runs: array (num_runs, n).
        x_label: what x is.

    Returns:
        A sentence.

    Example:
        >>> series("a", np.array([0, 1]), np.array([[1, 2], [3, 4]]), "x")
        'a (median of 2 runs): starts at 2, ends at 3 (x = 1).'
    """
    several = f" (median of {len(runs)} runs)" if len(runs) > 1 else ""
    return f"{name}{several}: {curve(x, np.median(runs, axis=0), x_label)}."


def curve(x: np.ndarray, y: np.ndarray, x_label: str) -> str:
    """Where a curve starts and ends, and its extremes on the way.

    Args:
        x, y: arrays (n,).
        x_label: what x is.

    Returns:
        A phrase.

    Example:
        >>> curve(np.array([0, 1, 2]), np.array([1, 3, 2]), "step")
        'starts at 1, ends at 2 (step = 2), highest 3 at step = 1'
    """
    parts = [f"starts at {y[0]:.4g}, ends at {y[-1]:.4g} ({x_label} = {x[-1]:.4g})"]
    for word, i in (("lowest", np.nanargmin(y)), ("highest", np.nanargmax(y))):
        if 0 < i < len(y) - 1:
            parts.append(f"{word} {y[i]:.4g} at {x_label} = {x[i]:.4g}")
    return ", ".join(parts)


def heat_map(x: Any, y: Any, values: np.ndarray, hatched: Mapping[str, np.ndarray], marked: Mapping[str, Any]) -> str:
    """Where the values over a grid are smallest, their median, how much is hatched, and what is marked.

    Args:
        x, y: the settings along the columns and the rows.
        values: array (len(y), len(x)); not finite where there is no value.
        hatched: name -> bool array of the same shape.
        marked: name -> (x, y), numbers or lists.

    Returns:
        A phrase.

    Example:
        >>> heat_map([1, 10], [1, 2], np.array([[1, 2], [4, np.inf]]), {}, {"here": (10, 1)})
        'smallest 1 at (1, 1), median 3, here at (10, 1)'
    """
    finite = np.where(np.isfinite(values), values, np.inf)
    row, column = np.unravel_index(finite.argmin(), finite.shape)
    parts = [f"smallest {finite[row, column]:.2g} at {_places(x[column], y[row])}", f"median {np.median(finite):.2g}"]
    parts += [f"{where.mean():.2f} of it {name}" for name, where in hatched.items() if where.any()]
    parts += [f"{name} at {_places(*place)}" for name, place in marked.items()]
    return ", ".join(parts)


def _places(x: Any, y: Any) -> str:
    return ", ".join(f"({a:.2g}, {b:.2g})" for a, b in zip(np.ravel(x), np.ravel(y)))


def panels(runs: Mapping[str, Mapping[str, Sequence[tuple[Any, Any]]]], x_label: str, y_label: str) -> str:
    """Where the runs of each panel start and end, kind by kind.

    Args:
        runs: panel's name -> {kind: list of (x, y)}.
        x_label, y_label: what x and y are.

    Returns:
        Sentences.

    Example:
        >>> panels({"Adam": {"calm": [([1, 2], [4, 2]), ([1, 2], [4, 3])]}}, "epoch", "loss")[41:]
        'Adam: 2 calm, from 4 to 2 ... 3.'
    """
    sentences = [f"{y_label} against {x_label}, a line for each run."]
    for name, by_kind in runs.items():
        phrases = [_ends(kind, lines) for kind, lines in by_kind.items() if lines]
        sentences.append(f"{name}: {'; '.join(phrases)}.")
    return " ".join(sentences)


def _ends(kind: str, lines: Sequence[tuple[Any, Any]]) -> str:
    first = _range([y[0] for _, y in lines])
    last = _range([y[-1] for _, y in lines])
    if all(len(y) == 1 for _, y in lines):
        return f"{len(lines)} {kind}, at {first}"
    return f"{len(lines)} {kind}, from {first} to {last}"


def _range(numbers: Sequence[float]) -> str:
    low = np.fmin.reduce(numbers)  # of those that are numbers
    high = np.fmax.reduce(numbers)
    return f"{low:.3g} ... {high:.3g}" if low < high else f"{low:.3g}"


def confusion(counts: np.ndarray) -> str:
    """How many examples are classified rightly, and the three most frequent mistakes.

    Args:
        counts: how often an example of class i was taken for class j, array (num_classes, num_classes).

    Returns:
        Sentences.

    Example:
        >>> confusion(np.array([[9, 1], [3, 7]]))[55:]
        'Most frequent mistakes: 1 taken for 0 (3 times), 0 taken for 1 (once).'
    """
    wrong = counts - np.diag(np.diag(counts))
    most = np.argsort(-wrong, axis=None, kind="stable")[:3]
    phrases = []
    for i, j in zip(*np.unravel_index(most, wrong.shape)):
        if wrong[i, j]:
            phrases.append(f"{i} taken for {j} ({_times(wrong[i, j])})")
    right = f"True class in rows, answer in columns. {np.trace(counts)} of {counts.sum()} right."
    return f"{right} Most frequent mistakes: {', '.join(phrases) or 'none'}."


def marks(rows: Sequence[tuple[str, str, float, float, float]], x_label: str) -> str:
    """The values of rows, each with its name and its group.

    Args:
        rows: (name, group, value, low, high) of each, from the largest value to the smallest.
        x_label: what the values are.

    Returns:
        A sentence.

    Example:
        >>> marks([("book", "theirs", 1234.5, 1200, 1300), ("loop", "ours", 2, 1, 3)], "time / s")
        'time / s, logarithmic, from the largest to the smallest: book (theirs) 1,230, loop (ours) 2.'
    """
    values = [f"{name} ({group}) {short(value)}" for name, group, value, *_ in rows]
    return f"{x_label}, logarithmic, from the largest to the smallest: {', '.join(values)}."


def short(value: float) -> str:
    """A positive number to three digits, without an exponent where it is not very small: 1,230, 2, 0.045."""
    digits = float(f"{value:.3g}")
    return f"{digits:,.0f}" if digits >= 1000 else f"{digits:g}"
