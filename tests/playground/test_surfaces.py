"""The surfaces: the chapters' own where they have them, gradients that are slopes, noise that is noise."""

import re

from d2l_utils.chapters import definitions
from d2l_utils.playground.facts import FACTS
from d2l_utils.playground.surfaces import SURFACES, noise

import numpy as np
import pytest

EVERY_SURFACE = list(SURFACES.values())


@pytest.fixture
def points():
    return np.random.RandomState(0).uniform(-3, 3, size=(50, 2))


@pytest.mark.parametrize(
    ("name", "chapter", "f", "gradient"),
    [
        ("ravine", "02_gradient_descent", "f", "gradient"),
        ("rotated", "06_rmsprop", "turned", "turned_gradient"),
    ],
)
def test_surfaces_of_the_chapters(name, chapter, f, gradient, points):
    """Equal to the last digit or two: a power and a product may be rounded differently."""
    f, gradient = definitions(chapter, f, gradient)
    for point in points:
        np.testing.assert_allclose(SURFACES[name].f(*point), f(*point), rtol=1e-15)
        np.testing.assert_array_equal(SURFACES[name].gradient(*point), gradient(*point))


@pytest.mark.parametrize("surface", [s for s in EVERY_SURFACE if s.name != "noisy"], ids=lambda s: s.name)
def test_gradients_are_slopes(surface, points):
    """Central differences of polynomials of the fourth degree: off by h² times the third derivative, 2400·3e-10."""
    h = 1e-5
    for a, b in points:
        slopes = [surface.f(a + h, b) - surface.f(a - h, b), surface.f(a, b + h) - surface.f(a, b - h)]
        np.testing.assert_allclose(surface.gradient(a, b), np.divide(slopes, 2 * h), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("surface", [s for s in EVERY_SURFACE if s.name != "noisy"], ids=lambda s: s.name)
def test_formulas_say_what_is_computed(surface, points):
    """As the playground prints them; differently rounded, where 1e-12 is ample."""
    formula = FACTS["surfaces"][surface.name]["formula"].removeprefix("f = ").partition(",")[0]
    python = re.sub(r"(?<=[\d)]) (?=[x(])", " * ", formula).replace("²", "**2").replace("−", "-")
    for x1, x2 in points:
        assert eval(python, {"x1": x1, "x2": x2}) == pytest.approx(surface.f(x1, x2), rel=1e-12)


@pytest.mark.parametrize("surface", EVERY_SURFACE, ids=lambda s: s.name)
def test_views_hold_the_start_and_have_one_shape(surface):
    """Seven to five, so that both axes have one scale in a picture of one size."""
    assert surface.x1[0] < surface.start[0] < surface.x1[1]
    assert surface.x2[0] < surface.start[1] < surface.x2[1]
    assert np.ptp(surface.x1) / np.ptp(surface.x2) == pytest.approx(7 / 5)


def test_noise_is_the_slope_of_the_ravine_and_chance():
    """4,000 draws of variance 1 and fourth moment 2.6: four standard errors for the mean and for the variance."""
    ravine, noisy = SURFACES["ravine"], SURFACES["noisy"]
    draws = np.array([noisy.gradient(-5.0, -2.0, t, 7) for t in range(1, 2001)]) - ravine.gradient(-5.0, -2.0)
    assert abs(draws.mean()) < 4 / 4000**0.5
    assert draws.var() == pytest.approx(1, abs=4 * (1.6 / 4000) ** 0.5)
    assert abs(np.corrcoef(draws.T)[0, 1]) < 4 / 2000**0.5  # one coordinate says nothing of the other,
    assert abs(np.corrcoef(draws[:-1, 0], draws[1:, 0])[0, 1]) < 4 / 2000**0.5  # nor one step of the next
    assert np.abs(draws).max() <= 3


def test_noise_depends_on_seed_and_step_alone():
    assert len({noise(seed, t, i) for seed in range(5) for t in range(50) for i in (0, 1)}) == 500
    first, again = (SURFACES["noisy"].slope(seed=3) for _ in range(2))
    assert [first(0, 0) for _ in range(4)] == [again(0, 0) for _ in range(4)]
    assert first(0, 0) == SURFACES["noisy"].gradient(0, 0, 5, 3)
