"""Pictures of paths over the contours of an objective of two variables."""

import numpy as np
from matplotlib import rc_context

from . import alt_text
from .figure import COLOURS, GREY, LINES, MARKERS, STYLE, check_series, colours, grid, legend, new

GALLERY_COLUMNS = 4


def trajectories(f, paths, x1=(-5.5, 1.0), x2=(-3.0, 1.0)):
    """Draw paths over the contours of an objective of two variables.

    Args:
        f: the objective, a function of two arrays (x1, x2).
        paths: name -> points, an array or a list of shape (num_points, 2) (dict); at most four.
        x1, x2: the least range to show on each axis; it grows to hold the paths.

    Returns:
        A Figure; its alternative text tells for each path where it starts and ends and how often each
        coordinate crosses zero.

    Raises:
        ValueError: there is no path, or more than four.

    Example:
        >>> trajectories(lambda a, b: a * a + b * b, {"GD": [(-1, 2), (0.5, 1)]}).alt[48:]
        'GD: starts at (-1, 2), ends at (0.5, 1) after 1 steps; x1 crosses zero 1 times, x2 0 times.'

    Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the function show_trace_2d.
    """
    check_series("paths", paths)
    points = {name: np.asarray(path, dtype=float) for name, path in paths.items()}
    with rc_context(STYLE):
        figure, axes = new()
        _contours(axes, f, [*points.values(), np.transpose([x1, x2])])
        for (name, path), colour, line, marker in zip(points.items(), colours([*points]), LINES, MARKERS):
            axes.plot(*path.T, color=colour, linestyle=line, marker=marker, markersize=4, label=name)
        axes.set(xlabel="x1", ylabel="x2")
        if len(points) > 1:
            legend(figure)
    figure.alt = alt_text.paths(points)
    return figure


def gallery(f, paths, x1=(-5.5, 1.0), x2=(-3.0, 1.0)):
    """Draw many paths over the same contours, each in a panel of its own.

    Args:
        f, paths: as in trajectories, with as many paths as there are.
        x1, x2: the range to show on each axis; the part of a path that leaves it is cut off.

    Returns:
        A Figure; its alternative text describes each path as that of trajectories does.

    Raises:
        ValueError: there is no path.

    Example:
        >>> gallery(lambda a, b: a * a + b * b, {"GD": [(-1, 2), (0.5, 1)]}).alt[48:]
        'GD: starts at (-1, 2), ends at (0.5, 1) after 1 steps; x1 crosses zero 1 times, x2 0 times.'

    Source: Tufte (1983), "The Visual Display of Quantitative Information", on small multiples.
    """
    if not paths:
        raise ValueError("paths is empty; a picture needs at least one path")
    points = {name: np.asarray(path, dtype=float) for name, path in paths.items()}
    with rc_context(STYLE):
        figure, places = grid(len(points), GALLERY_COLUMNS, 2.0, above=0.0, sharex=True, sharey=True)
        for axes, (name, path) in zip(places, points.items()):
            _contours(axes, f, [np.transpose([x1, x2])])
            axes.plot(*path.T, color=COLOURS[0], marker=MARKERS[0], markersize=3, linewidth=1)
            axes.set(xlim=x1, ylim=x2)
            axes.set_title(name, fontsize=10)
        for axes in places[-GALLERY_COLUMNS:]:
            axes.tick_params(labelbottom=True)  # also above a panel that was removed
        figure.supxlabel("x1")
        figure.supylabel("x2")
    figure.alt = alt_text.paths(points)
    return figure


def _contours(axes, f, corners):
    """Contours of f over the box that holds all the corners."""
    corners = np.vstack(corners)
    margin = 0.03 * np.ptp(corners, axis=0)  # so that no marker is cut in half
    (left, bottom), (right, top) = corners.min(axis=0) - margin, corners.max(axis=0) + margin
    grid = np.meshgrid(np.linspace(left, right, 80), np.linspace(bottom, top, 80))
    axes.contour(*grid, f(*grid), levels=10, colors=GREY, linewidths=0.8)
