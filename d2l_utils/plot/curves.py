"""Pictures of curves: the losses of histories, and any y against x."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import LogFormatterSciNotation

from . import alt_text, figure


def curves(
    series: Mapping[str, figure.XY],
    x_label: str,
    y_label: str,
    *,
    points: figure.XY | None = None,
    log: bool = False,
    level: tuple[str, float] | None = None,
) -> figure.Figure:
    """Draw y against x, a line for each series; for several runs their median, in a band that holds them all.

    Args:
        series: name -> (x, y); at most four. x has n numbers; y has n, or a row of n for each run.
        x_label, y_label: the axes' labels, with units where there are any.
        points: (x, y) of single points to draw behind the lines, or None.
        log: draw y on a logarithmic axis.
        level: (name, y) of a horizontal line to read the curves against, or None.

    Returns:
        A Figure; its alternative text tells where each curve starts and ends, and its extremes.

    Raises:
        ValueError: there is no series, more than four, or one whose x and y differ in length or are nothing that an
            axis can show.

    Example:
        >>> curves({"square": ([0, 1, 2], [0, 1, 4])}, "x", "y").alt
        'y against x. square: starts at 0, ends at 4 (x = 2).'

    Source: Wilke (2019), "Fundamentals of Data Visualization", chapters 16 and 20.
    """
    figure.check_series("series", series)
    lines = {f"series {name!r}": xy for name, xy in series.items()}
    if points is not None:
        lines["points"] = points
    if level is not None:
        lines["level"] = [0], [level[1]]
    for name, (x, y) in lines.items():
        figure.check_line(f"{name} has", x, y)
        figure.check_shown(f"{name} has", np.median(np.atleast_2d(y), axis=0), log)
    with figure.styled():
        fig, axes = figure.new()
        if points is not None:
            axes.plot(*points, linestyle="none", marker=".", color=figure.GREY)
        for (name, (x, y)), colour, line in zip(series.items(), figure.colours([*series]), figure.LINES):
            _draw(axes, name, x, np.atleast_2d(np.asarray(y, dtype=float)), colour, line)
        if level is not None:
            axes.axhline(level[1], color=figure.GREY, linewidth=1, label=level[0])
        axes.set(xlabel=x_label, ylabel=y_label, yscale="log" if log else "linear")
        if log:  # a range of less than two powers of ten gets labels between them
            axes.yaxis.set_minor_formatter(LogFormatterSciNotation(minor_thresholds=(2, 0.5)))
        if all(np.issubdtype(np.asarray(x).dtype, np.integer) for x, _ in series.values()):
            axes.xaxis.get_major_locator().set_params(integer=True)  # there is no step 2.5
        figure.legend(fig, least=2)
    num_points = 0 if points is None else np.size(points[0])
    return fig.saying(alt_text.curves, series, x_label, y_label, num_points, log, level)


def _draw(axes: figure.Axes, name: str, x: figure.ArrayLike, runs: np.ndarray, colour: str, line: str) -> None:
    """The median of the runs, and the band that holds them."""
    axes.plot(x, np.median(runs, axis=0), color=colour, linestyle=line, label=name)
    if len(runs) > 1:
        axes.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.25, linewidth=0)


def losses(histories: dict[str, list[Any]], *, log: bool = False, optimum: float | None = None) -> figure.Figure:
    """Draw the losses of training runs against the epoch: their median, in a band that holds them all.

    Args:
        histories: name -> list of History, one for each seed; at most four names.
        log: draw the loss on a logarithmic axis.
        optimum: the smallest loss that the model can reach, drawn as a line, or None.

    Returns:
        A Figure, as curves returns it.

    Raises:
        ValueError: there is no history for a name, more than four names, or no loss that an axis can show.

    Example:
        >>> from d2l_utils.train.history import History
        >>> losses({"run": [History("run", [0, 1], [0.0, 1.0], [0.5, 0.25])]}).alt
        'loss against epoch. run: starts at 0.5, ends at 0.25 (epoch = 1).'
    """
    series = {}
    for name, runs in histories.items():
        if not isinstance(runs, Sequence) or not runs:
            raise ValueError(f"histories has {runs!r:.40} for {name!r}; it needs a list with a History for each seed")
        longest = max((run.epochs for run in runs), key=len)  # a run that diverged leaves a gap
        padded = [np.pad(run.losses, (0, len(longest) - len(run.losses)), constant_values=np.nan) for run in runs]
        series[name] = longest, padded
    return curves(series, "epoch", "loss", log=log, level=None if optimum is None else ("optimum", optimum))
