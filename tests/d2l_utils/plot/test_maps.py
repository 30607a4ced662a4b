"""Heat maps: every cell in its place, nothing told by colour alone, the same file from the same data."""

import base64
import io
import re

from d2l_utils import plot
from d2l_utils.plot.figure import MARK_DARK, MARK_LIGHT, SHADES
from eyes import contrast, luminance

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import LogNorm, to_rgb
from PIL import Image

X, Y = np.logspace(-4, 0, 5), np.logspace(-2, 0, 3)
VALUES = np.array([[0.1, 0.2, 0.3, 0.4, np.nan], [0.01, 0.2, 0.5, 2.0, np.inf], [0.9, 0.8, 0.7, 3.0, 4.0]])
MARKS = {"chosen": {"one": (1e-2, 1e-1)}, "best": {"one": ([1e-4, 1e-3], [1e-1, 1e-2])}}


def draw(**kwargs):
    settings = {"hatch_above": ("too high", 1.0), "marks": MARKS, "lines": {"diagonal": {"one": (X, X)}}, **kwargs}
    return plot.heat_maps({"one": ("b", VALUES)}, X, Y, "a", "loss", (0.01, 1), **settings)


def images(svg):
    found = re.findall(r'<image xlink:href="data:image/png;base64,\s([^"]*)"', svg)
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(code))).convert("RGBA")) for code in found]


def test_words_tell_the_range_the_hatching_and_the_marks():
    assert draw().alt == (
        "loss, a from 0.0001 to 1, logarithmic. one, b from 0.01 to 1: smallest 0.01 at (0.0001, 0.1), median 0.7, "
        "0.13 of it not finite, 0.20 of it too high, chosen at (0.01, 0.1), best at (0.0001, 0.1), (0.001, 0.01)."
    )


def test_one_pixel_for_each_cell_in_the_colour_of_its_value():
    svg = draw().svg()
    cells = images(svg)[0]
    assert re.search(r"<image [^>]*transform=\"matrix\([\d.]+ 0 0 -[\d.]+ ", svg)  # its rows run upwards
    assert cells.shape == (3, 5, 4)
    expected = SHADES(LogNorm(0.01, 1, clip=True)(np.where(np.isfinite(VALUES), VALUES, 1)), bytes=True)
    finite = np.isfinite(VALUES)
    np.testing.assert_array_equal(cells[finite], expected[finite])
    assert not cells[~finite][:, 3].any()  # no colour at all


def test_cells_lie_where_their_settings_are():
    axes = draw().axes[0]
    step = np.sqrt(10)
    np.testing.assert_allclose([*axes.get_xlim(), *axes.get_ylim()], [1e-4 / step, step, 1e-2 / step, step])
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_xlabel(), axes.get_ylabel()) == ("log", "log", "a", "b")


def test_hatching_covers_its_cells_and_no_others():
    figure = draw()
    x, y = np.meshgrid((np.arange(5) + 0.5) / 5, (np.arange(3) + 0.5) / 3)
    centres = np.c_[x.ravel(), y.ravel()]
    finite = np.isfinite(VALUES)
    for patch, where in zip(figure.axes[0].patches, (~finite, finite & (VALUES > 1)), strict=True):
        inside = np.any([part.contains_points(centres) for part in rectangles(patch.get_path())], axis=0)
        np.testing.assert_array_equal(inside.reshape(VALUES.shape), where)
        assert patch.get_hatch()
    assert figure.axes[0].patches[0].get_hatch() != figure.axes[0].patches[1].get_hatch()


def rectangles(path):
    return [matplotlib.path.Path(corners) for corners in path.vertices.reshape(-1, 5, 2)]


def test_legend_names_everything_once():
    maps = dict.fromkeys(("one", "two", "three"), ("b", VALUES))
    marks = {"chosen": dict.fromkeys(maps, (0.01, 0.1))}
    figure = plot.heat_maps(maps, X, Y, "a", "loss", (0.01, 1), hatch_above=("too high", 1), marks=marks)
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["not finite", "too high", "chosen"]
    assert [axes.get_title() for axes in figure.axes[:-1]] == list(maps)
    assert figure.axes[-1].get_ylabel() == "loss"
    assert not plot.heat_maps({"": ("b", VALUES[:, :4])}, X[:4], Y, "a", "loss", (0.01, 1)).legends


def test_same_data_same_svg_with_everything_in_it():
    first, second = draw().svg(), draw().svg()
    assert first == second
    assert set(re.findall(r'href="(.)', first)) <= {"#", "d"}  # a part of itself, or data
    assert not re.search(r"20\d\d-\d\d", first)


def test_four_large_maps_weigh_little():
    settings = np.logspace(-4.5, 0, 64)
    noise = np.random.RandomState(0).lognormal(size=(64, 64))
    maps = {str(i): ("b", np.where(settings > 0.5, np.inf, np.sort(noise, axis=1))) for i in range(4)}
    svg = plot.heat_maps(maps, settings, settings, "a", "loss", (0.1, 10), hatch_above=("high", 2)).svg()
    assert len(svg) < 150_000
    assert all(image.shape[:2] == (64, 64) for image in images(svg)[:4])


def test_marks_and_hatches_show_on_every_colour():
    shades = [tuple(SHADES(i)[:3]) for i in range(256)]
    for shade in shades:
        assert max(contrast(MARK_LIGHT, shade), contrast(MARK_DARK, shade)) >= 3  # WCAG 2.2, 1.4.11
    assert contrast(plot.GREY, shades[-1]) >= 3  # cells above a bound that is the top of the scale
    assert np.all(np.diff([luminance(to_rgb(shade)) for shade in shades]) > 0)  # survives greyscale


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"maps": {}}, "maps has 0 entries"),
        ({"maps": {"one": ("b", VALUES[:2])}}, r"map 'one' has the shape \(2, 5\); y and x need \(3, 5\)"),
        ({"x": [1, 2, 3, 4, 5]}, "x is .*; it needs two or more positive numbers that grow by one factor"),
        ({"y": [0, 1, 2]}, "y is .*; it needs two or more"),
        ({"y": Y[::-1]}, "y is .*; it needs two or more"),
        ({"x": [1]}, "x is .*; it needs two or more"),
        ({"limits": (1, 0.1)}, r"limits are \(1, 0.1\); they are a smaller and a larger positive number"),
        ({"marks": {"best": {"two": (1, 1)}}}, "marks name the map 'two'; there are one"),
        ({"lines": {str(i): {} for i in range(5)}}, "lines has 5 entries"),
    ],
)
def test_wrong_input(changed, message):
    given = {"maps": {"one": ("b", VALUES)}, "x": X, "y": Y, "x_label": "a", "value_label": "loss", "limits": (0.1, 1)}
    with pytest.raises(ValueError, match=message):
        plot.heat_maps(**{**given, **changed})
