"""Writes the book: a page for every notebook that has been run, the bibliography, and what the pages share."""

import re
from pathlib import Path
from shutil import copyfile, copytree

from d2l_utils import playground

from jinja2 import Environment, FileSystemLoader
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from pygments.formatters import HtmlFormatter

from . import address, choices, citations, notebook, outputs, page, search

OUTPUT = notebook.BUILD / "html"
ASSETS = OUTPUT / "assets"
SOLUTIONS = "_solutions"
# What the search finds a page by, and what other sites show of it, is its beginning.
FIRST_PARAGRAPH = re.compile(r"<p>.*?</p>", flags=re.DOTALL)
DESCRIPTION = 160  # characters
NUMBER = re.compile(r"\D.*")  # what follows the number in a name
LIGHT_CODE = "xcode"
DARK_CODE = "github-dark"
TEMPLATES = Environment(loader=FileSystemLoader(page.TEMPLATE), trim_blocks=True)
BRANCH = "main"
COLAB = "https://colab.research.google.com/github/{repository}/blob/{branch}/notebooks/{name}.ipynb"
BINDER = "https://mybinder.org/v2/gh/{repository}/{branch}?labpath=notebooks%2F{name}.ipynb"


def write_book(failures: dict | None = None) -> None:
    """Write all pages; a notebook that failed keeps the page of its last good run."""
    pages = list_of_pages()
    home = linked_repository()
    write_assets()
    for orphan in {path.stem for path in OUTPUT.glob("*.html")} - {entry["name"] for entry in pages}:
        (OUTPUT / f"{orphan}.html").unlink()
    for current in pages:
        (OUTPUT / f"{current['name']}.html").write_text(frame(current, pages, home), encoding="utf-8")
    sections = [section for current in pages for section in search.documents(current)]
    (ASSETS / "sections.js").write_text(search.script(sections), encoding="utf-8")


def list_of_pages() -> list[dict]:
    """What is known of each page: its text, title, number, and place in the contents."""
    good = [name for name in notebook.names() if (outputs.EXECUTED / f"{name}.ipynb").exists()]
    names = [name for name in good if name.removesuffix(SOLUTIONS) in good]  # no solutions without their chapter
    notebooks = {name: outputs.executed(name) for name in names}
    pages = [describe(name, nb, names) for name, nb in notebooks.items()]
    prose = {name: notebook.markdown(nb) for name, nb in notebooks.items()}
    text = citations.bibliography(prose, {entry["name"]: entry["title"] for entry in pages})
    return [*pages, describe(citations.PAGE, new_notebook(cells=[new_markdown_cell(text)]), names)]


def describe(name: str, nb: NotebookNode, names: list[str]) -> dict:
    """One page of the list."""
    title = notebook.title(nb)
    number = NUMBER.sub("", name).lstrip("0")
    is_solutions = name.endswith(SOLUTIONS)
    figures = f"{'S' * is_solutions}{number}." if number else ""
    return {
        "name": name,
        "title": title,
        "number": number,
        "entry": entry(name, title),
        "solutions": name + SOLUTIONS if name + SOLUTIONS in names else None,
        "used_stand_in": used_stand_in(nb),
        "body": page.body(nb, name, figures),
    }


def entry(name: str, title: str) -> str | None:
    """What the list of chapters calls a page; solutions are not in it."""
    if name.endswith(SOLUTIONS):
        return None
    return "Start here" if name == notebook.INDEX else title


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


def frame(current: dict, pages: list[dict], home: str | None) -> str:
    """A whole page: the text within the frame that all pages share, with links to its repository if it has one."""
    previous, following = neighbours(current, pages)
    return TEMPLATES.get_template("page.html.j2").render(
        page=current,
        pages=pages,
        previous=previous,
        next=following,
        book_title=pages[0]["title"],
        description=search.plain("".join(FIRST_PARAGRAPH.findall(current["body"])[:1]))[:DESCRIPTION],
        sections=search.headings(current["body"]),
        links=links(current, home),
        theme=(page.TEMPLATE / "theme.js").read_text(encoding="utf-8").strip(),
    )


def links(current: dict, home: str | None) -> list[tuple[str, str]]:
    """What stands above a page's title: (text, address)."""
    name = current["name"]
    if name == citations.PAGE:
        return [("BibTeX file", "references.bib")]
    beneath = [("Solutions", f"{current['solutions']}.html")] if current["solutions"] else []
    above = [("Chapter", f"{name[: -len(SOLUTIONS)]}.html")] if name.endswith(SOLUTIONS) else []
    download = [("Notebook", f"notebooks/{name}.ipynb")]
    where = {"repository": home, "branch": BRANCH, "name": name}
    online = [("Colab", COLAB.format(**where)), ("Binder", BINDER.format(**where))] if home else []
    return above + beneath + download + online


def linked_repository() -> str | None:
    """The repository that pages link to, as owner/name: that of this build, or the one that is stored, or None."""
    return choices.repository() or address.published()


def write_assets() -> None:
    """Lay what the pages share beside them: style, scripts, fonts, and what can be downloaded."""
    (OUTPUT / "notebooks").mkdir(parents=True, exist_ok=True)
    ASSETS.mkdir(exist_ok=True)
    for name in ("book.css", "book.js", "vendor/minisearch.js"):
        copyfile(page.TEMPLATE / name, ASSETS / Path(name).name)
    copytree(page.TEMPLATE / "fonts", ASSETS / "fonts", dirs_exist_ok=True)
    (ASSETS / "code.css").write_text(code_css(), encoding="utf-8")
    (ASSETS / "playground.js").write_text(playground.script(), encoding="utf-8")
    copyfile(citations.BIBLIOGRAPHY, OUTPUT / "references.bib")
    for name in notebook.names():
        copyfile(notebook.NOTEBOOKS / f"{name}.ipynb", OUTPUT / "notebooks" / f"{name}.ipynb")


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
