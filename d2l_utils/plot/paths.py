"""Pictures of paths over the contours of an objective of two variables."""

from collections.abc import Callable, Mapping

import numpy as np

from . import alt_text, figure

GALLERY_COLUMNS = 4
Objective = Callable[[np.ndarray, np.ndarray], np.ndarray]
Range = tuple[float, float]
Paths = Mapping[str, figure.ArrayLike]


def trajectories(
    f: Objective,
    paths: Paths,
    x1: Range = (-5.5, 1.0),
    x2: Range = (-3.0, 1.0),
    minimum: bool = True,
) -> figure.Figure:
    """Draw paths over the contours of an objective of two variables, on equal axes: angles are what they are.

    Args:
        f: the objective, an elementwise function of two arrays (x1, x2).
        paths: name -> points, shape (num_points, 2); at most four.
        x1, x2: the least range to show on each axis; it grows to hold the paths.
        minimum: whether the objective has a single lowest point in this range, which is marked then.

    Returns:
        A Figure; its alternative text tells for each path where it starts and ends and how often each
        coordinate crosses zero.

    Raises:
        ValueError: there is no path, more than four, or one that is no list of points that an axis can show.

    Example:
        >>> trajectories(lambda a, b: a * a + b * b, {"GD": [(-1, 2), (0.5, 1)]}).alt[81:]
        'GD: starts at (-1, 2), ends at (0.5, 1) after 1 step; x1 crosses zero once, x2 0 times.'

    Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the function show_trace_2d.
    """
    figure.check_series("paths", paths)
    points = _points(paths)
    with figure.styled():
        fig, axes = figure.new()
        box = _box(np.vstack([*points.values(), np.transpose([x1, x2])]))
        _contours(axes, f, box)
        for name, colour, line, marker in zip(points, figure.colours([*points]), figure.LINES, figure.MARKERS):
            axes.plot(*points[name].T, color=colour, linestyle=line, marker=marker, markersize=4, label=name)
        lowest = _lowest(f, box) if minimum else None
        _mark(axes, lowest)
        axes.set(xlabel="x1", ylabel="x2", aspect="equal")
        figure.legend(fig, least=2)
    return fig.saying(alt_text.paths, points, lowest)


def gallery(
    f: Objective,
    paths: Paths,
    x1: Range = (-5.5, 1.0),
    x2: Range = (-3.0, 1.0),
    minimum: bool = True,
) -> figure.Figure:
    """Draw many paths over the same contours, each in a panel of its own.

    Args:
        f, paths: as in trajectories, with as many paths as there are.
        x1, x2: the range to show on each axis; the part of a path that leaves it is cut off.
        minimum: as in trajectories.

    Returns:
        A Figure; its alternative text describes each path as that of trajectories does.

    Raises:
        ValueError: there is no path, or one that is no list of points that an axis can show.

    Example:
        >>> gallery(lambda a, b: a * a + b * b, {"GD": [(-1, 2), (0.5, 1)]}).alt[81:]
        'GD: starts at (-1, 2), ends at (0.5, 1) after 1 step; x1 crosses zero once, x2 0 times.'

    Source: Tufte (1983), "The Visual Display of Quantitative Information", on small multiples.
    """
    if not paths:
        raise ValueError("paths is empty; a picture needs at least one path")
    points = _points(paths)
    box = _box(np.transpose([x1, x2]))
    lowest = _lowest(f, box) if minimum else None
    height = 1.6 * np.ptp(x2) / np.ptp(x1) + 0.35  # inches: the axes are equal, and have a title above
    with figure.styled():
        fig, places = figure.grid(len(points), GALLERY_COLUMNS, height, above=0.4, sharex=True, sharey=True)
        for axes, (name, path) in zip(places, points.items()):
            _contours(axes, f, box)
            colour = figure.OPTIMIZERS.get(name, figure.GREY)  # no other optimizer's
            axes.plot(*path.T, color=colour, marker=figure.MARKERS[0], markersize=3, linewidth=1)
            _mark(axes, lowest)
            axes.set(title=name, xlim=x1, ylim=x2, aspect="equal")
        figure.label_grid(fig, places, GALLERY_COLUMNS, "x1", "x2")
    return fig.saying(alt_text.paths, points, lowest)


def _mark(axes: figure.Axes, lowest: tuple[float, float] | None) -> None:
    """A cross at the minimum, below the paths."""
    if lowest:
        axes.plot(*lowest, marker="+", color=figure.INK, markersize=9, linestyle="", zorder=1.5)


def _points(paths: Paths) -> dict[str, np.ndarray]:
    """The points of each path: an array (num_points, 2)."""
    points = {name: np.asarray(path, dtype=float) for name, path in paths.items()}
    for name, path in points.items():
        if path.shape != (len(path), 2):
            raise ValueError(f"path {name!r} has the shape {path.shape}; it needs (num_points, 2)")
        figure.check_line(f"path {name!r} has", *path.T)
        figure.check_shown(f"path {name!r} has", path.ravel(), log=False)
    return points


def _box(corners: np.ndarray) -> np.ndarray:
    """The ends of a box that holds all the corners, but for those of a path that left for infinity."""
    corners = corners[np.isfinite(corners).all(axis=1)]
    margin = 0.03 * np.ptp(corners, axis=0)  # so that no marker is cut in half
    return np.array([corners.min(axis=0) - margin, corners.max(axis=0) + margin])


def _lowest(f: Objective, box: np.ndarray) -> tuple[float, float] | None:
    """Where f is lowest, by ever finer grids around the last one's lowest point; None outside the box."""
    centre, half = box.mean(axis=0), np.ptp(box, axis=0) / 2
    for _ in range(40):
        a, b = np.meshgrid(*np.linspace(centre - half, centre + half, 21).T)
        place = np.unravel_index(f(a, b).argmin(), a.shape)
        centre, half = np.array([a[place], b[place]]), half / 2
    within = (centre > box[0]).all() and (centre < box[1]).all()
    return tuple((centre.round(6) + 0.0).tolist()) if within else None


def _contours(axes: figure.Axes, f: Objective, box: np.ndarray) -> None:
    a, b = np.meshgrid(*np.linspace(box[0], box[1], 80).T)
    with np.errstate(over="ignore"):  # far out
        heights = f(a, b)
    axes.contour(a, b, heights, levels=10, colors=figure.GREY, linewidths=0.8)
