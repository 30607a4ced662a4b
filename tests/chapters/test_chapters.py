"""Definitions are taken out of chapters, and what is not there is named."""

from book import notebook
from d2l_utils import chapters, parity

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

SOURCES = (
    "import numpy as np\nprint(1)",
    "%matplotlib inline\ndef rule():\n    return np.pi",
    "class Kind:\n    pass",
)
REAL = {name: chapters.rests_on(name) for name in notebook.names()}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two chapters: one defines, the other takes what it uses from the first."""
    monkeypatch.setattr(chapters, "NOTEBOOKS", tmp_path)
    first = new_markdown_cell("def no(): 1"), *map(new_code_cell, SOURCES)
    notebook.write(new_notebook(cells=list(first)), "first", tmp_path)
    taking = (
        "from d2l_utils.chapters import definitions",
        'rule = definitions("first", "rule")\nother = [1]',
        "def twice():\n    return 2 * rule()",
    )
    notebook.write(new_notebook(cells=list(map(new_code_cell, taking))), "second", tmp_path)


def test_functions_and_classes_are_taken(folder, capsys):
    rule, kind = chapters.definitions("first", "rule", "Kind")
    assert (rule(), kind.__name__, capsys.readouterr().out) == (np.pi, "Kind", "")


def test_what_a_chapter_takes_from_another_comes_along(folder):
    assert chapters.definitions("second", "twice")() == 2 * np.pi


@pytest.mark.parametrize(
    ("chapter", "name", "message"),
    [
        ("third", "rule", "chapter is 'third'; notebooks/ has first, second"),
        ("first", "no", "names has 'no'; first defines no function or class of that name"),
        ("second", "other", "names has 'other'; second defines"),
    ],
)
def test_what_is_not_there_is_named(folder, chapter, name, message):
    with pytest.raises(ValueError, match=message):
        chapters.definitions(chapter, name)


def test_what_a_chapter_rests_on_is_found(folder):
    assert chapters.rests_on("first") == []
    assert chapters.rests_on("second") == ["first"]
    assert "13_one_formula" in REAL["13_one_formula_solutions"]
    assert "02_gradient_descent" in REAL["13_one_formula_solutions"]


@pytest.mark.parametrize(
    "call", ["definitions(here, 'rule')", "chapters.definitions(f'{here}', 'rule')", "definitions()"]
)
def test_a_name_that_is_not_written_out_is_refused(call, folder, tmp_path):
    cells = [
        new_markdown_cell("# Third"),
        new_code_cell("here = 'first'"),
        new_code_cell(f"def f():\n    return {call}"),
    ]
    notebook.write(new_notebook(cells=cells), "third", tmp_path)
    with pytest.raises(ValueError, match=r"third, cell 3 calls .*definitions\(.*written out"):
        chapters.rests_on("third")


def test_a_missing_peer_is_said_to_be_missing(capsys):
    assert not parity.available("no_such_framework")
    assert "no_such_framework is not installed: this comparison was not run" in capsys.readouterr().out
