"""Marks on one logarithmic axis: a number with its spread for each of many things."""

from collections.abc import Sequence

from . import alt_text, figure

ROW = 0.27  # inches
MARKS = [{"color": c, "marker": m, "markersize": 7} for c, m in zip(figure.COLOURS, figure.MARKERS)]
BESIDE = {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "fontsize": 9}
Row = tuple[str, str, float, float, float]  # name, group, value, low, high


def marks(rows: Sequence[Row], x_label: str) -> figure.Figure:
    """Draw a mark for each row, the largest value on top, its spread as a bar behind it and its number beside it.

    Args:
        rows: (name, group, value, low, high) of each; positive numbers, low to high the spread
            around the value. Rows of one group share a shape and a colour; at most four groups.
        x_label: what the values are, with their unit.

    Returns:
        A Figure; its alternative text gives the values in their order.

    Raises:
        ValueError: there are no rows or more than four groups, two rows share a name, or the numbers of a row
            are not positive, finite and in the order low, value, high.

    Example:
        >>> marks([("loop", "ours", 2, 1, 3), ("book", "theirs", 40, 30, 50)], "time / s").alt
        'time / s, logarithmic, from the largest to the smallest: book (theirs) 40, loop (ours) 2.'

    Source: Cleveland and McGill (1984), "Graphical Perception", on positions along a common scale.
    """
    groups = list(dict.fromkeys(group for _, group, *_ in rows))
    figure.check_series("groups of rows", groups)
    _check(rows)
    ordered = sorted(rows, key=lambda row: row[2])
    with figure.styled():
        fig, axes = figure.new(width=6.2, height=0.9 + ROW * len(rows))
        for place, (_, group, value, low, high) in enumerate(ordered):
            i = groups.index(group)
            axes.plot([low, high], [place, place], color=figure.GREY, linewidth=4, solid_capstyle="butt", alpha=0.5)
            axes.plot(value, place, **MARKS[i])
            axes.annotate(alt_text.short(value), (max(value, high), place), **BESIDE)
        for i, group in enumerate(groups):  # each once, in the order that was given
            axes.plot([], [], linestyle="none", label=group, **MARKS[i])
        axes.set(xscale="log", xlabel=x_label, ylim=(-0.7, len(rows) - 0.3))
        axes.set_yticks(range(len(rows)), [name for name, *_ in ordered])
        axes.tick_params(axis="y", length=0)
        axes.margins(x=0.12)  # room for the topmost number
        axes.grid(axis="x", color=figure.GREY, alpha=0.3)
        axes.minorticks_off()
        figure.legend(fig, least=2)
    return fig.saying(alt_text.marks, ordered[::-1], x_label)


def _check(rows: Sequence[Row]) -> None:
    names = [name for name, *_ in rows]
    for name, _, value, low, high in rows:
        if names.count(name) > 1:
            raise ValueError(f"rows has {name!r} {names.count(name)} times; each name stands once")
        if not 0 < low <= value <= high <= figure.LARGEST:
            needs = f"0 < low <= value <= high <= {figure.LARGEST:g}"
            raise ValueError(f"row {name!r} has {value} from {low} to {high}; it needs {needs}")
