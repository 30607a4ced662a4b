"""Pictures of curves: the losses of histories, and any y against x."""

import numpy as np
from matplotlib import rc_context
from matplotlib.ticker import LogFormatterSciNotation

from . import alt_text
from .figure import GREY, LINES, STYLE, check_series, colours, legend, new


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
    check_series("series", series)
    for name, (x, y) in series.items():
        if len(x) != np.shape(y)[-1]:
            raise ValueError(f"series {name!r} has {len(x)} x and {np.shape(y)[-1]} y; it needs one y for each x")
    alt = [f"{y_label} against {x_label}{', logarithmic' if log else ''}."]
    with rc_context(STYLE):
        figure, axes = new()
        if points is not None:
            axes.plot(*points, linestyle="none", marker=".", color=GREY)
            alt.append(f"{len(points[0])} single points.")
        for (name, (x, runs)), colour, line in zip(series.items(), colours([*series]), LINES):
            runs = np.atleast_2d(np.asarray(runs, dtype=float))
            y = np.median(runs, axis=0)
            axes.plot(x, y, color=colour, linestyle=line, label=name)
            if len(runs) > 1:
                axes.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=colour, alpha=0.25, linewidth=0)
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
            legend(figure)
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
        >>> from d2l_utils.train.history import History
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
