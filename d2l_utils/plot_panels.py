"""Pictures of many panels, and of a classifier: single runs side by side, images, a confusion matrix."""

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.colors import LogNorm
from matplotlib.ticker import LogLocator, NullLocator

from . import alt_text
from .figure import COLOURS, INK, LINES, PAPER, STYLE, check_series, grid, legend, new

SHADES = colormaps["viridis"]  # even steps for every kind of colour vision and in greyscale
# Not INK and PAPER: a shade stays what it is on a dark page, and so must the number on it.
LIGHT, DARK = "#fefefe", "#010101"


def panels(runs, x_label, y_label, *, log=False, limits=None):
    """Draw every run as a line of its own, in a panel for each name; the panels share their axes.

    Args:
        runs: panel's name -> {kind: list of (x, y)} (dict); x and y are lists of the same length. At most
            four kinds, each with a colour and a line style of its own.
        x_label, y_label: the axes' labels, with units where there are any (str).
        log: draw y on a logarithmic axis (bool).
        limits: the two ends of the y axis, or None for all that there is; what lies beyond is cut off.

    Returns:
        A Figure; its alternative text tells for each panel and kind how many runs there are, and from where
        to where they start and end.

    Raises:
        ValueError: there is no panel, there are no runs or more than four kinds, or an x and its y differ in length.

    Example:
        >>> panels({"Adam": {"calm": [([1, 2], [4, 2]), ([1, 2], [4, 3])]}}, "epoch", "loss").alt
        'loss against epoch, a line for each run. Adam: 2 calm, from 4 to 2 ... 3.'

    Source: Tufte (1983), "The Visual Display of Quantitative Information", on small multiples.
    """
    kinds = list(dict.fromkeys(kind for by_kind in runs.values() for kind in by_kind))
    check_series("runs", kinds)
    for name, by_kind in runs.items():
        for x, y in (line for lines in by_kind.values() for line in lines):
            if len(x) != len(y):
                raise ValueError(f"panel {name!r} has a run of {len(x)} x and {len(y)} y; it needs one y for each x")
    with rc_context(STYLE):
        columns = 4 if len(runs) > 6 else 3
        figure, places = grid(len(runs), columns, 2.0, sharex=True, sharey=True)
        for axes, (name, by_kind) in zip(places, runs.items()):
            axes.set_title(name, fontsize=10)
            for kind, lines in by_kind.items():
                look = {"color": COLOURS[kinds.index(kind)], "linestyle": LINES[kinds.index(kind)], "linewidth": 1.2}
                for i, (x, y) in enumerate(lines):
                    axes.plot(x, y, **look, label=None if i else kind)
        places[0].set(yscale="log" if log else "linear", ylim=limits)
        if log:  # such panels span a power of ten or so, and have no room for labels like 3 × 10⁻¹
            places[0].yaxis.set(major_locator=LogLocator(subs=(1, 2, 5)), major_formatter="{x:g}")
            places[0].yaxis.set(minor_locator=NullLocator())
        for axes in places[-columns:]:
            axes.tick_params(labelbottom=True)  # also above a place that stays empty
        figure.supxlabel(x_label)
        figure.supylabel(y_label)
        if len(kinds) > 1:
            legend(figure)
    figure.alt = alt_text.panels(runs, x_label, y_label)
    return figure


def images(pictures, captions):
    """Draw grey pictures in rows of eight, each under its caption; 0 is paper, 1 is ink.

    Args:
        pictures: array (num_pictures, rows, columns).
        captions: one for each picture (list of str).

    Returns:
        A Figure; its alternative text gives the captions in order.

    Raises:
        ValueError: there is no picture, or not one caption for each.

    Example:
        >>> images(np.eye(4).reshape(1, 4, 4), ["a slash"]).alt
        '1 pictures of 4 × 4 pixels, by their captions: a slash.'

    Source: LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document recognition",
        figure 4.
    """
    if not len(pictures) or len(pictures) != len(captions):
        raise ValueError(f"captions has {len(captions)} entries for {len(pictures)} pictures; each picture needs one")
    with rc_context(STYLE):
        figure, places = grid(len(pictures), 8, 1.15)
        for axes, picture, caption in zip(places, pictures, captions):
            axes.imshow(picture, cmap="Greys", vmin=0, vmax=1, interpolation="none")
            axes.set_title(caption, fontsize=10)
            axes.set(xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
    height, width = np.shape(pictures)[1:]
    figure.alt = f"{len(pictures)} pictures of {height} × {width} pixels, by their captions: {', '.join(captions)}."
    return figure


def confusion(counts):
    """Draw how often each class was taken for each: the numbers, and a shade for those that are mistakes.

    Args:
        counts: how often an example of class i was taken for class j, integers (num_classes, num_classes).

    Returns:
        A Figure; its alternative text tells how many are right and which mistakes are the most frequent.

    Raises:
        ValueError: counts is not square, or smaller than 2 × 2.

    Example:
        >>> confusion([[9, 1], [3, 7]]).alt[:55]
        'True class in rows, answer in columns. 16 of 20 right. '

    Source: Kohavi and Provost (1998), "Glossary of terms", Machine Learning 30.
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or len(counts) < 2 or len(counts) != counts.shape[1]:
        raise ValueError(f"counts has the shape {counts.shape}; it needs as many rows as columns, two or more")
    wrong = np.where(np.eye(len(counts), dtype=bool), 0, counts)
    shades = SHADES(LogNorm(1, max(2, wrong.max()))(np.maximum(wrong, 1)))
    shades[wrong == 0] = 0  # no colour at all
    with rc_context(STYLE):
        figure, axes = new(5.2, 4.6)
        axes.pcolormesh(shades, edgecolors=PAPER, linewidth=1)
        for (i, j), count in np.ndenumerate(counts):
            if count:
                axes.text(j + 0.5, i + 0.5, str(count), ha="center", va="center", fontsize=9, color=_on(shades[i, j]))
        middles, names = np.arange(len(counts)) + 0.5, range(len(counts))
        axes.set(
            xlabel="answer", ylabel="true class", xticks=middles, yticks=middles, xticklabels=names, yticklabels=names
        )
        axes.invert_yaxis()  # rows are read from the top
    figure.alt = alt_text.confusion(counts)
    return figure


def _on(shade):
    """The colour of a number on a shade; where there is none, the page shows."""
    if not shade[3]:
        return INK
    linear = np.where(shade[:3] <= 0.04045, shade[:3] / 12.92, ((shade[:3] + 0.055) / 1.055) ** 2.4)
    return DARK if linear @ [0.2126, 0.7152, 0.0722] > 0.18 else LIGHT  # where their contrasts are equal
