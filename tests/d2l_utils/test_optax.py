"""Optax, which runs in a process of its own, with our rules along the same gradients."""

from d2l_utils import optax, train
from d2l_utils.chapters import definitions
from d2l_utils.rules import first_state

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


def with_corrections(start, gradients):
    """Muon and Prodigy as Optax has them: their moments are corrected as Adam's are."""
    muon_path, prodigy_path = [start], [start]
    orthogonal, prodigy = definitions("16_matrix", "orthogonal"), definitions("15_descendants", "prodigy")
    m, state = 0, first_state(prodigy)
    for t, g in enumerate(gradients, start=1):
        m = 0.95 * m + 0.05 * g
        direction = 0.95 * m / (1 - 0.95 ** (t + 1)) + 0.05 * g / (1 - 0.95**t)
        muon_path.append(muon_path[-1] - 0.01 * 0.2 * 4**0.5 * orthogonal(direction, eps=1e-8))
        x, state = prodigy(prodigy_path[-1], g, state, lr=np.sqrt(1 - 0.999**t) / (1 - 0.9**t))
        prodigy_path.append(x)
    return np.array(muon_path), np.array(prodigy_path)


@needs_optax
def test_muon_and_prodigy_are_corrected_as_adam():
    """So says chapter 16's table."""
    draw = np.random.RandomState(0)
    start, gradients = draw.normal(size=(4, 3)), draw.normal(size=(200, 4, 3))
    muon, prodigy = with_corrections(start, gradients)
    theirs = optax.walk("contrib.muon", start, gradients, learning_rate=0.01, consistent_rms=0.2)
    np.testing.assert_allclose(theirs, muon, rtol=0, atol=1e-10)
    theirs = optax.walk("contrib.prodigy", start, gradients)
    np.testing.assert_allclose(theirs, prodigy, rtol=0, atol=1e-10)
