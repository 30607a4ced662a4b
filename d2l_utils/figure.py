"""What all pictures share: their colours, their style, and how a figure shows itself."""

import io
import re

from matplotlib import figure as mpl_figure
from matplotlib import rc_context, rcParamsDefault

# Dark enough for white paper, light enough for a dark page, apart for every kind of colour vision
# (after Okabe and Ito); with the line styles and markers they survive greyscale.
COLOURS = "#0072b2", "#d55e00", "#00875f", "#a8518a"
# An optimizer has one colour in all pictures, in the playground too.
OWN = {"RMSProp": 0, "Adam": 1, "Adagrad": 2, "SGD": 3, "gradient descent": 3}
LINES = "-", "--", "-.", ":"
MARKERS = "o", "s", "^", "D"
GREY = "#808080"
INK, PAPER = "#000000", "#ffffff"  # the book's pages replace these two by their own
STYLE = {
    **rcParamsDefault,  # a picture is the same whatever the user's matplotlibrc says
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
        return numbered(re.sub(r"^.*?(?=<svg)", "", text.getvalue(), flags=re.DOTALL))

    def _ipython_display_(self):
        from IPython.display import display

        bundle = {"image/svg+xml": self.svg(), "text/plain": self.alt}
        display(bundle, raw=True, metadata={"image/svg+xml": {"alt": self.alt}})


def numbered(svg):
    """A figure's SVG with its ids numbered in order: matplotlib's own are others with NumPy 1 than with NumPy 2."""
    for number, hashed in enumerate(dict.fromkeys(re.findall(r'\bid="([a-z][0-9a-f]{10})"', svg))):
        svg = svg.replace(hashed, f"{hashed[0]}{number}")
    return svg


def new(width=5.2, height=3.2):
    """A figure with one pair of axes, of this size in inches."""
    figure = Figure(figsize=(width, height), layout="constrained", facecolor=PAPER)
    return figure, figure.add_subplot()


def grid(number, columns, height, above=0.4, **shared):
    """A wide figure with this many axes in rows of this height, and space for a legend above, in inches."""
    rows = -(-number // columns)
    figure = Figure(figsize=(7.2, height * rows + above), layout="constrained", facecolor=PAPER)
    every = figure.subplots(rows, columns, squeeze=False, **shared).ravel()
    for axes in every[number:]:
        axes.remove()
    return figure, every[:number]


def colours(names):
    """A colour for each of at most four series: its own to an optimizer that has one, to the others what is left."""
    owners = {OWN[name]: name for name in reversed(names) if name in OWN}
    left = iter([colour for place, colour in enumerate(COLOURS) if place not in owners])
    return [COLOURS[OWN[name]] if owners.get(OWN.get(name)) == name else next(left) for name in names]


def legend(figure, ncols=4):
    """A legend above the axes, where it can hide nothing; what stands in several of them is named once."""
    keys = {}
    for axes in figure.axes:
        keys.update({label: handle for handle, label in zip(*axes.get_legend_handles_labels())})
    if keys:
        figure.legend(keys.values(), keys.keys(), loc="outside upper center", ncols=ncols)


def check_series(name, series):
    """Raise a ValueError where there is nothing to draw, or more than can be told apart."""
    if not 1 <= len(series) <= len(COLOURS):
        raise ValueError(f"{name} has {len(series)} entries; a readable picture has 1 to {len(COLOURS)}")
