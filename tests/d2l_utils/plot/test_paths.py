"""Paths over contours: words for where each starts, ends and crosses the axes."""

from d2l_utils import plot
from d2l_utils.colours import GREY, OPTIMIZERS

import numpy as np
import pytest


def test_trajectory_tells_start_end_and_crossings():
    alt = plot.trajectories(lambda a, b: a**2 + b**2, {"GD": [(-2, 1), (-1, -1), (0.5, 0.25)]}).alt
    assert "GD: starts at (-2, 1), ends at (0.5, 0.25) after 2 steps; x1 crosses zero once, x2 twice." in alt


def test_gallery_has_a_panel_for_each_path_and_describes_it():
    paths = {f"rule {i}": [(-5, -2), (i, 0)] for i in range(6)}
    figure = plot.gallery(lambda a, b: a * a + b * b, paths)
    assert [axes.get_title() for axes in figure.axes] == list(paths)
    assert all(f"{name}: starts at (-5, -2), ends at ({i}, 0)" in figure.alt for i, name in enumerate(paths))
    with pytest.raises(ValueError, match="paths is empty"):
        plot.gallery(lambda a, b: a, {})


def test_no_path_or_too_many():
    with pytest.raises(ValueError, match="paths has 0 entries"):
        plot.trajectories(lambda a, b: a + b, {})
    with pytest.raises(ValueError, match="paths has 5 entries"):
        plot.trajectories(lambda a, b: a + b, {str(i): [(0, 0)] for i in range(5)})


@pytest.mark.parametrize("draw", [plot.trajectories, plot.gallery])
def test_a_path_that_left_for_infinity_is_drawn_as_far_as_it_goes(draw):
    figure = draw(lambda a, b: a**2 + b**2, {"GD": [(-1, 2), (3, -4), (np.inf, np.nan)]})
    assert figure.svg()
    assert "starts at (-1, 2), ends at (inf, nan) after 2 steps; x1 crosses zero once, x2 once." in figure.alt


@pytest.mark.parametrize("draw", [plot.trajectories, plot.gallery])
@pytest.mark.parametrize(
    ("path", "message"),
    [
        ([], r"path 'GD' has the shape \(0,\); it needs \(num_points, 2\)"),
        ([1, 2], r"path 'GD' has the shape \(2,\)"),
        (np.zeros((0, 2)), "path 'GD' has 0 x and 0 y"),
        ([(np.nan, np.nan)], r"path 'GD' has \[nan nan\]; it needs one finite number at least"),
        ([(0, 0), (1, 1e308)], r"path 'GD' has 1e\+308; an axis can show numbers up to 1e\+200"),
    ],
)
def test_what_is_no_path_is_refused_by_name(draw, path, message):
    with pytest.raises(ValueError, match=message):
        draw(lambda a, b: a**2 + b**2, {"GD": path})


@pytest.mark.parametrize(
    ("f", "place"),
    [
        (lambda a, b: 0.1 * a**2 + 2 * b**2, (0, 0)),
        (lambda a, b: (a + 2) ** 2 + 5 * (b + 1.25) ** 2 + (a + 2) * (b + 1.25), (-2, -1.25)),
        (lambda a, b: np.log1p((1 - a) ** 2 + 100 * (b - a**2) ** 2), (1, 1)),
    ],
)
def test_the_minimum_is_marked_where_it_is(f, place):
    for draw in (plot.trajectories, plot.gallery):
        picture = draw(f, {"GD": [(-4, -2), (-3, 0)]}, x1=(-4.2, 1.5), x2=(-2.5, 2.1))
        (mark,) = [line for line in picture.axes[0].lines if line.get_marker() == "+"]
        np.testing.assert_allclose(mark.get_xydata()[0], place, atol=0.02)  # a bent valley misleads a grid a little
        assert picture.axes[0].get_aspect() == 1
        assert "is marked." in picture.alt


def test_a_flat_valley_has_no_mark():
    picture = plot.trajectories(lambda a, b: a**2, {"GD": [(-4, -2), (-3, 0)]}, minimum=False)
    assert not [line for line in picture.axes[0].lines if line.get_marker() == "+"]
    assert "marked" not in picture.alt


def test_an_optimizer_has_its_colour_in_a_gallery():
    picture = plot.gallery(lambda a, b: a * a + b * b, {"Adam": [(-1, 2), (0.5, 1)], "other": [(-1, 2), (0.5, 1)]})
    drawn = [axes.lines[0].get_color() for axes in picture.axes]
    assert drawn == [OPTIMIZERS["Adam"], GREY]  # no other optimizer's
