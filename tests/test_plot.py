"""Pictures say in words what they show, and their colours can be told apart."""

import itertools
import re

from colours import contrast
from d2l_utils import plot
from d2l_utils.figure import colours
from d2l_utils.playground.surfaces import FACTS
from d2l_utils.train.history import History

import numpy as np
import pytest
from matplotlib.colors import to_rgb

WHITE, DARK = "#ffffff", "#15181b"  # paper by day and by night: book/template/book.css


# How people without red, green or blue receptors see linear RGB (Viénot, Brettel and Mollon, 1999).
BLINDNESS = {
    "protan": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deutan": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
    "full": np.eye(3),
}


@pytest.mark.parametrize("paper", [WHITE, DARK])
@pytest.mark.parametrize("colour", [*plot.COLOURS, plot.GREY])
def test_graphics_stand_out_from_either_page(colour, paper):
    assert contrast(colour, paper) >= 3  # WCAG 2.2, 1.4.11


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize(("a", "b"), list(itertools.combinations(plot.COLOURS, 2)))
def test_colours_are_apart_for_every_eye(a, b, kind):
    seen = [np.array(BLINDNESS[kind]) @ np.array(to_rgb(colour)) ** 2.2 for colour in (a, b)]
    assert np.abs(np.clip(seen[0], 0, 1) ** 0.45 - np.clip(seen[1], 0, 1) ** 0.45).max() > 0.1


def test_an_optimizer_keeps_its_colour():
    assert colours(["Adagrad", "RMSProp"]) == [plot.COLOURS[2], plot.COLOURS[0]]
    assert colours(["a", "RMSProp", "b"]) == [plot.COLOURS[1], plot.COLOURS[0], plot.COLOURS[2]]
    assert colours(["SGD", "gradient descent"]) == [plot.COLOURS[3], plot.COLOURS[0]]
    rules = {facts["title"]: facts["colour"] for facts in FACTS["rules"].values()}
    assert all(rules[name] == colours([name])[0] for name in ("RMSProp", "Adam", "Adagrad"))
    assert rules[FACTS["rules"]["sgd"]["title"]] == colours(["gradient descent"])[0]


def test_line_styles_survive_greyscale():
    assert len(set(plot.LINES)) == len(set(plot.MARKERS)) == len(plot.COLOURS)


def test_trajectory_tells_start_end_and_crossings():
    alt = plot.trajectories(lambda a, b: a**2 + b**2, {"GD": [(-2, 1), (-1, -1), (0.5, 0.25)]}).alt
    assert "GD: starts at (-2, 1), ends at (0.5, 0.25) after 2 steps; x1 crosses zero 1 times, x2 2 times." in alt


def test_curves_tell_start_end_and_extremes():
    alt = plot.curves({"a": ([0, 1, 2], [1.0, 0.5, 0.75])}, "step", "loss", level=("optimum", 0.4)).alt
    assert alt == ("loss against step. a: starts at 1, ends at 0.75 (step = 2), lowest 0.5 at step = 1. optimum: 0.4.")


def test_several_runs_become_a_median_in_a_band():
    runs = [History("r", [0, 1], [0.0, 1.0], [1.0, y]) for y in (0.1, 0.2, 0.9)]
    figure = plot.losses({"r": runs})
    axes = figure.axes[0]
    np.testing.assert_array_equal(axes.lines[0].get_ydata(), [1.0, 0.2])
    (band,) = axes.collections[0].get_paths()
    assert {0.1, 0.9, 1.0} == set(band.vertices[:, 1])
    assert "r (median of 3 runs): starts at 1, ends at 0.2" in figure.alt


def test_a_run_that_diverged_leaves_a_gap():
    runs = [History("r", [0, 1], [0.0, 1.0], [1.0, 0.5]), History("r", [0], [0.0], [1.0])]
    assert "starts at 1, ends at nan" in plot.losses({"r": runs}, optimum=0.0).alt


def test_gaps_are_drawn_as_gaps():
    alt = plot.curves({"a": ([0, 1, 2, 3], [3.0, np.nan, 1.0, 2.0])}, "step", "loss").alt
    assert "starts at 3, ends at 2 (step = 3), lowest 1 at step = 2" in alt


def test_axes_are_labelled():
    axes = plot.curves({"a": ([0, 1], [1, 2])}, "seconds / s", "loss", log=True).axes[0]
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_yscale()) == ("seconds / s", "loss", "log")


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


@pytest.mark.parametrize("series", [{}, {str(i): ([0], [0]) for i in range(5)}])
def test_too_few_or_too_many_series(series):
    with pytest.raises(ValueError, match=f"series has {len(series)} entries; a readable picture has 1 to 4"):
        plot.curves(series, "x", "y")
    with pytest.raises(ValueError, match="paths has"):
        plot.trajectories(lambda a, b: a + b, series)


def test_series_of_unequal_length():
    with pytest.raises(ValueError, match="series 'a' has 2 x and 3 y; it needs one y for each x"):
        plot.curves({"a": ([0, 1], [0, 1, 2])}, "x", "y")


def test_gallery_has_a_panel_for_each_path_and_describes_it():
    paths = {f"rule {i}": [(-5, -2), (i, 0)] for i in range(6)}
    figure = plot.gallery(lambda a, b: a * a + b * b, paths)
    assert [axes.get_title() for axes in figure.axes] == list(paths)
    assert all(f"{name}: starts at (-5, -2), ends at ({i}, 0)" in figure.alt for i, name in enumerate(paths))
    with pytest.raises(ValueError, match="paths is empty"):
        plot.gallery(lambda a, b: a, {})
