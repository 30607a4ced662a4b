"""What plot.explore publishes and refuses, and the table that Python and the script share; no browser is needed."""

import json
import re
from xml.etree import ElementTree

import chapter_rules
from d2l_utils import playground, plot, train
from d2l_utils.playground import SURFACES, bundle
from d2l_utils.playground.facts import FACTS
from d2l_utils.train.history import DivergenceWarning
from eyes import BLINDNESS, contrast
from instrument import RULES, known

import numpy as np
import pytest
from matplotlib.colors import to_rgb

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
    runs = plot.explore("ravine", getattr(chapter_rules, rule)).setting["runs"]
    assert list(RULES[rule]["knobs"]) == list(runs[rule])


def test_scripts_are_small_and_ask_for_nothing():
    for path in bundle.FOLDER.glob("element/*.js"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 150, path.name
    asks = r"https?://(?!www\.w3\.org/2000/svg)|\bfetch\(|^\s*import\b|\bimport\("
    script = re.sub(r"/\*!.*?\*/", "", playground.script(), flags=re.DOTALL)  # a licence may name its home
    assert not re.search(asks, script, flags=re.MULTILINE)
    assert not re.search(r"\beval\b|\bFunction\b", script)  # which the pages' policy forbids


def test_every_module_is_part_of_the_script():
    script = playground.script()
    for path in bundle.FOLDER.glob("element/*.js"):
        assert script.count(f"const {path.stem}Module = ") == 1


def test_a_path_that_stays_at_the_minimum():
    alt = plot.explore("ravine", known("sgd"), start=(0, 0), num_steps=3).alt
    assert "ends at (0, 0) after 3 steps" in alt
    assert f"Beside them the loss. {RULES['sgd']['title']}: starts at" in alt


def test_the_paths_are_those_of_descend():
    """On the surface with noise, where each number of a setting counts."""
    play = plot.explore("noisy", chapter_rules.rmsprop, known("sgd"), start=(-4, 1), num_steps=7, seed=3)
    for path, (rule, knobs) in zip(play.paths, ((chapter_rules.rmsprop, {}), known("sgd"))):
        its = SURFACES["noisy"]
        alone = train.descend(rule, its.f, its.slope(3), (-4, 1), 7, **knobs)
        assert path.points.shape == (8, 2)
        np.testing.assert_array_equal(path.points, alone.points)
        assert path.hyperparams == alone.hyperparams


def test_what_is_not_given_is_the_surface_s_own():
    setting = plot.explore("saddle", known("adam")).setting
    facts = FACTS["surfaces"]["saddle"]
    assert setting["start"] == facts["start"]
    assert setting["num_steps"] == setting["step"] == facts["num_steps"]


def shown(play, monkeypatch):
    calls = []
    monkeypatch.setattr("IPython.display.display", lambda *args, **kwargs: calls.append((args, kwargs)))
    play._ipython_display_()
    ((bundle,), kwargs) = calls[0]
    return bundle, kwargs["metadata"]


def test_it_publishes_what_a_notebook_and_the_book_need(monkeypatch):
    play = plot.explore("ravine", *map(known, RULES))
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
    with pytest.warns(DivergenceWarning, match="not finite after step") as caught:
        alt = plot.explore("rosenbrock", known("sgd", lr=0.1), num_steps=20).alt
    step = re.search(r"after step \d+", str(caught[0].message))[0]
    assert f"gradient descent is not finite {step}." in alt


def other_rule(x, g, state=(), lr=0.1):
    return x - lr * g, state


def sgd(x, g, state=(), lr=0.1, power=1.0):
    return x - lr * g**power, state


@pytest.mark.parametrize(
    ("surface", "runs", "message"),
    [
        ("moon", [known("sgd")], "surface is 'moon'; it must be one of ravine"),
        ("ravine", [], "runs is empty; explore needs at least one rule"),
        ("ravine", [max], "a run has the rule 'max'; explore knows sgd"),
        ("ravine", [lambda x, g: (x, ())], "and rules of your own that begin with x, g, state=(0,)"),
        (
            "ravine",
            [known("sgd"), other_rule, (other_rule, {"lr": 1})],
            "runs has 2 rules of your own",
        ),
        ("ravine", [sgd], "sgd is run with 'power'; explore knows its lr"),
        ("ravine", [known("sgd", mu=0.1)], "sgd is run with 'mu'; explore knows its lr"),
        ("ravine", [known("rmsprop"), known("rmsprop", lr=0.1)], "runs has the rule 'rmsprop' 2 times"),
        ("ravine", [known("rmsprop", gamma=1.5)], "rmsprop is run with gamma=1.5; it must be a number from 0 to 1"),
        ("ravine", [known("sgd", lr=0)], "sgd is run with lr=0; it must be a positive, finite number"),
        (
            "ravine",
            [known("lion", weight_decay=-1)],
            "lion is run with weight_decay=-1; it must be a finite number of 0 or more",
        ),
        ("ravine", [known("adamw", beta1=2)], "adamw is run with beta1=2; it must be a number from 0 to 1"),
        ("ravine", [known("adam", eps=-1)], "adam is run with eps=-1; it must be a finite number of 0 or more"),
    ],
)
def test_what_cannot_be_shown_is_refused(surface, runs, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        plot.explore(surface, *runs)


@pytest.mark.parametrize(
    ("surface", "run", "message"),
    [
        (["ravine"], known("sgd"), "surface is ['ravine']; it must be a name, one of ravine"),
        ("ravine", "sgd", "a run is 'sgd'; it must be a rule, or a pair such as (rmsprop"),
        ("ravine", (chapter_rules.sgd, 0.4), "it must be a rule, or a pair such as (rmsprop"),
        ("ravine", known("sgd", lr="0.4"), "sgd is run with lr='0.4'; it must be an int or a float"),
    ],
)
def test_other_types_are_refused(surface, run, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        plot.explore(surface, run)


@pytest.mark.parametrize(
    ("wrong", "kind", "message"),
    [
        ({"step": 21}, ValueError, "step is 21; it must be a whole number from 0 to 20"),
        ({"step": 1.0}, TypeError, "step is 1.0; it must be a whole number from 0 to 20"),
        ({"seed": -1}, ValueError, "seed is -1; it must be a whole number from 0 to 4294967295"),
        ({"seed": "a"}, TypeError, "seed is 'a'; it must be a whole number"),
        ({"num_steps": 501}, ValueError, "num_steps is 501; it must be a whole number from 1 to 500"),
        ({"num_steps": "a"}, TypeError, "num_steps is 'a'; it must be a whole number from 1 to 500"),
        ({"num_steps": True}, TypeError, "num_steps is True; it must be a whole number"),
        ({"start": (-9, 0)}, ValueError, "start has x1 = -9; the picture of 'ravine' has -6 to 2.4"),
        ({"start": (0, float("nan"))}, ValueError, "start has x2 = nan; the picture of 'ravine' has -3 to 3"),
        ({"start": 3}, TypeError, "start is 3; it must be two numbers, such as (-5, -2)"),
        ({"start": "ab"}, TypeError, "start is 'ab'; it must be two numbers"),
    ],
)
def test_bad_numbers_are_refused_before_anything_runs(wrong, kind, message):
    def rmsprop(x, g, state=(0,), lr=0.4, gamma=0.9, eps=1e-6):
        raise AssertionError("it ran")

    with pytest.raises(kind, match=re.escape(message)):
        plot.explore("ravine", rmsprop, **wrong)
