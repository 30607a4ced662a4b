"""Panels: every run that was given is drawn, kinds are told apart by more than colour."""

from d2l_utils import plot

import numpy as np
import pytest

STEPS = list(range(1, 13))


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


def test_a_single_point_is_a_cross_and_steps_may_be_logarithmic():
    runs = {"a": {"run": [([1, 1000], [4.0, 2.0])], "published": [([100], [3.0])]}}
    (axes,) = plot.panels(runs, "step", "loss", log_x=True).axes
    assert axes.get_xscale() == "log"
    assert [line.get_marker() for line in axes.lines] == ["None", "X"]


def test_panels_tell_how_many_runs_start_and_end_where():
    runs = {"a": {"dead": [([1, 2], [4.0, 2.0]), ([1, 2], [4.0, 3.0])], "living": [([1], [0.5])]}}
    assert plot.panels(runs, "step", "loss").alt == (
        "loss against step, a line for each run. a: 2 dead, from 4 to 2 ... 3; 1 living, at 0.5."
    )


def test_same_data_same_svg_of_little_weight():
    first, second = (plot.panels(eight(), "step", "loss", log=True).svg() for _ in range(2))
    assert first == second
    assert len(first) < 150_000


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plot.panels({}, "x", "y"), "runs has 0 entries"),
        (lambda: plot.panels({"a": {str(i): [([0], [0])] for i in range(5)}}, "x", "y"), "runs has 5 entries"),
        (lambda: plot.panels({"a": {"b": [([0, 1], [0])]}}, "x", "y"), "panel 'a' has a run of 2 x and 1 y"),
        (lambda: plot.panels({"a": {"b": [([], [])]}}, "x", "y"), "panel 'a' has a run of 0 x and 0 y"),
        (
            lambda: plot.panels({"a": {"b": [([0], [1e308])]}}, "x", "y"),
            r"panel 'a' has a run of 1e\+308; an axis can",
        ),
        (lambda: plot.panels({"a": {"b": []}}, "x", "y"), r"runs has y = \[\]; it needs one finite number"),
        (lambda: plot.panels({"a": {"b": [([0], [np.nan])]}}, "x", "y"), r"runs has y = \[nan\]"),
        (lambda: plot.panels({"a": {"b": [([0], [-1])]}}, "x", "y", log=True), "needs one positive, finite number"),
    ],
)
def test_wrong_input(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


def test_runs_that_diverged_at_once_stand_beside_others():
    runs = {"a": {"dead": [([1, 2], [np.nan, np.nan]), ([1], [3.0])], "living": []}, "b": {"dead": [([1], [np.nan])]}}
    figure = plot.panels(runs, "step", "loss", log=True)
    assert figure.svg()
    assert figure.alt.endswith("a: 2 dead, from 3 to 3. b: 1 dead, at nan.")
