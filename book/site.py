"""Writes the book: a page for every notebook that has been run, the bibliography, and what the pages share."""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from d2l_utils import playground, words
from d2l_utils.words import gettext as _

from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, TemplateNotFound, TemplateSyntaxError
from pygments.formatters import HtmlFormatter

from . import address, choices, citations, notebook, page, policy, search
from .edition import OUTPUT, Edition, editions
from .failures import Failure
from .pages import NO_FAILURES, SOLUTIONS, list_of_pages, neighbours, origins
from .writing import remove, write

SHARED = "book.css", "book.js", "vendor/minisearch.js"  # what all editions share, as it lies in template/
# What the search finds a page by, and what other sites show of it, is its beginning.
FIRST_PARAGRAPH = re.compile(r"<p>.*?</p>", flags=re.DOTALL)
DESCRIPTION = 160  # characters
LIGHT_CODE = "xcode"
DARK_CODE = "github-dark"
TEMPLATES = Environment(loader=FileSystemLoader(page.TEMPLATE), trim_blocks=True)
TEMPLATES.globals["_"] = _
BRANCH = "main"
COLAB = "https://colab.research.google.com/github/{repository}/blob/{branch}/{folder}/{name}.ipynb"
BINDER = "https://mybinder.org/v2/gh/{repository}/{branch}?labpath={path}%2F{name}.ipynb"


def write_book(failures: Mapping[str, Failure] = NO_FAILURES) -> dict[str, Failure]:
    """Write all pages. One that cannot be made anew shows the best that there is, and says so at its head.

    Args:
        failures: what notebooks failed by in this build, by their names (dict of str -> Failure).

    Returns:
        What failed here besides, by the names of the pages (dict of str -> Failure).

    Raises:
        OSError: a file cannot be read or written; names it.
    """
    check_templates()
    write_shared()
    new: dict[str, Failure] = {}
    for edition in editions():
        with words.spoken(edition.language):
            new |= told(write_edition(edition, failures), {**failures, **new})
    return new


def write_edition(edition: Edition, failures: Mapping[str, Failure]) -> list[Failure]:
    """Write the pages of one language, and what belongs to them alone; returns all that they fail by."""
    pages = list_of_pages(edition, failures)
    home = linked_repository()
    write_own(edition)
    for orphan in {path.stem for path in edition.pages.glob("*.html")} - {entry["name"] for entry in pages}:
        remove(edition.pages / f"{orphan}.html")
    for current in pages:
        lay(edition.pages / f"{current['name']}.html", frame(edition, current, pages, home))
    sections = [section for current in pages for section in search.documents(current)]
    lay(edition.pages / "assets" / "sections.js", search.script(sections))
    return [entry["failure"] for entry in pages if entry["failure"]]


def told(all_failures: list[Failure], known: Mapping[str, Failure]) -> dict[str, Failure]:
    """The failures that nobody has heard of yet, by name, after they have been printed."""
    new = {failure.name: failure for failure in all_failures if failure.name not in known}
    for name, failure in new.items():
        print(f"FAILED     {name}{f', cell {failure.cell}' if failure.cell else ''}: {failure.trace}", flush=True)
    return new


def check_templates() -> None:
    """End here if a template is missing or broken: it would cost every page."""
    for name in ("conf.json", "theme.js", *SHARED):
        if not (page.TEMPLATE / name).is_file():
            sys.exit(f"book/template/{name} is missing; right would be the file that comes with the book")
    try:
        _ = page.exporter().template, TEMPLATES.get_template("page.html.j2")
    except TemplateNotFound as missing:
        sys.exit(f"book/template/{missing.name} is missing; right would be the file that comes with the book")
    except TemplateSyntaxError as mistake:
        sys.exit(f"book/template/{Path(mistake.filename or '').name}, line {mistake.lineno}: {mistake.message}")


def lay(path: Path, content: str | bytes) -> None:
    """Write a file of the book, unless it is there already."""
    data = content.encode() if isinstance(content, str) else content
    if not (path.is_file() and path.read_bytes() == data):
        write(path, data)


def files() -> list[Path]:
    """All files of the book as it was written, by which it can be told later whether one is missing."""
    return sorted(path for path in OUTPUT.rglob("*") if path.is_file() and not path.name.startswith("."))


def frame(edition: Edition, current: dict, pages: list[dict], home: str | None) -> str:
    """A whole page: the text within the frame that all pages share, with links to its repository if it has one."""
    previous, following = neighbours(current, pages)
    theme = (page.TEMPLATE / "theme.js").read_text(encoding="utf-8").strip()
    return TEMPLATES.get_template("page.html.j2").render(
        edition=edition,
        others=[other for other in editions() if other != edition],
        origins=origins(),
        page=current,
        pages=pages,
        previous=previous,
        next=following,
        book_title=pages[0]["title"],
        description=search.plain("".join(FIRST_PARAGRAPH.findall(current["body"])[:1]))[:DESCRIPTION],
        sections=search.headings(current["body"]),
        links=links(edition, current, home),
        theme=theme,
        policy=policy.content(theme),
    )


def links(edition: Edition, current: dict, home: str | None) -> list[tuple[str, str]]:
    """What stands above a page's title: (text, address)."""
    name = current["name"]
    if name == citations.PAGE:
        return [(_("BibTeX file"), f"{edition.up}references.bib")]
    beneath = [(_("Solutions"), f"{quote(current['solutions'])}.html")] if current["solutions"] else []
    above = [] if current["entry"] else [(_("Chapter"), f"{quote(name.removesuffix(SOLUTIONS))}.html")]
    if not (edition.notebooks / f"{name}.ipynb").is_file():
        return above + beneath
    download = [(_("Notebook"), f"notebooks/{quote(name)}.ipynb")]
    folder = edition.source
    where = {"repository": home, "branch": BRANCH, "folder": folder, "path": quote(folder, ""), "name": quote(name)}
    online = [("Colab", COLAB.format(**where)), ("Binder", BINDER.format(**where))] if home else []
    return above + beneath + download + online


def linked_repository() -> str | None:
    """The repository that pages link to, as owner/name: that of this build, or the one that is stored, or None."""
    return choices.repository() or address.published()


def write_shared() -> None:
    """Lay what all editions share beside the pages: style, scripts, fonts, and the bibliography."""
    assets = OUTPUT / "assets"
    for name in SHARED:
        copy(page.TEMPLATE / name, assets / Path(name).name)
    for path in sorted((page.TEMPLATE / "fonts").iterdir()):
        copy(path, assets / "fonts" / path.name)
    lay(assets / "code.css", code_css())
    lay(assets / "playground.js", playground.script())
    copy(citations.BIBLIOGRAPHY, OUTPUT / citations.BIBLIOGRAPHY.name)


def write_own(edition: Edition) -> None:
    """Lay what is in one language beside its pages: the words of scripts, and the notebooks."""
    if edition.language != words.ENGLISH:
        lay(edition.pages / "assets" / "words.js", f"window.bookWords = {json.dumps(of_scripts(edition.language))};\n")
    for name in notebook.names():
        copy(edition.notebooks / f"{name}.ipynb", edition.pages / "notebooks" / f"{name}.ipynb")


def of_scripts(language: str) -> dict[str, str]:
    """What scripts say, in English and in a language; what has a plural stands under its singular."""
    with words.text_of(words.SCRIPTS, language).open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    return {_first(message.id): _first(message.string) for message in messages}


def _first(forms: Any) -> str:
    """A message, or of one that has a plural the first of its forms."""
    return forms if isinstance(forms, str) else forms[0]


def copy(source: Path, target: Path) -> None:
    """Lay a copy of a file into the book; the page of one that is missing says so."""
    if source.is_file():
        lay(target, source.read_bytes())


def code_css() -> str:
    """The colours of code, for light pages and dark ones, as the reader's system or the button has it."""
    light = HtmlFormatter(style=LIGHT_CODE).get_style_defs(".highlight")
    dark = HtmlFormatter(style=DARK_CODE)
    chosen = dark.get_style_defs(":root[data-theme=dark] .highlight")
    system = dark.get_style_defs(":root:not([data-theme=light]) .highlight")
    # On paper code is light, whatever the screen was.
    return (
        f"{light}\n@media screen {{\n{chosen}\n}}\n@media screen and (prefers-color-scheme: dark) {{\n{system}\n}}\n"
    )
