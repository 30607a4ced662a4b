"""Optax, which runs in a process of its own, with our rules along the same gradients."""

from d2l_utils import optax, train
from d2l_utils.chapters import definitions

import numpy as np
import pytest

needs_optax = pytest.mark.skipif(not (optax.FOLDER / "optax").is_dir(), reason="Optax is not installed: `make peers`")


def wave(x, t):
    return np.sin(3 * x + t) + x


@needs_optax
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-10), ("float32", 2e-5)])
@pytest.mark.parametrize(
    ("chapter", "name", "knobs", "theirs", "options"),
    [
        ("06_rmsprop", "rmsprop", {"gamma": 0.9, "eps": 1e-6}, "rmsprop", {"decay": 0.9, "eps": 1e-6}),
        ("11_adam", "adam", {"beta2": 0.99}, "adam", {"b2": 0.99}),
    ],
)
def test_two_hundred_steps_are_ours(chapter, name, knobs, theirs, options, dtype, tolerance):
    start = np.linspace(-1, 1, 5).astype(dtype)
    path = train.iterates(definitions(chapter, name), start, wave, 200, lr=0.01, **knobs)
    gradients = np.array([wave(x, t) for t, x in enumerate(path[:-1])])
    found = optax.walk(theirs, start, gradients, learning_rate=0.01, **options)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, path, rtol=0, atol=tolerance)


@needs_optax
def test_what_the_process_said_is_shown():
    with pytest.raises(RuntimeError, match=r"optax\.sdg ended with .*no attribute 'sdg'"):
        optax.walk("sdg", np.ones(2), np.ones((1, 2)))


def test_where_it_is_missing_a_page_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(optax, "FOLDER", tmp_path)
    assert not optax.available()
    assert capsys.readouterr().out.startswith("optax is not installed: this comparison was not run")
