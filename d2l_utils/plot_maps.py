"""Heat maps: a value over a grid of two settings, both on logarithmic axes."""

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from . import alt_text
from .figure import GREY, LINES, MARKERS, STYLE, check_series, grid, legend, new

COLOUR_MAP = colormaps["viridis"]  # even steps for every kind of colour vision and in greyscale
LIGHT, DARK = "#fafafa", "#101010"  # one edged by the other shows on every colour; pages leave both as they are
HATCHES = "xxxx", "////"


def heat_maps(maps, x, y, x_label, value_label, limits, *, hatch_above=None, marks=None, lines=None):
    """Draw values over a grid of two settings; several maps share one colour scale, two to a row.

    Cells that are not finite have no colour and are cross-hatched.

    Args:
        maps: name -> (y_label, values) (dict), at most four; values is an array (len(y), len(x)).
        x, y: the settings, two or more positive numbers that grow by the same factor from each to the next.
        x_label, value_label: what x and the values are (str).
        limits: the two ends of the logarithmic colour scale; values beyond an end have its colour.
        hatch_above: (name, value): cells above the value are hatched; or None.
        marks: name -> {map's name: (x, y)}, points to mark (dict), at most four; x and y are numbers or lists.
        lines: name -> {map's name: (x, y)}, lines to draw (dict), at most four; x and y are lists.

    Returns:
        A Figure; its alternative text tells for each map where it is smallest, its median, which shares of
        it are hatched, and what is marked where.

    Raises:
        ValueError: there are no maps, or too many maps, marks or lines; a map does not fit the grid; the
            settings or the limits are not as said above; marks or lines name a map that is not there.

    Example:
        >>> rows = [[1, 2], [4, np.inf]]
        >>> heat_maps({"A": ("b", rows)}, [1, 10], [1, 2], "a", "loss", (1, 9)).alt
        'loss, a from 1 to 10, logarithmic. A, b from 1 to 2: smallest 1 at (1, 1), median 3, 0.25 of it not finite.'

    Source: Crameri, Shephard and Heron (2020), "The misuse of colour in science communication".
    """
    marks, lines = marks or {}, lines or {}
    _check(maps, {"x": x, "y": y}, limits, {"marks": marks, "lines": lines})
    alt = [f"{value_label}, {x_label} from {x[0]:.2g} to {x[-1]:.2g}, logarithmic."]
    scale = ScalarMappable(LogNorm(*limits, clip=True), COLOUR_MAP)
    with rc_context(STYLE):
        figure, panels = _panels(maps)
        for name, axes in panels.items():
            y_label, values = maps[name]
            values = np.asarray(values, dtype=float)
            axes.set(xscale="log", yscale="log", xlabel=x_label, ylabel=y_label, xlim=_ends(x), ylim=_ends(y))
            axes.minorticks_off()  # nine ticks a power of ten are most of the file and read no better
            _paint(axes, scale.to_rgba(np.ma.masked_invalid(values)))
            hatched = {"not finite": ~np.isfinite(values)}
            if hatch_above:
                hatched[hatch_above[0]] = np.isfinite(values) & (values > hatch_above[1])
            _hatch(axes, hatched)
            marked = {label: places[name] for label, places in marks.items() if name in places}
            _draw(axes, name, lines, marks)
            words = alt_text.grid(x, y, values, hatched, marked)
            alt.append(f"{name}, {y_label} from {y[0]:.2g} to {y[-1]:.2g}: {words}.")
        bar = figure.colorbar(scale, ax=[*panels.values()], label=value_label, extend="both")
        bar.solids.set_rasterized(True)  # one picture in place of a path for each shade
        legend(figure, ncols=3)
    figure.alt = " ".join(alt)
    return figure


def _panels(maps):
    """A figure with axes for each map, two to a row: name -> axes."""
    if len(maps) == 1:
        figure, axes = new(5.2, 4.2)
        return figure, dict.fromkeys(maps, axes)
    figure, places = grid(len(maps), 2, 3.0)
    for axes, name in zip(places, maps):
        axes.set_title(name, fontsize=10)
    return figure, dict(zip(maps, places))


def _ends(settings):
    """The ends of an axis whose cells have the settings in their middle."""
    half = np.sqrt(settings[1] / settings[0])
    return settings[0] / half, settings[-1] * half


def _paint(axes, colours):
    """One pixel for each cell. An image knows no logarithms, so it is laid over the whole axes."""
    axes.imshow(
        colours, origin="lower", aspect="auto", interpolation="none", extent=(0, 1, 0, 1), transform=axes.transAxes
    )


def _hatch(axes, hatched):
    """Hatch the cells of each kind: one path, made of a rectangle for each run of cells in a row."""
    for hatch, (label, where) in zip(HATCHES, hatched.items()):
        rectangles = []
        for i, row in enumerate(where):
            for begin, end in np.flatnonzero(np.diff(row, prepend=False, append=False)).reshape(-1, 2):
                corners = [(begin, i), (end, i), (end, i + 1), (begin, i + 1), (begin, i)]
                rectangles.append(Path(np.divide(corners, where.shape[::-1]), closed=True))
        if rectangles:
            path = Path.make_compound_path(*rectangles)
            look = {"facecolor": "none", "edgecolor": GREY, "linewidth": 0, "hatch": hatch}
            axes.add_patch(PathPatch(path, transform=axes.transAxes, label=label, **look))


def _draw(axes, name, lines, marks):
    """The lines and the marks of one map."""
    for style, (label, places) in zip(LINES, lines.items()):
        if name in places:
            edge = [withStroke(linewidth=3, foreground=DARK)]
            axes.plot(*places[name], color=LIGHT, linestyle=style, linewidth=1.5, path_effects=edge, label=label)
    for marker, (label, places) in zip(MARKERS, marks.items()):
        if name in places:
            look = {"markersize": 8, "markerfacecolor": LIGHT, "markeredgecolor": DARK}
            axes.plot(*places[name], linestyle="none", marker=marker, label=label, **look)


def _check(maps, settings, limits, drawn):
    """Raise a ValueError where heat_maps cannot draw what it was given."""
    check_series("maps", maps)
    for axis, values in settings.items():
        logs = np.log(values) if len(values) > 1 and np.min(values) > 0 else np.array([0.0, 0.0])
        if not np.allclose(np.diff(logs), logs[1] - logs[0], rtol=1e-3) or logs[1] <= logs[0]:
            raise ValueError(f"{axis} is {values}; it needs two or more positive numbers that grow by one factor")
    shape = tuple(len(settings[axis]) for axis in "yx")
    for name, (_, values) in maps.items():
        if np.shape(values) != shape:
            raise ValueError(f"map {name!r} has the shape {np.shape(values)}; y and x need {shape}")
    if not 0 < limits[0] < limits[1]:
        raise ValueError(f"limits are {limits}; they are a smaller and a larger positive number")
    for kind, entries in drawn.items():
        if entries:
            check_series(kind, entries)
        for unknown in {name for places in entries.values() for name in places} - set(maps):
            raise ValueError(f"{kind} name the map {unknown!r}; there are {', '.join(maps)}")
