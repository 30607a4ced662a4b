"""Marks: every row in its place with its number, groups told apart by shape, words for all of them."""

import re

from d2l_utils import plot

import pytest

ROWS = [
    ("step by step", "ours", 270.0, 260.0, 300.0),
    ("textbook", "others", 1948.3, 1900.0, 2100.0),
    ("compiled", "ours", 19.17, 18.0, 19.5),
    ("sweep", "ours", 0.0412, 0.04, 0.05),
]


def draw(rows=ROWS):
    return plot.marks(rows, "time per step / µs")


def drawn_marks(figure):
    """(value, place, marker, colour) of each mark; the spreads have no marker, the legend's marks no data."""
    lines = [line for line in figure.axes[0].lines if line.get_marker() != "None" and len(line.get_xdata())]
    return [(*line.get_xydata()[0], line.get_marker(), line.get_color()) for line in lines]


def test_words_give_every_value_in_order():
    assert draw().alt == (
        "time per step / µs, logarithmic, from the largest to the smallest: textbook (others) 1,950, "
        "step by step (ours) 270, compiled (ours) 19.2, sweep (ours) 0.0412."
    )


def test_every_row_has_its_place_its_name_and_its_number():
    axes = draw().axes[0]
    marks = drawn_marks(axes.figure)
    assert [value for value, *_ in marks] == [0.0412, 19.17, 270.0, 1948.3]
    assert [place for _, place, *_ in marks] == list(axes.get_yticks()) == [0, 1, 2, 3]
    assert [text.get_text() for text in axes.get_yticklabels()] == ["sweep", "compiled", "step by step", "textbook"]
    assert [text.get_text() for text in axes.texts] == ["0.0412", "19.2", "270", "1,950"]
    assert (axes.get_xscale(), axes.get_xlabel()) == ("log", "time per step / µs")


def test_spread_reaches_from_low_to_high():
    spreads = [line for line in draw().axes[0].lines if line.get_marker() == "None"]
    assert [tuple(line.get_xdata()) for line in spreads] == [(0.04, 0.05), (18.0, 19.5), (260.0, 300.0), (1900, 2100)]


def test_groups_differ_in_shape_and_in_colour():
    figure = draw()
    *ours, theirs = ((marker, colour) for *_, marker, colour in drawn_marks(figure))
    assert set(ours) == {(plot.MARKERS[0], plot.COLOURS[0])}
    assert theirs == (plot.MARKERS[1], plot.COLOURS[1])
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["ours", "others"]
    assert not draw(ROWS[2:]).legends


def test_as_high_as_its_rows_and_always_as_wide():
    sizes = [draw(rows).get_size_inches() for rows in (ROWS[:1], ROWS)]
    assert sizes[0][0] == sizes[1][0]
    assert sizes[0][1] < sizes[1][1]


def test_same_data_same_svg_with_its_words_as_text():
    first, second = draw().svg(), draw().svg()
    assert first == second
    assert ">step by step<" in first
    assert not re.search(r"20\d\d-\d\d", first)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "groups of rows has 0 entries"),
        ([(str(i), str(i), 1, 1, 1) for i in range(5)], "groups of rows has 5 entries"),
        ([ROWS[0], ROWS[0]], "rows has 'step by step' 2 times; each name stands once"),
        ([("a", "b", 0, 0, 0)], "row 'a' has 0 from 0 to 0; it needs 0 < low <= value <= high"),
        ([("a", "b", 3, 1, 2)], "row 'a' has 3 from 1 to 2"),
        ([("a", "b", float("nan"), 1, 2)], "row 'a' has nan"),
        ([("a", "b", 1, 1, float("inf"))], "row 'a' has 1 from 1 to inf"),
    ],
)
def test_wrong_input(rows, message):
    with pytest.raises(ValueError, match=message):
        draw(rows)
