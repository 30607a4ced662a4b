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
