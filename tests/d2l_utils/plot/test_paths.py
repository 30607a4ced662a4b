"""Paths over contours: words for where each starts, ends and crosses the axes."""

from d2l_utils import plot

import pytest


def test_trajectory_tells_start_end_and_crossings():
    alt = plot.trajectories(lambda a, b: a**2 + b**2, {"GD": [(-2, 1), (-1, -1), (0.5, 0.25)]}).alt
    assert "GD: starts at (-2, 1), ends at (0.5, 0.25) after 2 steps; x1 crosses zero 1 times, x2 2 times." in alt


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
