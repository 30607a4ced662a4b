"""The house stays small: files, function bodies and floors, counted by tools.sizes."""

from d2l_utils.chapters import ROOT
from tools import sizes

import pytest

LONGEST_FILE = 250  # lines in all
LONGEST_BODY = 30  # code lines
# Code lines of each floor: what it has now, so that it grows only where somebody raises the number here. The aim
# for what a learner needs is 800, for plot 450, for fast 400.
CEILINGS = {"what a learner needs": 1112, "plot": 600, "fast": 460, "scale": 870}
MODULES = [pytest.param(path, id=path.relative_to(ROOT).as_posix()) for path in sizes.modules()]


@pytest.mark.parametrize("path", MODULES)
def test_files_and_function_bodies_fit_on_a_screen(path):
    source = path.read_text(encoding="utf-8")
    assert len(source.splitlines()) <= LONGEST_FILE
    assert {name: size for name, size in sizes.bodies(source) if size > LONGEST_BODY} == {}


def test_every_floor_has_a_ceiling():
    assert list(CEILINGS) == list(sizes.FLOORS)


@pytest.mark.parametrize("floor", sizes.FLOORS)
def test_no_floor_grows_unseen(floor):
    assert 0 < sizes.floor(*sizes.FLOORS[floor]) <= CEILINGS[floor]


def test_code_lines_are_those_that_do_something():
    docstring = '"""A docstring\n\nof three lines."""\n'
    source = f"{docstring}\n# A comment.\ndef f(x):\n    {docstring}    return (\n        x\n    )\n"
    assert sizes.code_lines(source) == {6, 10, 11, 12}
    assert list(sizes.bodies(source)) == [("f", 3)]
