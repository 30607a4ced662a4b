"""Pictures of histories: each returns a figure that carries alternative text made from its data."""

import io
import re

import numpy as np
from matplotlib import figure as mpl_figure
from matplotlib import rc_context
from matplotlib.ticker import LogFormatterSciNotation

from . import alt_text

# Dark enough for white paper, light enough for a dark page, apart for every kind of colour vision
# (after Okabe and Ito); with the line styles and markers they survive greyscale.
COLOURS = "#0072b2", "#d55e00", "#00875f", "#a8518a"
LINES = "-", "--", "-.", ":"
MARKERS = "o", "s", "^", "D"
GREY = "#808080"
GALLERY_COLUMNS = 4
INK, PAPER = "#000000", "#ffffff"  # the book's pages replace these two by their own
STYLE = {
    "font.size": 10,
    "figure.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and scaled
    "svg.hashsalt": "d2l",  # the same figure gives the same file
}


class Figure(mpl_figure.Figure):
    """A matplotlib figure that shows itself in a notebook as SVG, with its alternative text.

    Attributes:
        alt: what the picture shows, in words (str).
    """

    alt = ""

    def svg(self):
        """The figure as SVG, titled by its alternative text; the same data give the same text."""
        text = io.StringIO()
        with rc_context(STYLE):
            self.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        return re.sub(r"^.*?(?=<svg)", "", text.getvalue(), flags=re.DOTALL)

    def _ipython_display_(self):
        from IPython.display import display

        bundle = {"image/svg+xml": self.svg(), "text/plain": self.alt}
        display(bundle, raw=True, metadata={"image/svg+xml": {"alt": self.alt}})


def _new(width=5.2, height=3.2):
    figure = Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)
    return figure, figure.add_subplot()


def _legend(figure):
    """Above the axes, where it can hide nothing."""
    figure.legend(loc="outside upper center", ncols=len(COLOURS))


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
    _check_series("paths", paths)
    points = {name: np.asarray(path, dtype=float) for name, path in paths.items()}
    with rc_context(STYLE):
        figure, axes = _new()
        _contours(axes, f, [*points.values(), np.transpose([x1, x2])])
        for i, (name, path) in enumerate(points.items()):
            axes.plot(*path.T, color=COLOURS[i], linestyle=LINES[i], marker=MARKERS[i], markersize=4, label=name)
        axes.set(xlabel="x1", ylabel="x2")
        if len(points) > 1:
            _legend(figure)
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
    rows = -(-len(points) // GALLERY_COLUMNS)
    with rc_context(STYLE):
        figure = Figure(figsize=(7.2, 2.0 * rows), layout="constrained", facecolor=PAPER)
        grid = figure.subplots(rows, GALLERY_COLUMNS, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, (name, path) in zip(grid, points.items()):
            _contours(axes, f, [np.transpose([x1, x2])])
            axes.plot(*path.T, color=COLOURS[0], marker=MARKERS[0], markersize=3, linewidth=1)
            axes.set(xlim=x1, ylim=x2)
            axes.set_title(name, fontsize=10)
        for axes in grid[len(points) :]:
            axes.remove()
        for axes in grid[max(0, len(points) - GALLERY_COLUMNS) : len(points)]:
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


def curves(series, x_label, y_label, *, points=None, log=False, level=None):
    """Draw y against x, a line for each series; for several runs their median, in a band that holds them all.

    Args:
        series: name -> (x, y) (dict); at most four. x has n numbers; y has n, or a row of n for each run.
        x_label, y_label: the axes' labels, with units where there are any (str).
        points: (x, y) of single points to draw behind the lines, or None.
        log: draw y on a logarithmic axis (bool).
        level: (name, y) of a horizontal line to read the curves against, or None.

    Returns:
        A Figure; its alternative text tells where each curve starts and ends, and its extremes.

    Raises:
        ValueError: there is no series, more than four, or one whose x and y differ in length.

    Example:
        >>> curves({"square": ([0, 1, 2], [0, 1, 4])}, "x", "y").alt
        'y against x. square: starts at 0, ends at 4 (x = 2).'

    Source: Wilke (2019), "Fundamentals of Data Visualization", chapters 16 and 20.
    """
    _check_series("series", series)
    for name, (x, y) in series.items():
        if len(x) != np.shape(y)[-1]:
            raise ValueError(f"series {name!r} has {len(x)} x and {np.shape(y)[-1]} y; it needs one y for each x")
    alt = [f"{y_label} against {x_label}{', logarithmic' if log else ''}."]
    with rc_context(STYLE):
        figure, axes = _new()
        if points is not None:
            axes.plot(*points, linestyle="none", marker=".", color=GREY)
            alt.append(f"{len(points[0])} single points.")
        for i, (name, (x, runs)) in enumerate(series.items()):
            runs = np.atleast_2d(np.asarray(runs, dtype=float))
            y = np.median(runs, axis=0)
            axes.plot(x, y, color=COLOURS[i], linestyle=LINES[i], label=name)
            if len(runs) > 1:
                axes.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=COLOURS[i], alpha=0.25, linewidth=0)
                name += f" (median of {len(runs)} runs)"
            alt.append(f"{name}: {alt_text.curve(np.asarray(x), y, x_label)}.")
        if level is not None:
            axes.axhline(level[1], color=GREY, linewidth=1, label=level[0])
            alt.append(f"{level[0]}: {level[1]:.4g}.")
        axes.set(xlabel=x_label, ylabel=y_label, yscale="log" if log else "linear")
        if log:  # a range of less than two powers of ten gets labels between them
            axes.yaxis.set_minor_formatter(LogFormatterSciNotation(minor_thresholds=(2, 0.5)))
        if all(np.issubdtype(np.asarray(x).dtype, np.integer) for x, _ in series.values()):
            axes.xaxis.get_major_locator().set_params(integer=True)  # there is no step 2.5
        if len(series) + (level is not None) > 1:
            _legend(figure)
    figure.alt = " ".join(alt)
    return figure


def losses(histories, *, log=False, optimum=None):
    """Draw the losses of training runs against the epoch: their median, in a band that holds them all.

    Args:
        histories: name -> list of History, one for each seed (dict); at most four.
        log: draw the loss on a logarithmic axis (bool).
        optimum: the smallest loss that the model can reach (float), drawn as a line, or None.

    Returns:
        A Figure, as curves returns it.

    Raises:
        ValueError: there is no history, or more than four.

    Example:
        >>> from d2l_utils.history import History
        >>> losses({"run": [History("run", [0, 1], [0.0, 1.0], [0.5, 0.25])]}).alt
        'loss against epoch. run: starts at 0.5, ends at 0.25 (epoch = 1).'

    Source: Zhang, Lipton, Li and Smola, "Dive into Deep Learning", the function train_ch7.
    """
    series = {}
    for name, runs in histories.items():
        longest = max((run.epochs for run in runs), key=len)
        padded = [[*run.losses, *[np.nan] * (len(longest) - len(run.losses))] for run in runs]  # some diverged
        series[name] = longest, padded
    return curves(series, "epoch", "loss", log=log, level=None if optimum is None else ("optimum", optimum))


def _check_series(name, series):
    if not 1 <= len(series) <= len(COLOURS):
        raise ValueError(f"{name} has {len(series)} entries; a readable picture has 1 to {len(COLOURS)}")
