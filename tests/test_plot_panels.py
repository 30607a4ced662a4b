"""Panels, images and confusion matrices: all that was given is drawn, nothing is told by colour alone."""

import base64
import io
import re

from d2l_utils import plot
from d2l_utils.plot_panels import DARK, LIGHT, SHADES

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image
from test_plot import contrast

STEPS = list(range(1, 13))
COUNTS = np.array([[90, 0, 7], [1, 80, 40], [0, 3, 99]])


def eight(kinds=("living", "dead")):
    draw = np.random.RandomState(0)
    lines = {name: {kind: [(STEPS, draw.rand(12)) for _ in range(3)] for kind in kinds} for name in "abcdefgh"}
    return {**lines, "h": {kinds[0]: [([1, 2], [0.25, 0.125])]}}


def test_panels_draw_every_run_under_its_name():
    runs = eight()
    figure = plot.panels(runs, "step", "loss", log=True, limits=(0.1, 1))
    assert [axes.get_title() for axes in figure.axes] == list(runs)
    for axes, by_kind in zip(figure.axes, runs.values()):
        drawn = [line.get_xydata().T.tolist() for line in axes.lines]
        assert drawn == [[list(x), list(y)] for lines in by_kind.values() for x, y in lines]
        assert (axes.get_yscale(), axes.get_ylim()) == ("log", (0.1, 1))
    assert (figure.get_supxlabel(), figure.get_supylabel()) == ("step", "loss")


def test_kinds_differ_in_colour_and_in_line_and_stand_in_the_legend_once():
    figure = plot.panels(eight(), "step", "loss")
    looks = {(line.get_color(), line.get_linestyle()) for axes in figure.axes for line in axes.lines}
    assert looks == set(zip(plot.COLOURS[:2], plot.LINES[:2]))
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["living", "dead"]
    assert not plot.panels(eight(["run"]), "step", "loss").legends


def test_panels_tell_how_many_runs_start_and_end_where():
    runs = {"a": {"dead": [([1, 2], [4.0, 2.0]), ([1, 2], [4.0, 3.0])], "living": [([1], [0.5])]}}
    assert plot.panels(runs, "step", "loss").alt == (
        "loss against step, a line for each run. a: 2 dead, from 4 to 2 ... 3; 1 living, from 0.5 to 0.5."
    )


def test_same_data_same_svg_of_little_weight():
    first, second = (plot.panels(eight(), "step", "loss", log=True).svg() for _ in range(2))
    assert first == second
    assert len(first) < 150_000


def test_images_are_drawn_pixel_by_pixel_with_their_captions():
    pictures = np.random.RandomState(0).rand(10, 6, 5)
    figure = plot.images(pictures, [str(i) for i in range(10)])
    codes = re.findall(r'<image xlink:href="data:image/png;base64,\s([^"]*)"', figure.svg())
    drawn = [np.asarray(Image.open(io.BytesIO(base64.b64decode(code))).convert("L")) for code in codes]
    assert [image.shape for image in drawn] == [(6, 5)] * 10
    for image, picture in zip(drawn, pictures):
        # The colour map is not quite linear, and the SVG may hold its rows upside down.
        assert (
            max(np.corrcoef(rows.ravel(), picture.ravel())[0, 1] for rows in (-1.0 * image, -1.0 * image[::-1])) > 0.98
        )
    assert [axes.get_title() for axes in figure.axes] == [str(i) for i in range(10)]
    assert figure.alt == "10 pictures of 6 × 5 pixels, by their captions: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9."


def test_confusion_writes_every_number_where_it_belongs():
    axes = plot.confusion(COUNTS).axes[0]
    written = {
        tuple(map(int, text.get_position()[::-1])): int(text.get_text()) for text in axes.texts
    }  # cell 0: 0 to 1
    assert axes.yaxis_inverted()
    assert written == {place: count for place, count in np.ndenumerate(COUNTS) if count}
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("answer", "true class")


def test_confusion_shades_the_mistakes_and_only_them():
    (shades,) = plot.confusion(COUNTS).axes[0].collections
    shaded = shades.get_array()[..., 3] > 0
    np.testing.assert_array_equal(shaded, (COUNTS > 0) & ~np.eye(3, dtype=bool))


def test_confusion_tells_the_worst_mistakes():
    assert plot.confusion(COUNTS).alt == (
        "True class in rows, answer in columns. 269 of 320 right. "
        "Most frequent mistakes: 1 taken for 2 (40 times), 0 taken for 2 (7 times), 2 taken for 1 (3 times)."
    )
    assert plot.confusion(np.diag([3, 4])).alt.endswith("7 of 7 right. Most frequent mistakes: none.")


def test_numbers_can_be_read_on_every_shade():
    counts = np.full((12, 12), 5)
    counts[np.triu_indices(12, 1)] = np.geomspace(1, 500, 66)
    axes = plot.confusion(counts).axes[0]
    (shades,) = axes.collections
    for text in axes.texts:
        column, row = map(int, text.get_position())
        if row != column:
            assert contrast(text.get_color(), tuple(shades.get_array()[row, column][:3])) >= 4.5  # WCAG 2.2, 1.4.3
    assert all(max(contrast(c, SHADES(i)[:3]) for c in (to_rgb(LIGHT), to_rgb(DARK))) >= 4.5 for i in range(256))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot.panels({}, "x", "y"), "runs has 0 entries"),
        (lambda: plot.panels({"a": {str(i): [([0], [0])] for i in range(5)}}, "x", "y"), "runs has 5 entries"),
        (lambda: plot.panels({"a": {"b": [([0, 1], [0])]}}, "x", "y"), "panel 'a' has a run of 2 x and 1 y"),
        (lambda: plot.images([], []), "captions has 0 entries for 0 pictures"),
        (lambda: plot.images(np.zeros((2, 4, 4)), ["one"]), "captions has 1 entries for 2 pictures"),
        (lambda: plot.confusion([[1, 2]]), r"counts has the shape \(1, 2\)"),
        (lambda: plot.confusion([[1]]), r"counts has the shape \(1, 1\)"),
    ],
)
def test_wrong_input(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
