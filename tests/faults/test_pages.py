"""Notebooks that cannot be read, run or shown, and a book that stays whole around them."""

import json
import os
import re
import subprocess
import sys
from urllib.parse import unquote

from book import choices, site
from tiny_project import copy, html, notice, write, write_cells

import pytest
from nbformat.v4 import new_markdown_cell

STAMP = "_build/html/.built-test"
FORMULA = r"$\begin{aligned} a &= b \end{aligned}$"
FILES = {
    "empty": ("", "is empty; right would be a notebook"),
    "torn_off": ('{"cells": [', "is no JSON"),
    "merged": ("<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n", "has merge marks (line 1)"),
    "headless": ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "right would be a heading"),
    "with blank": (None, "right would be with_blank.ipynb"),
}


def build(folder, **environment):
    """Build the book in a folder; its exit code and all that it said."""
    command = [sys.executable, "-m", "book", "html", STAMP]
    env = {"PATH": "", "D2L_OFFLINE": "1", "HOME": str(folder), **environment}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=120)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def holed(tmp_path_factory):
    """A book of which some notebooks cannot be read, run or shown, built for the first time."""
    folder = copy(tmp_path_factory.mktemp("holed"))
    write(folder, "index", "1 / 0")
    write(folder, "raising", "print('fine')", "1 / 0")
    write(folder, "03_third", "print('third')")
    write(folder, "03_third_solutions", "print('solved')")
    write_cells(folder, "orphan_solutions")
    write_cells(folder, "formula", new_markdown_cell(FORMULA))
    for name, (text, _) in FILES.items():
        write(folder, name, "print(1)")
        if text is not None:
            (folder / "notebooks" / f"{name}.ipynb").write_text(text, encoding="utf-8")
    return folder, *build(folder)


FAULTS = {
    **{name: (0, said) for name, (_, said) in FILES.items()},
    "formula": (2, "latex2mathml does not know: \\begin{aligned} a &= b"),
    "raising": (3, "ZeroDivisionError: division by zero"),
    "index": (2, "ZeroDivisionError: division by zero"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_last_lines_name_every_culprit(holed, name):
    folder, code, output = holed
    cell, said = FAULTS[name]
    assert code == 1
    last = output.partition("notebooks failed; their last good pages stay\n")[2].splitlines()
    assert len(last) == len(FAULTS)
    (line,) = [line for line in last if re.match(rf"  {name}[ ,:(]", line)]
    assert (f", cell {cell}: " in line) == bool(cell)
    assert said in line
    assert said in notice(html(folder, name))


def test_what_is_not_at_fault_says_nothing(holed):
    folder, _, output = holed
    good = ["01_first", "02_second", "03_third", "03_third_solutions", "orphan_solutions", "references"]
    assert not [name for name in good if "Not up to date" in html(folder, name)]
    assert f"{len(FAULTS)} of {len(FAULTS) + len(good) - 1} notebooks failed" in output


def test_a_chapter_that_never_ran_shows_its_stored_run(holed):
    folder = holed[0]
    for name in ("index", "raising"):
        assert "What you see comes from the run that is stored in the notebook." in notice(html(folder, name))
        assert '<pre class="output">stored</pre>' in html(folder, name)
    for name in ("empty", "formula"):
        assert "What you see is its place in the book, and no more." in notice(html(folder, name))


def test_no_link_is_dead_and_no_chapter_is_left_out(holed):
    folder = holed[0]
    names = [path.stem for path in (folder / "notebooks").glob("*.ipynb")]
    for name in [*names, "references"]:
        text = html(folder, name)
        linked = {unquote(link) for link in re.findall(r'<a [^>]*?href="(?!https?:)([^"#]+)', text)}
        assert not [link for link in linked if not (folder / "_build/html" / link).is_file()]
        assert {f"{other}.html" for other in names if other != "03_third_solutions"} <= linked
    sections = (folder / "_build/html/assets/sections.js").read_text(encoding="utf-8")
    found = json.loads(sections.partition("=")[2].strip().removesuffix(";"))
    assert {entry["page"] for entry in found} == {*names, "references"}


@pytest.fixture(scope="module")
def later(holed):
    """The same book, built again after much has happened to it."""
    folder = holed[0]
    notebooks, executed = folder / "notebooks", folder / "_build" / "executed"
    (notebooks / "01_first.ipynb").write_text("{", encoding="utf-8")
    (notebooks / "02_second.ipynb").write_text("{", encoding="utf-8")
    (executed / "01_first.ipynb").unlink()
    write(folder, "03_third", "print('third')\nraise KeyError('third')")
    write_cells(folder, "formula", new_markdown_cell("$a = b$"))
    (folder / "_build" / "html" / "03_third_solutions.html").unlink()
    (folder / "book" / "references.bib").write_text("@book{a,\n  title = {A},\n  year 2000\n}\n", encoding="utf-8")
    return folder, *build(folder)


@pytest.mark.parametrize(
    ("name", "said", "origin", "shown"),
    [
        ("01_first", "notebooks/01_first.ipynb is no JSON", "the page of an earlier build", "hello"),
        ("02_second", "notebooks/02_second.ipynb is no JSON", "its last good run here", "hello"),
        ("03_third", "KeyError: 'third'", "its last good run here", "third"),
        ("references", "book/references.bib, line 3 cannot be read", "the page of an earlier build", "Adam"),
    ],
)
def test_a_page_that_was_good_stays(later, name, said, origin, shown):
    folder, code, output = later
    text = html(folder, name)
    assert code == 1
    assert said in notice(text)
    assert said in output.partition("last good pages stay")[2]
    assert f"What you see comes from {origin}." in notice(text)
    assert shown in text.partition('<p class="about">')[2]


def test_the_next_build_mends_what_it_can(later):
    folder = later[0]
    assert "Not up to date" not in html(folder, "formula")
    assert "solved" in html(folder, "03_third_solutions")


@pytest.mark.parametrize(
    "named",
    [
        "$(shell id)",
        "a'b/c",
        'a"b/c',
        "a/b\n",
        " a/b",
        "a/b/c",
        "a/..",
        "../b",
        "a_b/c",
        "https://github.com/a/b",
        "例/书",
    ],
)
def test_a_repository_that_cannot_be_one_is_refused(monkeypatch, named):
    monkeypatch.setenv("D2L_REPOSITORY", named)
    with pytest.raises(ValueError, match=re.escape(f"D2L_REPOSITORY is {named!r}; it must be owner/name")):
        choices.repository()


def test_a_file_that_is_there_already_is_not_written_again(tmp_path):
    path = tmp_path / "page.html"
    site.lay(path, "书")
    before = path.stat()
    site.lay(path, "书")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    site.lay(path, "other")
    assert path.read_text(encoding="utf-8") == "other"


def test_a_page_gives_way_to_no_pipe_and_hides_no_folder(tmp_path):
    os.mkfifo(tmp_path / "page.html")
    site.lay(tmp_path / "page.html", "text")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "text"
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(OSError, match=re.escape("folder.html")):
        site.lay(tmp_path / "folder.html", "text")
