"""Images and confusion matrices: every pixel and every number in its place, nothing told by colour alone."""

import base64
import io
import re

from d2l_utils import plot
from d2l_utils.plot.figure import DARK, LIGHT, SHADES
from eyes import contrast

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

COUNTS = np.array([[90, 0, 7], [1, 80, 40], [0, 3, 99]])


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
    opaque = shades.get_array()[..., 3]
    np.testing.assert_array_equal(opaque == 1, (COUNTS > 0) & ~np.eye(3, dtype=bool))
    np.testing.assert_allclose(opaque[np.eye(3, dtype=bool)], 0.3)  # what is right is grey, so that white means never


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
        (lambda: plot.images([], []), "captions has 0 entries for 0 pictures"),
        (lambda: plot.images(np.zeros((2, 4, 4)), ["one"]), "captions has 1 entries for 2 pictures"),
        (lambda: plot.confusion([[1, 2]]), r"counts has the shape \(1, 2\)"),
        (lambda: plot.confusion([[1]]), r"counts has the shape \(1, 1\)"),
    ],
)
def test_wrong_input(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
