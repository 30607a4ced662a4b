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


NAN, LARGE = float("nan"), 1e308


@pytest.mark.parametrize(
    ("x", "y", "log", "message"),
    [
        ([], [], False, "series 'a' has 0 x and 0 y; it needs one y for each x, and one at least"),
        ([], [[], []], False, "series 'a' has 0 x and 0 y"),
        ([0, 1], np.zeros((0, 2)), False, "series 'a' has 2 x and 0 y"),
        (1, 2, False, "series 'a' has 1 x and 0 y"),
        ([0, 1], [NAN, NAN], False, r"series 'a' has \[nan nan\]; it needs one finite number at least"),
        ([0, 1], [[NAN, 1.0], [1.0, NAN]], False, r"series 'a' has \[nan nan\]"),
        ([0, 1], [0.0, -1.0], True, r"series 'a' has \[ 0. -1.\]; it needs one positive, finite number at least"),
        ([0, 1], [1.0, LARGE], False, r"series 'a' has 1e\+308; an axis can show numbers up to 1e\+200"),
        ([0, 1], [1.0, -LARGE], True, r"series 'a' has -1e\+308"),
        ([0, LARGE], [1.0, 2.0], False, r"series 'a' has 1e\+308"),
    ],
)
def test_what_no_axis_can_show_is_refused_by_name(x, y, log, message):
    with pytest.raises(ValueError, match=message):
        plot.curves({"a": (x, y)}, "x", "y", log=log)


@pytest.mark.parametrize("y", [[1.0, 1e200], [-1e200, 1e200], [5e-324, 1e200], [NAN, 1.0], [1.0, np.inf]])
@pytest.mark.parametrize("log", [False, True])
def test_what_an_axis_can_show_is_drawn_without_a_warning(y, log):
    assert plot.curves({"a": ([0, 1], y)}, "x", "y", log=log).svg()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"points": ([0, 1], [1])}, "points has 2 x and 1 y"),
        ({"points": ([0], [LARGE])}, r"points has 1e\+308"),
        ({"level": ("best", NAN)}, r"level has \[nan\]"),
        ({"level": ("best", LARGE)}, r"level has 1e\+308"),
    ],
)
def test_points_and_level_are_looked_at_too(given, message):
    with pytest.raises(ValueError, match=message):
        plot.curves({"a": ([0, 1], [1, 2])}, "x", "y", **given)


@pytest.mark.parametrize(
    ("runs", "message"),
    [
        ([], r"histories has \[\] for 'r'; it needs a list with a History for each seed"),
        (History("r", [0], [0.0], [1.0]), r"histories has History\(.* for 'r'; it needs a list"),
        ([History("r")], "series 'r' has 0 x and 0 y"),
        ([History("r", [0], [0.0], [NAN])], r"series 'r' has \[nan\]"),
        ([History("r", [0, 1], [0.0, 1.0], [1.0, LARGE])], r"series 'r' has 1e\+308"),
    ],
)
def test_histories_of_nothing(runs, message):
    with pytest.raises(ValueError, match=message):
        plot.losses({"r": runs})
