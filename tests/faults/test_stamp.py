"""The pages follow what they are made from, whatever the dates say, and what is gone of them comes back."""

import os
import time

from tiny_project import NAMES, html, make

import pytest

HOURS = 3600


@pytest.fixture(scope="module")
def built(project):
    """The project with its pages."""
    code, executed, output = make(project)
    assert (code, executed) == (0, sorted(NAMES)), output
    return project


def date(path, hours):
    """Date a file some hours from now."""
    then = time.time() + hours * HOURS
    os.utime(path, (then, then))


def stamp(project):
    (only,) = (project / "_build" / "html").glob(".built-*")
    return only


def edit(path):
    with path.open("a", encoding="utf-8") as file:
        file.write("/* edited */\n")


def test_nothing_to_do_takes_no_time(built):
    seconds = []
    assert make(built)[0] == 0
    for _ in range(10):
        start = time.monotonic()
        assert make(built)[2] == "The book is in _build/html/index.html\n"
        seconds.append(time.monotonic() - start)
    assert min(seconds) < 0.1


@pytest.mark.parametrize("hours", [5, -5], ids=["stamp to come", "clock set back"])
def test_pages_follow_their_sources_whatever_the_date(hours, built):
    """Of a stamp to come, or of a source that was edited while the clock was behind."""
    style = built / "book" / "template" / "book.css"
    if hours > 0:
        date(stamp(built), hours)
    edit(style)
    date(style, min(hours, 0))
    page = built / "_build" / "html" / "assets" / "book.css"
    assert page.read_text(encoding="utf-8") != style.read_text(encoding="utf-8")
    code, executed, _ = make(built)
    assert (code, executed) == (0, [])
    assert page.read_text(encoding="utf-8") == style.read_text(encoding="utf-8")
    assert make(built)[2] == "The book is in _build/html/index.html\n"


def test_what_is_gone_from_the_book_is_restored(built):
    names = "01_first.html", "references.html", "assets/sections.js", "notebooks/index.ipynb"
    whole = {built / "_build" / "html" / name: None for name in names}
    for path in whole:
        whole[path] = path.read_bytes()
        path.unlink()
    assert make(built)[:2] == (0, [])
    assert {path: path.read_bytes() for path in whole} == whole


def test_page_of_a_notebook_that_is_gone_goes(built):
    source = built / "notebooks" / "02_second.ipynb"
    text = source.read_bytes()
    source.unlink()
    date(built / "notebooks", -5)  # as a copy by another tool would leave it
    assert make(built)[:2] == (0, [])
    assert not (built / "_build" / "html" / "02_second.html").exists()
    source.write_bytes(text)
    assert make(built)[0] == 0
    assert "02_second" in html(built, "index")
