"""Heat maps: a value over a grid of two settings, both on logarithmic axes."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import cm, colors, patches, patheffects
from matplotlib.path import Path

from . import alt_text, figure

HATCHES = "xxxx", "////"
EDGE = patheffects.withStroke(linewidth=3, foreground=figure.MARK_DARK)
LINE = {"color": figure.MARK_LIGHT, "linewidth": 1.5, "path_effects": [EDGE]}
MARK = {"linestyle": "none", "markersize": 8, "color": figure.MARK_LIGHT, "markeredgecolor": figure.MARK_DARK}
LINES = [{"linestyle": style, **LINE} for style in figure.LINES]
MARKS = [{"marker": marker, **MARK} for marker in figure.MARKERS]
Maps = Mapping[str, tuple[str, figure.ArrayLike]]
Places = Mapping[str, figure.XY]


def heat_maps(
    maps: Maps,
    x: Sequence[float],
    y: Sequence[float],
    x_label: str,
    value_label: str,
    limits: tuple[float, float],
    *,
    hatch_above: tuple[str, float] | None = None,
    marks: Mapping[str, Places] = {},
    lines: Mapping[str, Places] = {},
) -> figure.Figure:
    """Draw values over a grid of two settings; several maps share one colour scale, two to a row.

    Cells that are not finite have no colour and are cross-hatched.

    Args:
        maps: name -> (y_label, values), at most four; values has the shape (len(y), len(x)).
        x, y: the settings, two or more positive numbers that grow by the same factor from each to the next.
        x_label, value_label: what x and the values are.
        limits: the two ends of the logarithmic colour scale; values beyond an end have its colour.
        hatch_above: (name, value): cells above the value are hatched; or None.
        marks: name -> {map's name: (x, y)}, points to mark, at most four; x and y are numbers or lists.
        lines: name -> {map's name: (x, y)}, lines to draw, at most four; x and y are lists.

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
    _check(maps, {"x": x, "y": y}, limits)
    _check_places("marks", marks, maps)
    _check_places("lines", lines, maps)
    drawn = []
    scale = cm.ScalarMappable(colors.LogNorm(*limits, clip=True), figure.SHADES)
    with figure.styled():
        fig, panels = _panels([*maps])
        for axes, (name, (y_label, values)) in zip(panels, maps.items()):
            values = np.asarray(values, dtype=float)
            axes.set(xscale="log", yscale="log", xlabel=x_label, ylabel=y_label, xlim=_ends(x), ylim=_ends(y))
            axes.minorticks_off()  # nine ticks a power of ten are most of the file and read no better
            _paint(axes, scale.to_rgba(np.ma.masked_invalid(values)))
            hatched = _hatched(values, hatch_above)
            _hatch(axes, hatched)
            _draw(axes, name, lines, LINES)
            _draw(axes, name, marks, MARKS)
            marked = {label: places[name] for label, places in marks.items() if name in places}
            drawn.append((name, y_label, values, hatched, marked))
        bar = fig.colorbar(scale, ax=[*panels], label=value_label, extend="both")
        bar.solids.set_rasterized(True)  # one picture in place of a path for each shade
        figure.legend(fig, ncols=3)
    return fig.saying(alt_text.heat_maps, x, y, (x_label, value_label), drawn)


def _check(maps: Maps, settings: Mapping[str, Sequence[float]], limits: tuple[float, float]) -> None:
    figure.check_series("maps", maps)
    for axis, values in settings.items():
        if not _is_geometric(values):
            raise ValueError(f"{axis} is {values}; it needs two or more positive numbers that grow by one factor")
    shape = len(settings["y"]), len(settings["x"])
    for name, (_, drawn) in maps.items():
        if np.shape(drawn) != shape:
            raise ValueError(f"map {name!r} has the shape {np.shape(drawn)}; y and x need {shape}")
    if not 0 < limits[0] < limits[1]:
        raise ValueError(f"limits are {limits}; they are a smaller and a larger positive number")


def _is_geometric(values: Sequence[float]) -> bool:
    if len(values) < 2 or np.min(values) <= 0:
        return False
    steps = np.diff(np.log(values))
    return steps[0] > 0 and np.allclose(steps, steps[0], rtol=1e-3)


def _check_places(kind: str, entries: Mapping[str, Places], maps: Maps) -> None:
    if entries:
        figure.check_series(kind, entries)
    for unknown in set().union(*entries.values()) - set(maps):
        raise ValueError(f"{kind} name the map {unknown!r}; there are {', '.join(maps)}")


def _panels(names: Sequence[str]) -> tuple[figure.Figure, Sequence[figure.Axes]]:
    """A figure with axes for each map, two to a row; a single one needs no title."""
    if len(names) == 1:
        fig, axes = figure.new(5.2, 4.2)
        return fig, [axes]
    fig, panels = figure.grid(len(names), 2, 3.0)
    for axes, name in zip(panels, names):
        axes.set_title(name)
    return fig, list(panels)


def _hatched(values: np.ndarray, hatch_above: tuple[str, float] | None) -> dict[str, np.ndarray]:
    """Which cells are hatched, and why: a name and a bool array for each kind of hatching."""
    finite = np.isfinite(values)
    name, bound = hatch_above or ("above all", np.inf)
    return {"not finite": ~finite, name: finite & (values > bound)}


def _ends(settings: Sequence[float]) -> tuple[float, float]:
    """The ends of an axis whose cells have the settings in their middle."""
    half = np.sqrt(settings[1] / settings[0])
    return settings[0] / half, settings[-1] * half


def _paint(axes: figure.Axes, cells: np.ndarray) -> None:
    """One pixel for each cell. An image knows no logarithms, so it is laid over the whole axes."""
    everywhere = {"extent": (0, 1, 0, 1), "transform": axes.transAxes}
    axes.imshow(cells, origin="lower", aspect="auto", interpolation="none", **everywhere)


def _hatch(axes: figure.Axes, kinds: Mapping[str, np.ndarray]) -> None:
    """Hatch the cells of each kind."""
    for hatch, (label, where) in zip(HATCHES, kinds.items()):
        if where.any():
            look = {"facecolor": "none", "edgecolor": figure.GREY, "linewidth": 0, "hatch": hatch}
            axes.add_patch(patches.PathPatch(_outline(where), transform=axes.transAxes, label=label, **look))


def _outline(where: np.ndarray) -> Path:
    """One path, made of a rectangle around each run of marked cells in a row, in parts of the axes."""
    rows, borders = np.nonzero(np.diff(where, prepend=False, append=False))
    rectangles = []
    for i, begin, end in zip(rows[::2], borders[::2], borders[1::2]):
        corners = [(begin, i), (end, i), (end, i + 1), (begin, i + 1), (begin, i)]
        rectangles.append(Path(np.divide(corners, where.shape[::-1]), closed=True))
    return Path.make_compound_path(*rectangles)


def _draw(axes: figure.Axes, name: str, entries: Mapping[str, Places], looks: Sequence[dict]) -> None:
    """The lines or the marks of one map; each entry looks the same in all maps."""
    for look, (label, places) in zip(looks, entries.items()):
        if name in places:
            axes.plot(*places[name], label=label, **look)
