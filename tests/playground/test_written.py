"""A reader's own rule in a notebook: what explore makes of its source, and that it goes the same way in the page."""

import json
import warnings

from d2l_utils import plot
from d2l_utils.playground import written
from d2l_utils.rules import sqrt
from d2l_utils.train.history import DivergenceWarning
from instrument import SCRIPT, open_page

import numpy as np
import pytest
from test_element import RUN
from test_explore import shown


def clipped(x, g, state=(), lr=0.4):
    """A docstring, which is no line."""
    return x - lr * np.minimum(np.maximum(g, -1), 1), state


def centred(x, g, state=(0, 0), lr=0.1, gamma=0.9, eps=1e-6):
    s, a = state
    s = gamma * s + (1 - gamma) * g * g
    a = gamma * a + (1 - gamma) * g
    return x - lr * g / sqrt(s - a * a + eps), (s, a)


def other_names(w, grad, state=(0, 0, 0), eta=0.1, alpha=0.5):
    mu, Δs, t = state
    t = t + 1
    mu += alpha * (grad - mu)
    Δs = np.abs(grad) ** 3 + 1e-3 * Δs
    w = w * (1 - 1e-3)
    return w - eta * mu / (1 - alpha**t) * np.exp(-Δs), (mu, Δs, t)


def not_counting(x, g, state=(0,), lr=0.4):
    (t,) = state
    return x - lr * g / (1 + t), (t + 1,)


def swapping(x, g, state=(0, 0), lr=0.1):
    a, b = state
    a, b = b, a
    return x - lr * (g + a) / np.linalg.norm(g), (b, -(g**2).sum() * 0.01 + x)


def negative(x, g, state=(), alpha=-0.5, power=2):
    return x - alpha**power * g / (1 + abs(g)), state


def too_fast(x, g, state=(0,), lr=10.0, mu=2.0):
    (v,) = state
    v = mu * v + lr * g
    return x - v, (v,)


@pytest.mark.parametrize("rule", [clipped, centred, other_names, not_counting, swapping, negative, too_fast])
def test_the_page_goes_the_way_of_the_function(rule, driver, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        play = plot.explore("rosenbrock", rule, num_steps=60)
    assert play.why_still == ""
    open_page(driver, tmp_path, play.html("") + SCRIPT)
    checked = 'return customElements.get("optimizer-playground").checked(arguments[0])'
    assert driver.execute_script(checked, play.setting) == {"setting": play.setting, "ignored": []}
    (traces,) = json.loads(driver.execute_script(RUN, [play.setting]))
    points = np.array(traces["own"]["points"], dtype=float)
    np.testing.assert_allclose(points, play.paths[0].points, rtol=1e-9, atol=1e-12)
    assert (traces["own"]["diverged_at"] is None) == (play.paths[0].diverged_at is None)


def test_the_lines_are_those_of_the_function():
    setting = plot.explore("ravine", (centred, {"lr": 0.2}), num_steps=3).setting
    assert setting["text"].splitlines() == [
        "s = gamma * s + (1 - gamma) * g * g",
        "a = gamma * a + (1 - gamma) * g",
        "x = x - lr * g / sqrt(s - a * a + eps)",
    ]
    assert setting["runs"] == {"own": {"lr": 0.2, "gamma": 0.9, "eps": 1e-6}}
    assert setting["active"] == "own"


def branching(x, g, state=(), lr=0.1):
    if lr > 1:
        x = x + 1
    return x - lr * g, state


def helped(x, g, state=(), lr=0.1):
    return x - lr * np.clip(g, -1, 1), state


def outside(x, g, state=(), lr=0.1):
    return x - lr * g * len(RUN), state


def sets_a_slider(x, g, state=(0,), lr=0.1):
    lr = lr / 2
    return x - lr * g, state


def packed(x, g, state=(0,), lr=0.1):
    (s,) = state
    new = (s + g,)
    return x - lr * g, new


def indexed(x, g, state=(0,), lr=0.1):
    return x - lr * g, (state[0] + g,)


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        (branching, "it has a line that is no assignment: if lr > 1:"),
        (helped, "no line of the field says np.clip(g, -1, 1)"),
        (outside, "no line of the field says len(RUN)"),
        (sets_a_slider, "it sets lr, which is an argument"),
        ((centred, {"eps": float("inf")}), "its eps is inf, which is no finite number"),
        (packed, "it returns the state as new; it began with 1 names"),
        (indexed, "it returns the state as (state[0] + g,); it began with 0 names"),
        (lambda x, g, state=(), lr=0.1: (x - lr * g, state), "it is no function that begins with def"),
    ],
)
def test_what_the_field_cannot_say_stays_still_and_says_why(rule, why, monkeypatch):
    play = plot.explore("ravine", rule, num_steps=3)
    assert why in play.why_still
    bundle, metadata = shown(play, monkeypatch)
    assert "<script" not in bundle["text/html"]
    assert "This picture does not move" in bundle["text/html"]
    assert "playground" not in metadata
    assert metadata["image/svg+xml"]["alt"] == play.alt
    assert play.alt.count("your rule") > 1


def test_a_rule_without_a_source_stays_still():
    namespace = {}
    exec("def mine(x, g, state=(), lr=0.1):\n    return x - lr * g, state", namespace)
    assert "its source is not to be had" in plot.explore("ravine", namespace["mine"], num_steps=3).why_still


def test_names_are_those_of_the_page(driver, tmp_path):
    open_page(driver, tmp_path, SCRIPT)
    for name in (*written.SLIDERS, *written.SPELLED):
        script = 'return customElements.get("optimizer-playground").read(arguments[0]).program.knobs'
        assert driver.execute_script(script, f"x = x - {name} g") == [written.SPELLED.get(name, name)]
    for name, many in written.FUNCTIONS.items():
        text = f"x = x - {name}({', '.join('g' * many)})"
        script = 'return customElements.get("optimizer-playground").read(arguments[0]).error ?? null'
        assert driver.execute_script(script, text) is None
