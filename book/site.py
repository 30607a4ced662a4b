"""Writes the book: a page for every notebook that has been run, the bibliography, and what the pages share."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from d2l_utils import playground

from jinja2 import Environment, FileSystemLoader, TemplateNotFound, TemplateSyntaxError
from pygments.formatters import HtmlFormatter

from . import address, choices, citations, notebook, page, policy, search
from .failures import Failure
from .pages import NO_FAILURES, OUTPUT, SOLUTIONS, list_of_pages, neighbours
from .writing import remove, write

ASSETS = OUTPUT / "assets"
SHARED = "book.css", "book.js", "vendor/minisearch.js"  # what lies beside the pages as it lies in template/
# What the search finds a page by, and what other sites show of it, is its beginning.
FIRST_PARAGRAPH = re.compile(r"<p>.*?</p>", flags=re.DOTALL)
DESCRIPTION = 160  # characters
LIGHT_CODE = "xcode"
DARK_CODE = "github-dark"
TEMPLATES = Environment(loader=FileSystemLoader(page.TEMPLATE), trim_blocks=True)
BRANCH = "main"
COLAB = "https://colab.research.google.com/github/{repository}/blob/{branch}/notebooks/{name}.ipynb"
BINDER = "https://mybinder.org/v2/gh/{repository}/{branch}?labpath=notebooks%2F{name}.ipynb"


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
    pages = list_of_pages(failures)
    home = linked_repository()
    write_assets()
    for orphan in {path.stem for path in OUTPUT.glob("*.html")} - {entry["name"] for entry in pages}:
        remove(OUTPUT / f"{orphan}.html")
    for current in pages:
        lay(OUTPUT / f"{current['name']}.html", frame(current, pages, home))
    sections = [section for current in pages for section in search.documents(current)]
    lay(ASSETS / "sections.js", search.script(sections))
    return told({entry["name"]: entry["failure"] for entry in pages if entry["failure"]}, failures)


def told(all_failures: Mapping[str, Failure], known: Mapping[str, Failure]) -> dict[str, Failure]:
    """The failures that nobody has heard of yet, after they have been printed."""
    new = {name: failure for name, failure in all_failures.items() if name not in known}
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


def frame(current: dict, pages: list[dict], home: str | None) -> str:
    """A whole page: the text within the frame that all pages share, with links to its repository if it has one."""
    previous, following = neighbours(current, pages)
    theme = (page.TEMPLATE / "theme.js").read_text(encoding="utf-8").strip()
    return TEMPLATES.get_template("page.html.j2").render(
        page=current,
        pages=pages,
        previous=previous,
        next=following,
        book_title=pages[0]["title"],
        description=search.plain("".join(FIRST_PARAGRAPH.findall(current["body"])[:1]))[:DESCRIPTION],
        sections=search.headings(current["body"]),
        links=links(current, home),
        theme=theme,
        policy=policy.content(theme),
    )


def links(current: dict, home: str | None) -> list[tuple[str, str]]:
    """What stands above a page's title: (text, address)."""
    name = current["name"]
    if name == citations.PAGE:
        return [("BibTeX file", "references.bib")]
    beneath = [("Solutions", f"{quote(current['solutions'])}.html")] if current["solutions"] else []
    above = [] if current["entry"] else [("Chapter", f"{quote(name.removesuffix(SOLUTIONS))}.html")]
    if not (notebook.NOTEBOOKS / f"{name}.ipynb").is_file():
        return above + beneath
    download = [("Notebook", f"notebooks/{quote(name)}.ipynb")]
    where = {"repository": home, "branch": BRANCH, "name": quote(name)}
    online = [("Colab", COLAB.format(**where)), ("Binder", BINDER.format(**where))] if home else []
    return above + beneath + download + online


def linked_repository() -> str | None:
    """The repository that pages link to, as owner/name: that of this build, or the one that is stored, or None."""
    return choices.repository() or address.published()


def write_assets() -> None:
    """Lay what the pages share beside them: style, scripts, fonts, and what can be downloaded."""
    for name in SHARED:
        copy(page.TEMPLATE / name, ASSETS / Path(name).name)
    for path in sorted((page.TEMPLATE / "fonts").iterdir()):
        copy(path, ASSETS / "fonts" / path.name)
    lay(ASSETS / "code.css", code_css())
    lay(ASSETS / "playground.js", playground.script())
    copy(citations.BIBLIOGRAPHY, OUTPUT / citations.BIBLIOGRAPHY.name)
    for name in notebook.names():
        copy(notebook.NOTEBOOKS / f"{name}.ipynb", OUTPUT / "notebooks" / f"{name}.ipynb")


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
