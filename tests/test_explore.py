"""What plot.explore publishes and refuses, and the table that Python and the script share; no browser is needed."""

import json
import re
from xml.etree import ElementTree

import chapter_rules
from d2l_utils import plot, train
from d2l_utils.surfaces import PLAYGROUND, SURFACES
from eyes import BLINDNESS, contrast

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from test_playground import DIVERGING, RULES, by_python, path_of

PAPERS = "#fdfdfb", "#15181b"  # book/template/book.css


@pytest.mark.parametrize("rule", RULES)
def test_rules_are_told_apart(rule):
    assert all(contrast(RULES[rule]["colour"], paper) >= 3 for paper in PAPERS)  # WCAG 2.2, 1.4.11
    for other in set(RULES) - {rule}:
        assert RULES[rule]["dash"] != RULES[other]["dash"]
        assert RULES[rule]["marker"] != RULES[other]["marker"]
        for sight in BLINDNESS.values():
            seen = [
                np.clip(np.array(sight) @ np.array(to_rgb(RULES[r]["colour"])) ** 2.2, 0, 1) ** 0.45
                for r in (rule, other)
            ]
            assert np.abs(seen[0] - seen[1]).max() > 0.1


@pytest.mark.parametrize("rule", RULES)
def test_knobs_are_those_of_the_chapters(rule):
    hyperparams = path_of(rule).hyperparams
    assert list(RULES[rule]["knobs"]) == list(hyperparams)


def test_scripts_are_small_and_ask_for_nothing():
    for path in PLAYGROUND.iterdir():
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 250
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|\bfetch\(|\bimport\b|\btry\b", text), path.name


def test_a_path_that_stays_at_the_minimum():
    path = descend(chapter_rules.sgd, start=(0, 0), num_steps=3)
    alt = plot.explore("ravine", path).alt
    assert "ends at (0, 0) after 3 steps" in alt
    assert f"Beside them the loss. {RULES[path.rule]['title']}: starts at" in alt


def shown(play, monkeypatch):
    calls = []
    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: calls.append((args, kwargs)))
    play._ipython_display_()
    ((bundle,), kwargs) = calls[0]
    return bundle, kwargs["metadata"]


def test_it_publishes_what_a_notebook_and_the_book_need(monkeypatch):
    play = plot.explore("ravine", *map(path_of, RULES))
    bundle, metadata = shown(play, monkeypatch)
    assert list(bundle) == ["text/html", "image/svg+xml", "text/plain"]
    assert metadata["image/svg+xml"]["alt"] == bundle["text/plain"] == play.alt
    assert metadata["playground"] == json.loads(json.dumps(play.setting))
    assert len(bundle["image/svg+xml"]) < 60_000
    ElementTree.fromstring(bundle["image/svg+xml"])  # well-formed
    assert '<img alt="Contours' in bundle["text/html"]
    assert bundle["text/html"].count("<script>") == bundle["text/html"].count("</script>") == 1
    assert play.setting["runs"] == {rule: facts["knobs"] for rule, facts in RULES.items()}
    assert (play.setting["active"], play.setting["step"], play.setting["num_steps"]) == ("sgd", 20, 20)


def test_the_still_figure_tells_of_divergence():
    path = by_python(DIVERGING)
    assert f"gradient descent is not finite after step {path.diverged_at}." in plot.explore("rosenbrock", path).alt


def other_rule(x, g, state=(), lr=0.1):
    return x - lr * g, state


def sgd(x, g, state=(), lr=0.1, power=1.0):
    return x - lr * g**power, state


def descend(rule, surface="ravine", start=(-5, -2), num_steps=20, **knobs):
    its = SURFACES[surface]
    return train.descend(rule, its.f, its.slope(), start, num_steps, **knobs)


@pytest.mark.parametrize(
    ("surface", "paths", "message"),
    [
        ("moon", [], "surface is 'moon'; it must be one of ravine"),
        ("ravine", [], "paths is empty"),
        ("ravine", [descend(other_rule)], "made by the rule 'other_rule'; explore knows sgd"),
        ("ravine", [descend(sgd)], "sgd was run with 'power'; explore knows its lr"),
        ("ravine", [path_of(), path_of(lr=0.1)], "paths has 'rmsprop' 2 times"),
        ("ravine", [path_of(gamma=1.5, lr=0.1)], "rmsprop was run with gamma=1.5; explore takes a number from 0 to 1"),
        ("ravine", [path_of(), descend(chapter_rules.sgd, start=(-4, 2))], "paths start apart, rmsprop at"),
        ("ravine", [path_of(), descend(chapter_rules.sgd, num_steps=5)], "sgd has 5 steps, another 20"),
        ("ravine", [descend(chapter_rules.sgd, num_steps=501)], "paths have 501 steps; explore shows at most 500"),
        ("ravine", [descend(chapter_rules.sgd, start=(-9, 0))], "paths start at x1 = -9.0; the picture of 'ravine'"),
        ("saddle", [path_of()], "the losses of rmsprop are not those of 'saddle'"),
        ("noisy", [path_of(surface="noisy", seed=1)], "gradients of rmsprop are not those of 'noisy', seed 0"),
    ],
)
def test_what_cannot_be_shown_is_refused(surface, paths, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        plot.explore(surface, *paths)


@pytest.mark.parametrize(("wrong", "message"), [({"step": 21}, "step is 21"), ({"seed": -1}, "seed is -1")])
def test_bad_numbers_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        plot.explore("ravine", path_of(), **wrong)
