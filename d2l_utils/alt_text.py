"""What a picture shows, in words made from its data, for those who cannot see it."""

import numpy as np


def paths(points):
    """Where each path over an objective starts and ends, and how often it crosses the axes.

    Args:
        points: name -> array (num_points, 2) (dict).

    Returns:
        Sentences (str).

    Example:
        >>> paths({"GD": np.array([(-1, 2), (0.5, 1)])})[48:]
        'GD: starts at (-1, 2), ends at (0.5, 1) after 1 steps; x1 crosses zero 1 times, x2 0 times.'

    Source: the Web Content Accessibility Guidelines 2.2, criterion 1.1.1.
    """
    described = [f"{name}: {_path(path)}." for name, path in points.items()]
    return " ".join(["Contours of the objective, and paths over them.", *described])


def _path(points):
    signs = [np.count_nonzero(np.diff(np.sign(column)[np.sign(column) != 0])) for column in points.T]
    start, end = (", ".join(f"{x:.3g}" for x in point) for point in (points[0], points[-1]))
    crossings = f"x1 crosses zero {signs[0]} times, x2 {signs[1]} times"
    return f"starts at ({start}), ends at ({end}) after {len(points) - 1} steps; {crossings}"


def curve(x, y, x_label):
    """Where a curve starts and ends, and its extremes on the way.

    Args:
        x, y: arrays of n numbers each.
        x_label: what x is (str).

    Returns:
        A phrase (str).

    Example:
        >>> curve(np.array([0, 1, 2]), np.array([1, 3, 2]), "step")
        'starts at 1, ends at 2 (step = 2), highest 3 at step = 1'

    Source: the Web Content Accessibility Guidelines 2.2, criterion 1.1.1.
    """
    text = f"starts at {y[0]:.4g}, ends at {y[-1]:.4g} ({x_label} = {x[-1]:.4g})"
    extremes = [
        f"{word} {y[i]:.4g} at {x_label} = {x[i]:.4g}"
        for word, i in (("lowest", np.nanargmin(y)), ("highest", np.nanargmax(y)))
        if 0 < i < len(y) - 1
    ]
    return ", ".join([text, *extremes])


def grid(x, y, values, hatched, marked):
    """Where the values over a grid are smallest, their median, how much is hatched, and what is marked.

    Args:
        x, y: the settings along the columns and the rows.
        values: array (len(y), len(x)); not finite where there is no value.
        hatched: name -> bool array of the same shape (dict).
        marked: name -> (x, y), numbers or lists (dict).

    Returns:
        A phrase (str).

    Example:
        >>> grid([1, 10], [1, 2], np.array([[1, 2], [4, np.inf]]), {}, {"here": (10, 1)})
        'smallest 1 at (1, 1), median 3, here at (10, 1)'

    Source: the Web Content Accessibility Guidelines 2.2, criterion 1.1.1.
    """
    finite = np.where(np.isfinite(values), values, np.inf)
    row, column = np.unravel_index(finite.argmin(), finite.shape)
    parts = [f"smallest {finite[row, column]:.2g} at {_places(x[column], y[row])}", f"median {np.median(finite):.2g}"]
    parts += [f"{where.mean():.2f} of it {name}" for name, where in hatched.items() if where.any()]
    parts += [f"{name} at {_places(*at)}" for name, at in marked.items()]
    return ", ".join(parts)


def _places(x, y):
    return ", ".join(f"({a:.2g}, {b:.2g})" for a, b in zip(np.ravel(x), np.ravel(y)))


def panels(runs, x_label, y_label):
    """Where the runs of each panel start and end, kind by kind.

    Args:
        runs: panel's name -> {kind: list of (x, y)} (dict).
        x_label, y_label: what x and y are (str).

    Returns:
        Sentences (str).

    Example:
        >>> panels({"Adam": {"calm": [([1, 2], [4, 2]), ([1, 2], [4, 3])]}}, "epoch", "loss")[41:]
        'Adam: 2 calm, from 4 to 2 ... 3.'

    Source: the Web Content Accessibility Guidelines 2.2, criterion 1.1.1.
    """
    parts = [f"{y_label} against {x_label}, a line for each run."]
    for name, by_kind in runs.items():
        words = [
            f"{len(lines)} {kind}, from {_range(y[0] for _, y in lines)} to {_range(y[-1] for _, y in lines)}"
            for kind, lines in by_kind.items()
        ]
        parts.append(f"{name}: {'; '.join(words)}.")
    return " ".join(parts)


def _range(numbers):
    low, *_, high = [*sorted(numbers)] * 2
    return f"{low:.3g}" if low == high else f"{low:.3g} ... {high:.3g}"


def confusion(counts):
    """How many examples are classified rightly, and the three most frequent mistakes.

    Args:
        counts: how often an example of class i was taken for class j, array (num_classes, num_classes).

    Returns:
        Sentences (str).

    Example:
        >>> confusion(np.array([[9, 1], [3, 7]]))[55:]
        'Most frequent mistakes: 1 taken for 0 (3 times), 0 taken for 1 (1 times).'

    Source: the Web Content Accessibility Guidelines 2.2, criterion 1.1.1.
    """
    wrong = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    most = np.argsort(-wrong, axis=None, kind="stable")[:3]
    pairs = [(i, j) for i, j in zip(*np.unravel_index(most, wrong.shape)) if wrong[i, j]]
    mistakes = ", ".join(f"{i} taken for {j} ({wrong[i, j]} times)" for i, j in pairs)
    right = f"True class in rows, answer in columns. {np.trace(counts)} of {counts.sum()} right."
    return f"{right} Most frequent mistakes: {mistakes or 'none'}."


def marks(rows, x_label):
    """The values of rows, each with its name and its group.

    Args:
        rows: (name, group, value, low, high) of each, from the largest value to the smallest.
        x_label: what the values are (str).

    Returns:
        A sentence (str).

    Example:
        >>> marks([("book", "theirs", 1234.5, 1200, 1300), ("loop", "ours", 2, 1, 3)], "time / s")
        'time / s, logarithmic, from the largest to the smallest: book (theirs) 1,230, loop (ours) 2.'

    Source: the Web Content Accessibility Guidelines 2.2, criterion 1.1.1.
    """
    values = [f"{name} ({group}) {short(value)}" for name, group, value, *_ in rows]
    return f"{x_label}, logarithmic, from the largest to the smallest: {', '.join(values)}."


def short(value):
    """A positive number to three digits, without an exponent where it is not very small: 1,230, 2, 0.045."""
    digits = float(f"{value:.3g}")
    return f"{digits:,.0f}" if digits >= 1000 else f"{digits:g}"
