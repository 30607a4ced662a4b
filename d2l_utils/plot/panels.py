"""Pictures of many runs, side by side: every one a line, in panels that share their axes."""

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator

from . import alt_text, figure

Runs = Mapping[str, Mapping[str, Sequence[figure.XY]]]


def panels(
    runs: Runs,
    x_label: str,
    y_label: str,
    *,
    log: bool = False,
    log_x: bool = False,
    limits: tuple[float, float] | None = None,
) -> figure.Figure:
    """Draw every run as a line of its own, in a panel for each name; the panels share their axes.

    A run of a single point is drawn as a cross.

    Args:
        runs: panel's name -> {kind: list of (x, y)}; x and y are lists of the same length. At most
            four kinds, each with a colour and a line style of its own.
        x_label, y_label: the axes' labels, with units where there are any.
        log, log_x: draw y, or x, on a logarithmic axis.
        limits: the two ends of the y axis, or None for all that there is; what lies beyond is cut off.

    Returns:
        A Figure; its alternative text tells for each panel and kind how many runs there are, and from where
        to where they start and end.

    Raises:
        ValueError: there is no panel, there are no runs or more than four kinds, an x and its y differ in length, or
            there is nothing that an axis can show.

    Example:
        >>> panels({"Adam": {"calm": [([1, 2], [4, 2]), ([1, 2], [4, 3])]}}, "epoch", "loss").alt
        'loss against epoch, a line for each run. Adam: 2 calm, from 4 to 2 ... 3.'

    Source: Tufte (1983), "The Visual Display of Quantitative Information", on small multiples.
    """
    kinds = list(dict.fromkeys(chain(*runs.values())))
    figure.check_series("runs", kinds)
    shown: list[figure.ArrayLike] = []
    for name, by_kind in runs.items():
        for x, y in chain(*by_kind.values()):
            figure.check_line(f"panel {name!r} has a run of", x, y)
            shown.append(y)
    figure.check_shown("runs has y =", np.hstack([[], *shown]), log)
    columns = 4 if len(runs) > 6 else 3
    with figure.styled():
        fig, places = figure.grid(len(runs), columns, 2.0, sharex=True, sharey=True)
        for axes, (name, by_kind) in zip(places, runs.items()):
            axes.set_title(name)
            for kind, lines in by_kind.items():
                _draw(axes, kind, lines, kinds.index(kind))
        places[0].set(yscale="log" if log else "linear", ylim=limits)
        if log:  # such panels span a power of ten or so, and have no room for labels like 3 × 10⁻¹
            places[0].yaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), major_formatter="{x:g}")
            places[0].yaxis.set(minor_locator=NullLocator())
        if log_x:
            places[0].set(xscale="log")
            places[0].xaxis.set(minor_locator=NullLocator())
        figure.label_grid(fig, places, columns, x_label, y_label)
        figure.legend(fig, least=2)
    return fig.saying(alt_text.panels, runs, x_label, y_label)


def _draw(axes: figure.Axes, kind: str, lines: Sequence[figure.XY], place: int) -> None:
    """All runs of one kind; only the first of them goes into the legend."""
    for i, (x, y) in enumerate(lines):
        label = None if i else kind
        look = {"linestyle": figure.LINES[place]} if np.size(x) > 1 else {"linestyle": "", "marker": "X", "zorder": 3}
        axes.plot(x, y, color=figure.COLOURS[place], linewidth=1.2, label=label, **look)
