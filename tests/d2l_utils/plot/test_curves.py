"""Curves: every run within its band, words for where each starts and ends."""

from d2l_utils import plot
from d2l_utils.train.history import History

import numpy as np
import pytest


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


@pytest.mark.parametrize("series", [{}, {str(i): ([0], [0]) for i in range(5)}])
def test_too_few_or_too_many_series(series):
    with pytest.raises(ValueError, match=f"series has {len(series)} entries; a readable picture has 1 to 4"):
        plot.curves(series, "x", "y")


def test_series_of_unequal_length():
    with pytest.raises(ValueError, match="series 'a' has 2 x and 3 y; it needs one y for each x"):
        plot.curves({"a": ([0, 1], [0, 1, 2])}, "x", "y")
