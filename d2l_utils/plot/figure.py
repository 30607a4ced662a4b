"""What all pictures share: their colours, their style, and how a figure shows itself."""

import io
import re
from collections.abc import Callable, Mapping, Sequence, Sized
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
from matplotlib import colormaps, rc_context, rcParamsDefault
from matplotlib import figure as mpl_figure
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from .. import words
from ..colours import COLOURS, OPTIMIZERS, PAPER
from ..colours import GREY as GREY  # for the modules beside this one
from ..colours import INK as INK

XY = tuple[ArrayLike, ArrayLike]

LINES = "-", "--", "-.", ":"
MARKERS = "o", "s", "^", "D"
SHADES = colormaps["viridis"]  # even steps for every kind of colour vision and in greyscale
# Not INK and PAPER: a shade stays what it is on a dark page, and so must what stands on it.
LIGHT, DARK = "#fefefe", "#010101"  # numbers, of which one or the other can be read on every shade
MARK_LIGHT, MARK_DARK = "#fafafa", "#101010"  # marks, one edged by the other
STYLE = {
    **rcParamsDefault,  # a picture is the same whatever the user's matplotlibrc says
    "font.size": 10,
    "figure.labelsize": 10,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text: it can be read aloud, searched and scaled
    "svg.hashsalt": "d2l",  # the same figure gives the same file
}
LARGEST = 1e200  # beyond, matplotlib's arithmetic overflows when it looks for the ends and ticks of an axis
styled = partial(rc_context, STYLE)  # the context in which all pictures are drawn


class Figure(mpl_figure.Figure):
    """A matplotlib figure that shows itself in a notebook as SVG, with its alternative text.

    Attributes:
        alt: what the picture shows, in words (str).
        in_other_words: the same in every language, by its name (dict of str -> str).
    """

    alt = ""
    in_other_words: Mapping[str, str] = MappingProxyType({})

    def saying(self, describe: Callable[..., str], *shown: Any) -> "Figure":
        """This figure, with what a function says of what is shown for its alternative text, in each language."""
        self.in_other_words = words.in_each_language(partial(describe, *shown))
        self.alt = self.in_other_words[words.ENGLISH]
        return self

    def metadata(self) -> dict[str, Any]:
        """What a notebook keeps beside the picture: its alternative text, in each language."""
        return {"image/svg+xml": {"alt": self.alt, "alts": dict(self.in_other_words)}}

    def svg(self) -> str:
        """The figure as SVG, titled by its alternative text; the same data give the same text."""
        text = io.StringIO()
        with styled():
            self.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
        svg = re.sub(r"^.*?(?=<svg)", "", text.getvalue(), flags=re.DOTALL)
        # Its ids are numbered in order: matplotlib's own are others with NumPy 1 than with NumPy 2.
        hashed = dict.fromkeys(re.findall(r'\bid="([a-z][0-9a-f]{10})"', svg))
        for number, name in enumerate(hashed):
            svg = svg.replace(name, f"{name[0]}{number}")
        return svg

    def _ipython_display_(self) -> None:
        from IPython.display import display

        bundle = {"image/svg+xml": self.svg(), "text/plain": self.alt}
        display(bundle, raw=True, metadata=self.metadata())


def new(width: float = 5.2, height: float = 3.2) -> tuple[Figure, Axes]:
    """A figure with one pair of axes, of this size in inches."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)
    return figure, figure.add_subplot()


def grid(number: int, columns: int, height: float, above: float = 0.4, **shared: bool) -> tuple[Figure, np.ndarray]:
    """A wide figure with this many axes in rows of this height, and space for a legend above, in inches."""
    rows = -(-number // columns)
    figure = Figure(figsize=(7.2, height * rows + above), layout="constrained", facecolor=PAPER)
    every = figure.subplots(rows, columns, squeeze=False, **shared).ravel()
    for axes in every[number:]:
        axes.remove()
    return figure, every[:number]


def label_grid(figure: Figure, places: np.ndarray, columns: int, x_label: str, y_label: str) -> None:
    """One pair of labels for axes that share their scales."""
    for axes in places[-columns:]:
        axes.tick_params(labelbottom=True)  # also above a place that stays empty
    figure.supxlabel(x_label)
    figure.supylabel(y_label)


def colours(names: Sequence[str]) -> list[str]:
    """A colour for each of at most four series: its own to an optimizer that has one, to the others what is left."""
    owners = {OPTIMIZERS[name]: name for name in reversed(names) if name in OPTIMIZERS}
    left = (colour for colour in COLOURS if colour not in owners)
    return [OPTIMIZERS[name] if name in owners.values() else next(left) for name in names]


def legend(figure: Figure, ncols: int = 4, least: int = 1) -> None:
    """A legend above the axes, where it can hide nothing, for this many entries or more; each is named once.

    Long names stand in fewer columns than these, so that none is cut off at the figure's edge.
    """
    keys = {}
    for axes in figure.axes:
        handles, labels = axes.get_legend_handles_labels()
        keys.update(dict(zip(labels, handles)))
    while len(keys) >= least:
        drawn = figure.legend(keys.values(), keys.keys(), loc="outside upper center", ncols=ncols)
        if ncols == 1 or drawn.get_window_extent().width <= figure.bbox.width:
            return
        drawn.remove()
        rows = -(-len(keys) // (ncols - 1))
        ncols = -(-len(keys) // rows)  # four long names stand in two rows of two, not of three and one


def check_series(name: str, series: Sized) -> None:
    """Raise a ValueError where there is nothing to draw, or more than can be told apart."""
    if not 1 <= len(series) <= len(COLOURS):
        raise ValueError(f"{name} has {len(series)} entries; a readable picture has 1 to {len(COLOURS)}")


def check_line(beginning: str, x: ArrayLike, y: ArrayLike) -> None:
    """Raise a ValueError with this beginning where a line, or each of several, is none: gaps are allowed."""
    num_y = (0, *np.shape(y))[-1] if np.size(y) else 0
    if np.size(x) != num_y or not num_y:
        raise ValueError(f"{beginning} {np.size(x)} x and {num_y} y; it needs one y for each x, and one at least")
    numbers = np.append(x, y).astype(float)
    large = numbers[np.isfinite(numbers) & (np.abs(numbers) > LARGEST)]
    if large.size:
        raise ValueError(f"{beginning} {large[0]:.3g}; an axis can show numbers up to {LARGEST:g}")


def check_shown(beginning: str, numbers: np.ndarray, log: bool) -> None:
    """Raise a ValueError with this beginning where no axis, logarithmic or not, can show any of these numbers."""
    if not np.any(np.isfinite(numbers) & (numbers > (0 if log else -np.inf))):
        kind = "positive, finite" if log else "finite"
        raise ValueError(f"{beginning} {np.array2string(numbers, threshold=6)}; it needs one {kind} number at least")
