"""What `explore` is given that it cannot show: it is refused at once, by name, with what would be right."""

import re
import warnings

import chapter_rules
from d2l_utils import plot
from d2l_utils.playground import setting
from d2l_utils.playground.facts import read
from d2l_utils.train.history import DivergenceWarning
from instrument import known

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "facts.json is not JSON: Expecting"),
        ('{"rules": {"sgd": {}}}', "facts.json calls sgd None; d2l_utils/colours.py knows SGD"),
    ],
)
def test_damaged_facts_are_named(text, message, tmp_path):
    (tmp_path / "facts.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read(tmp_path / "facts.json")


def failing(x, g, state=(), lr=0.1):
    raise ZeroDivisionError("of the reader's own")


def without_rate(x, g, state=()):
    return x - g, state


failing.__name__ = without_rate.__name__ = "sgd"


@pytest.mark.parametrize(
    ("arguments", "options", "kind", "message"),
    [
        ((chapter_rules.sgd,), {}, TypeError, "surface is <function sgd"),
        (({}, chapter_rules.sgd), {}, TypeError, "surface is {}; it must be a name, one of ravine"),
        (("ravine", []), {}, TypeError, "a run is []; it must be a rule, or a pair"),
        (("ravine", failing), {}, ValueError, "has the rule 'sgd', which fails: ZeroDivisionError: of the reader's"),
        (("ravine", without_rate), {}, ValueError, 'sgd is run without lr; give it one: (sgd, {"lr": 0.4}), say'),
        (("ravine", known("sgd", lr=float("nan"))), {}, ValueError, "lr=nan; it must be a positive, finite number"),
        (("ravine", known("sgd", lr=10**400)), {}, ValueError, "it must be a positive, finite number"),
        (("ravine", known("sgd", lr=True)), {}, TypeError, "sgd is run with lr=True; it must be an int or a float"),
        (("ravine", chapter_rules.sgd), {"num_steps": 10**9}, ValueError, "it must be a whole number from 1 to 500"),
        (("ravine", chapter_rules.sgd), {"start": {1: 1, 2: 2}}, TypeError, "start is {1: 1, 2: 2}; it must be two"),
        (("ravine", chapter_rules.sgd), {"start": iter([])}, TypeError, "it must be two numbers, such as (-5, -2)"),
        (("ravine", chapter_rules.sgd), {"start": (10**400, 0)}, ValueError, "the picture of 'ravine' has -6 to 2.4"),
    ],
)
def test_explore_refuses_by_name(arguments, options, kind, message):
    with pytest.raises(kind, match=re.escape(message)):
        plot.explore(*arguments, **options)


ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.complex_numbers(),
    st.lists(st.floats(), max_size=3),
    st.dictionaries(st.text(max_size=2), st.floats(), max_size=2),
    st.sampled_from([np.zeros(2), np.array(0.1), np.float32(0.1), np.int64(3), Ellipsis, object(), int, max]),
)
NAMED = {"surface": "surface is", "start": "start", "num_steps": "num_steps is", "seed": "seed is", "step": "step is"}


@given(name=st.sampled_from([*NAMED, "lr", "run"]), value=ANYTHING)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_argument_is_taken_or_refused_by_name(name, value):
    """Drawing is left out: it would take all the time, and has nothing to refuse."""
    surface = value if name == "surface" else "ravine"
    run = value if name == "run" else (chapter_rules.sgd, {"lr": value if name == "lr" else 0.4})
    options = {name: value} if name in ("start", "num_steps", "seed", "step") else {}
    refused = ""
    try:
        made = setting.checked(setting.surface_called(surface), setting.runs_of([run]), **options)
    except (TypeError, ValueError) as error:
        refused = str(error)
    assert refused or set(made) == {"surface", "start", "num_steps", "seed", "runs", "active", "step"}
    assert not refused or re.search(NAMED.get(name, r"sgd is run with lr=|a run (is|has the rule) "), refused)


def test_a_warning_points_at_the_line_of_the_reader():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        plot.explore("ravine", known("sgd", lr=100.0), num_steps=500)
    assert [(one.category, one.filename) for one in caught] == [(DivergenceWarning, __file__)]
