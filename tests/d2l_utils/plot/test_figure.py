"""Pictures say in words what they show, and their colours can be told apart."""

import itertools
import re

from d2l_utils import plot
from d2l_utils.colours import OPTIMIZERS
from d2l_utils.plot.figure import colours
from eyes import BLINDNESS, DARK, WHITE, contrast

import numpy as np
import pytest
from matplotlib.colors import to_rgb


@pytest.mark.parametrize("paper", [WHITE, DARK])
@pytest.mark.parametrize("colour", [*plot.COLOURS, plot.GREY])
def test_graphics_stand_out_from_either_page(colour, paper):
    assert contrast(colour, paper) >= 3  # WCAG 2.2, 1.4.11


def distance(a, b, kind):
    seen = [np.array(BLINDNESS[kind]) @ np.array(to_rgb(colour)) ** 2.2 for colour in (a, b)]
    return np.abs(np.clip(seen[0], 0, 1) ** 0.45 - np.clip(seen[1], 0, 1) ** 0.45).max()


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(plot.COLOURS, 2)))
def test_colours_are_apart_for_every_eye(a, b, kind):
    assert distance(a, b, kind) > 0.1


def test_an_optimizer_keeps_its_colour():
    assert colours(["Adagrad", "RMSProp"]) == [plot.COLOURS[2], plot.COLOURS[0]]
    assert colours(["a", "RMSProp", "b"]) == [plot.COLOURS[1], plot.COLOURS[0], plot.COLOURS[2]]
    assert colours(["SGD", "gradient descent"]) == [plot.COLOURS[3], plot.COLOURS[0]]
    assert colours(["momentum", "Adam", "b"]) == [OPTIMIZERS["momentum"], plot.COLOURS[1], plot.COLOURS[0]]


@pytest.mark.parametrize("colour", sorted(set(OPTIMIZERS.values())))
@pytest.mark.parametrize("paper", [WHITE, DARK])
def test_an_optimizers_colour_stands_out_from_either_page(colour, paper):
    assert contrast(colour, paper) >= 3


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(sorted(set(OPTIMIZERS.values())), 2)))
def test_optimizers_colours_are_apart_for_every_eye(a, b, kind):
    assert distance(a, b, kind) > 0.06  # line styles and markers tell them apart as well


def test_line_styles_survive_greyscale():
    assert len(set(plot.LINES)) == len(set(plot.MARKERS)) == len(plot.COLOURS)


def test_same_data_same_svg():
    texts = [plot.curves({"a": ([0, 1], [1, 2]), "b": ([0, 1], [2, 1])}, "x", "y").svg() for _ in range(2)]
    assert texts[0] == texts[1]
    assert texts[0].startswith("<svg")
    assert not re.search(r"20\d\d-\d\d", texts[0])  # no date


def test_a_figure_shows_itself_with_its_words(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: shown.append((args, kwargs)))
    figure = plot.curves({"a": ([0, 1], [1, 2])}, "x", "y")
    figure._ipython_display_()
    ((bundle,), kwargs) = shown[0]
    assert bundle["text/plain"] == kwargs["metadata"]["image/svg+xml"]["alt"] == figure.alt
    assert bundle["image/svg+xml"] == figure.svg()


def columns(names):
    """How many columns the legend of these curves and a level has, and whether it lies within the figure."""
    series = {name: ([0, 1], [1, 2]) for name in names}
    figure = plot.curves(series, "x", "y", level=("lower bound", 0))
    figure.svg()
    ends = figure.legends[0].get_window_extent()
    return figure.legends[0]._ncols, ends.x0 >= 0 and ends.x1 <= figure.bbox.width


@pytest.mark.parametrize(
    ("names", "number"),
    [
        (["a", "b", "c"], 4),
        (["gradient descent", "momentum", "Nesterov"], 2),
        (["a rule whose name takes half of the width", "b"], 2),
        (["a rule whose name takes much more than half of the width", "b"], 1),
    ],
)
def test_long_names_stand_in_fewer_columns(names, number):
    assert columns(names) == (number, True)
