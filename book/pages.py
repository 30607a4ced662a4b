"""Gathers the book's pages: the best that can be shown of every notebook, and the bibliography."""

import re
import traceback
from collections.abc import Iterable, Mapping
from html import escape
from types import MappingProxyType

from d2l_utils import words
from d2l_utils.words import gettext as _

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

from . import citations, notebook, outputs, page, search, translation
from .edition import ENGLISH, Edition
from .failures import Failure, last_line

SOLUTIONS = "_solutions"
NUMBER = re.compile(r"\D.*")  # what follows the number in a name
# A page's text within its frame (template/page.html.j2), where it is more than a heading.
LAST_BUILT = re.compile(
    r'<main .*?<p class="about">.*?</p>\n(<h1[^>]*>.*?</h1>\s*<(?!nav class="turn").*?)\s*<nav class="turn"', re.DOTALL
)
NO_FAILURES: Mapping[str, Failure] = MappingProxyType({})


def _as_it_ran(name: str) -> NotebookNode:
    return notebook.read(name, outputs.EXECUTED)


# What a page is made of, the best first, with the words for it where it is not the first.
GOOD_RUN, STORED, BEFORE = "good run", "stored", "before"
VERSIONS = ((outputs.executed, GOOD_RUN), (_as_it_ran, GOOD_RUN), (notebook.read, STORED))


def origins() -> dict[str | None, str]:
    """What a page that could not be made anew shows, in words."""
    return {
        GOOD_RUN: _("What you see comes from its last good run here."),
        STORED: _("What you see comes from the run that is stored in the notebook."),
        BEFORE: _("What you see comes from the page of an earlier build."),
        None: _("What you see is its place in the book, and no more."),
    }


def list_of_pages(edition: Edition = ENGLISH, failures: Mapping[str, Failure] = NO_FAILURES) -> list[dict]:
    """What is known of each page: its text, title, number, place in the contents, and what it failed by."""
    names = notebook.names()
    with words.spoken(edition.language):
        pages = [best(edition, name, names, failures.get(name)) for name in names]
        return [*pages, bibliography(edition, pages)]


def best(edition: Edition, name: str, names: list[str], failure: Failure | None) -> dict:
    """The best page that can be made of a notebook, with what kept it from being a better one."""
    for version, origin in VERSIONS:
        try:
            nb = translation.for_page(version(name), name, edition)
            found = describe(edition, name, nb, names)
        except Exception as error:  # whatever it is, the other chapters get their pages
            failure = failure or failed(edition, name, error)
        else:
            return found | {"failure": failure, "origin": origin}
    return last_built(edition, name, names) | {"failure": failure}


def failed(edition: Edition, name: str, error: Exception) -> Failure:
    """What a page failed by, for the last lines of a build and for the page itself."""
    said = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
    line = last_line(" ".join(said.split()))
    # An error that nobody foresaw is told with the way to it.
    foreseen = isinstance(error.__cause__ or error, (ValueError, OSError))
    trace = line if foreseen else "".join(traceback.format_exception(error))
    return Failure(edition.title(name), _title(name), getattr(error, "cell", 0), line, trace)


def _title(name: str) -> str:
    """A notebook's heading, or its name where it has none that can be read."""
    try:
        return notebook.title(notebook.read(name))
    except (OSError, ValueError):
        return name


def last_built(edition: Edition, name: str, names: Iterable[str]) -> dict:
    """The page as it was built before, where nothing can be made of its notebook; without one, its name alone."""
    path = edition.pages / f"{name}.html"
    kept = LAST_BUILT.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    if not kept:
        return about(edition, name, name, f"<h1>{escape(name)}</h1>", names)
    heading, _, _ = kept[1].partition("</h1>")
    return about(edition, name, search.plain(heading), kept[1], names) | {"origin": BEFORE}


def bibliography(edition: Edition, pages: list[dict]) -> dict:
    """The page of the works that the others cite."""
    names = [entry["name"] for entry in pages]
    source = {"source": f"book/{citations.BIBLIOGRAPHY.name}"}
    try:
        cited = {entry["name"]: entry["prose"] for entry in pages}
        text = citations.bibliography(cited, {entry["name"]: entry["title"] for entry in pages})
        return describe(edition, citations.PAGE, new_notebook(cells=[new_markdown_cell(text)]), names) | source
    except ValueError as error:
        failure = failed(edition, citations.PAGE, error)
        return last_built(edition, citations.PAGE, names) | source | {"failure": failure}


def describe(edition: Edition, name: str, nb: NotebookNode, names: Iterable[str]) -> dict:
    """One page of the list, made of a notebook."""
    number = NUMBER.sub("", name).lstrip("0")
    figures = f"{'S' * name.endswith(SOLUTIONS)}{number}." if number else ""
    found = about(edition, name, notebook.title(nb), page.body(nb, figures), names)
    search.sections(found["body"])  # an error here is the page's own
    return found | {"prose": notebook.markdown(nb), "used_stand_in": used_stand_in(nb)}


def about(edition: Edition, name: str, title: str, body: str, names: Iterable[str]) -> dict:
    """What is known of a page by its name and text alone."""
    chapter = name.removesuffix(SOLUTIONS)
    return {
        "name": name,
        "source": f"{edition.source}/{name}.ipynb",
        "title": title,
        "number": NUMBER.sub("", name).lstrip("0"),
        "entry": None if name != chapter and chapter in names else _entry(name, title),
        "solutions": name + SOLUTIONS if name + SOLUTIONS in names else None,
        "body": body,
        "prose": "",
        "used_stand_in": False,
        "failure": None,
        "origin": None,
    }


def _entry(name: str, title: str) -> str:
    """What the list of chapters calls a page."""
    return _("Start here") if name == notebook.INDEX else title


def used_stand_in(nb: NotebookNode) -> bool:
    """Tell whether any cell warned that something stood in for a real data file."""
    outputs = [output for cell in nb.cells for output in cell.get("outputs", ())]
    return any("StandInWarning" in output.get("text", "") for output in outputs)


def neighbours(current: dict, pages: list[dict]) -> tuple[dict | None, dict | None]:
    """The pages to turn to. Solutions lie beside the way: back leads to their chapter, on to the next one."""
    chapters = [entry for entry in pages if entry["entry"]]
    place = next(i for i, entry in enumerate(chapters) if current["name"] in (entry["name"], entry["solutions"]))
    following = chapters[place + 1] if place + 1 < len(chapters) else None
    if current["entry"] is None:
        return chapters[place], following
    return chapters[place - 1] if place else None, following
