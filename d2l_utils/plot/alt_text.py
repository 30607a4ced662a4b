"""What a picture shows, in words made from its data, for those who cannot see it: in the language that is spoken."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..words import gettext as _
from ..words import ngettext


def sentences(parts: Iterable[str]) -> str:
    """Sentences, one behind another."""
    return " ".join(parts)


def listed(parts: Iterable[str]) -> str:
    """Phrases of one sentence."""
    return _(", ").join(parts)


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
    parts = [_("Contours of the objective, and paths over them.")]
    if minimum:
        parts.append(_("The minimum at ({x1:.3g}, {x2:.3g}) is marked.").format(x1=minimum[0], x2=minimum[1]))
    parts += [_("{name}: {told}.").format(name=name, told=_path(path)) for name, path in points.items()]
    return sentences(parts)


def _path(points: np.ndarray) -> str:
    x1, x2 = points.T
    last = len(points) - 1
    ends = _("starts at ({a:.3g}, {b:.3g}), ends at ({c:.3g}, {d:.3g}) after {steps}").format(
        a=x1[0], b=x2[0], c=x1[-1], d=x2[-1], steps=ngettext("{n} step", "{n} steps", last)
    )
    crossings = _("x1 crosses zero {a}, x2 {b}").format(a=_times(_crossings(x1)), b=_times(_crossings(x2)))
    return _("{ends}; {crossings}").format(ends=ends, crossings=crossings)


def _times(number: int) -> str:
    return {1: _("once"), 2: _("twice")}.get(number) or ngettext("{n} time", "{n} times", number)


def _crossings(numbers: np.ndarray) -> int:
    signs = np.sign(numbers[~np.isnan(numbers)])
    return np.count_nonzero(np.diff(signs[signs != 0]))


def one_series(name: str, x: np.ndarray, runs: np.ndarray, x_label: str) -> str:
    """Where the curve of a series starts and ends, which is the median of its runs.

    Args:
        name: the name of the series.
        x: array (n,).
        runs: array (num_runs, n).
        x_label: what x is.

    Returns:
        A sentence.

    Example:
        >>> one_series("a", np.array([0, 1]), np.array([[1, 2], [3, 4]]), "x")
        'a (median of 2 runs): starts at 2, ends at 3 (x = 1).'
    """
    if len(runs) > 1:
        name = _("{name} (median of {number} runs)").format(name=name, number=len(runs))
    return _("{name}: {told}.").format(name=name, told=curve(x, np.median(runs, axis=0), x_label))


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
    ends = _("starts at {first:.4g}, ends at {last:.4g} ({x_label} = {x:.4g})")
    parts = [ends.format(first=y[0], last=y[-1], x_label=x_label, x=x[-1])]
    lowest = _("lowest {y:.4g} at {x_label} = {x:.4g}")
    highest = _("highest {y:.4g} at {x_label} = {x:.4g}")
    for extreme, i in ((lowest, np.nanargmin(y)), (highest, np.nanargmax(y))):
        if 0 < i < len(y) - 1:
            parts.append(extreme.format(y=y[i], x_label=x_label, x=x[i]))
    return listed(parts)


def curves(
    series: Mapping[str, tuple[Any, Any]],
    x_label: str,
    y_label: str,
    num_points: int = 0,
    log: bool = False,
    level: tuple[str, float] | None = None,
) -> str:
    """What the axes show, and each series of a picture of curves.

    Args:
        series: name -> (x, y); y has n numbers, or a row of n for each run.
        x_label, y_label: what x and y are.
        num_points: how many single points are drawn behind the lines.
        log: whether y is drawn on a logarithmic axis.
        level: (name, y) of a horizontal line, or None.

    Returns:
        Sentences.
    """
    against = _("{y_label} against {x_label}, logarithmic.") if log else _("{y_label} against {x_label}.")
    parts = [against.format(y_label=y_label, x_label=x_label)]
    if num_points:
        parts.append(ngettext("{n} single point.", "{n} single points.", num_points))
    for name, (x, y) in series.items():
        parts.append(one_series(name, np.asarray(x), np.atleast_2d(np.asarray(y, dtype=float)), x_label))
    if level is not None:
        parts.append(_("{name}: {value:.4g}.").format(name=level[0], value=level[1]))
    return sentences(parts)


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
    smallest = _("smallest {value:.2g} at {place}").format(value=finite[row, column], place=_places(x[column], y[row]))
    parts = [smallest, _("median {value:.2g}").format(value=np.median(finite))]
    shares = [(where.mean(), name) for name, where in hatched.items() if where.any()]
    parts += [_("{share:.2f} of it {name}").format(share=share, name=name) for share, name in shares]
    parts += [_("{name} at {place}").format(name=name, place=_places(*place)) for name, place in marked.items()]
    return listed(parts)


def heat_maps(
    x: Any, y: Any, labels: tuple[str, str], maps: Sequence[tuple[str, str, np.ndarray, Mapping, Mapping]]
) -> str:
    """What the shades of several maps mean, and what each of them shows.

    Args:
        x, y: the settings along the columns and the rows.
        labels: what the columns and the shades are.
        maps: for each its name, what its rows are, and values, hatched and marked, as for heat_map.

    Returns:
        Sentences.
    """
    x_label, value_label = labels
    shades = _("{value_label}, {x_label} from {low:.2g} to {high:.2g}, logarithmic.")
    parts = [shades.format(value_label=value_label, x_label=x_label, low=x[0], high=x[-1])]
    one_map = _("{name}, {y_label} from {low:.2g} to {high:.2g}: {told}.")
    for name, y_label, values, hatched, marked in maps:
        told = heat_map(x, y, values, hatched, marked)
        parts.append(one_map.format(name=name, y_label=y_label, low=y[0], high=y[-1], told=told))
    return sentences(parts)


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
    parts = [_("{y_label} against {x_label}, a line for each run.").format(y_label=y_label, x_label=x_label)]
    for name, by_kind in runs.items():
        phrases = _("; ").join(_ends(kind, lines) for kind, lines in by_kind.items() if lines)
        parts.append(_("{name}: {told}.").format(name=name, told=phrases))
    return sentences(parts)


def _ends(kind: str, lines: Sequence[tuple[Any, Any]]) -> str:
    first = _range([y[0] for _, y in lines])
    last = _range([y[-1] for _, y in lines])
    if all(len(y) == 1 for _, y in lines):
        return _("{number} {kind}, at {first}").format(number=len(lines), kind=kind, first=first)
    return _("{number} {kind}, from {first} to {last}").format(number=len(lines), kind=kind, first=first, last=last)


def _range(numbers: Sequence[float]) -> str:
    low = np.fmin.reduce(numbers)  # of those that are numbers
    high = np.fmax.reduce(numbers)
    return f"{low:.3g} ... {high:.3g}" if low < high else f"{low:.3g}"


def images(shape: tuple[int, ...], captions: Sequence[str]) -> str:
    """How many pictures there are, of which size, and their captions.

    Args:
        shape: of the pictures, (num_pictures, rows, columns).
        captions: one for each.

    Returns:
        A sentence.
    """
    number, height, width = shape
    pictures = ngettext("{n} picture", "{n} pictures", number)
    words = _("{pictures} of {height} × {width} pixels, by their captions: {captions}.")
    return words.format(pictures=pictures, height=height, width=width, captions=listed(captions))


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
            phrases.append(_("{a} taken for {b} ({times})").format(a=i, b=j, times=_times(wrong[i, j])))
    parts = [
        _("True class in rows, answer in columns."),
        _("{right} of {number} right.").format(right=np.trace(counts), number=counts.sum()),
        _("Most frequent mistakes: {mistakes}.").format(mistakes=listed(phrases) or _("none")),
    ]
    return sentences(parts)


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
    values = listed(f"{row[0]} ({row[1]}) {short(row[2])}" for row in rows)
    words = _("{x_label}, logarithmic, from the largest to the smallest: {values}.")
    return words.format(x_label=x_label, values=values)


def short(value: float) -> str:
    """A positive number to three digits, without an exponent where it is not very small: 1,230, 2, 0.045."""
    digits = float(f"{value:.3g}")
    return f"{digits:,.0f}" if digits >= 1000 else f"{digits:g}"
