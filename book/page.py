"""Turns executed notebooks into pages that open from disk: math, figures and links are ready in the HTML."""

import re
from html import escape, unescape
from pathlib import Path
from shutil import copyfile

from d2l_utils.figure import INK, PAPER

from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments.formatters import HtmlFormatter

from . import notebook
from .run import EXECUTED

TEMPLATE = Path(__file__).parent / "template"
OUTPUT = notebook.BUILD / "html"
# A named function stands a thin space apart from its argument; the converter leaves that space out.
NAMED_FUNCTION = re.compile(r"(<mi>(?:ln|log|exp|max|min|lim|sin|cos)</mi>)(?!<mo)")


def mathml(tex, display):
    """Convert a formula to MathML, which browsers draw without a script."""
    math = convert(tex, display=display)
    if re.search(r"<m[io]>(&|\\.*?)</m[io]>", math):
        raise ValueError(f"this formula uses what latex2mathml does not know: {tex}")
    return NAMED_FUNCTION.sub(r'\1<mspace width="0.167em"/>', math)


class PageRenderer(IPythonRenderer):
    """Markdown to HTML: math as MathML, links between notebooks as links between pages."""

    def block_math(self, body):
        return mathml(unescape(body), "block")

    def inline_math(self, body):
        return mathml(unescape(body), "inline")

    def link(self, text, url, title=None):
        return super().link(text, re.sub(r"^([\w-]+)\.ipynb(?=$|#)", r"\1.html", url), title)


class PageExporter(HTMLExporter):
    """nbconvert with our template and our renderer."""

    template_name = TEMPLATE.name
    extra_template_basedirs = [str(TEMPLATE.parent)]

    def markdown2html(self, source):
        renderer = PageRenderer(escape=False, exclude_anchor_links=False, anchor_link_text="#")
        return MarkdownWithMath(renderer=renderer).render(source)

    def default_filters(self):
        yield from super().default_filters()
        yield "markdown2html", self.markdown2html
        yield "inline_svg", InlineSvg()


class InlineSvg:
    """Puts a figure into the page itself: its own ids, the page's ink and paper, its alternative text."""

    def __init__(self):
        self.count = 0

    def __call__(self, output):
        alt = output.get("metadata", {}).get("image/svg+xml", {}).get("alt")
        if not alt:
            raise ValueError(f"a figure has no alternative text: {output.data.get('text/plain')}")
        self.count += 1
        svg = re.sub(r"<metadata>.*?</metadata>", "", output.data["image/svg+xml"], flags=re.DOTALL)
        svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\1f{self.count}-", svg)
        svg = svg.replace(PAPER, "none").replace(INK, "currentColor")
        # Text without a fill of its own, and paths without a stroke, are black in SVG.
        return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" fill="currentColor" ', 1)


def used_stand_in(nb):
    """Tell whether any cell warned that something stood in for a real data file."""
    outputs = [output for cell in nb.cells for output in cell.get("outputs", ())]
    return any("StandInWarning" in output.get("text", "") for output in outputs)


def write_book(leave=()):
    """Write a page for each notebook that has been run, except those to leave as they are."""
    (OUTPUT / "assets").mkdir(parents=True, exist_ok=True)
    copyfile(TEMPLATE / "book.css", OUTPUT / "assets" / "book.css")
    (OUTPUT / "assets" / "code.css").write_text(code_css())
    notebooks = {name: notebook.read(name, EXECUTED) for name in notebook.names() if name not in leave}
    titles = {name: notebook.title(notebook.read(name)) for name in notebook.names()}
    pages = [{"name": name, "title": title, "entry": _entry(name, title)} for name, title in titles.items()]
    for orphan in {path.stem for path in OUTPUT.glob("*.html")} - set(titles):
        (OUTPUT / f"{orphan}.html").unlink()
    for i, page in enumerate(pages):
        if page["name"] in notebooks:
            nb = notebooks[page["name"]]
            resources = {
                "book_title": pages[0]["title"],
                "pages": pages,
                "page": {**page, "used_stand_in": used_stand_in(nb)},
                "previous": pages[i - 1] if i else None,
                "next": pages[i + 1] if i + 1 < len(pages) else None,
            }
            body, _ = PageExporter().from_notebook_node(nb, resources)
            (OUTPUT / f"{page['name']}.html").write_text(body)


def code_css():
    """The colours of code, for light pages and dark ones."""
    light = HtmlFormatter(style="xcode").get_style_defs(".highlight")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".highlight")
    return f"{light}\n@media (prefers-color-scheme: dark) {{\n{dark}\n}}\n"


def _entry(name, title):
    """What the list of chapters calls a page: its number and title, or short words beneath a chapter."""
    if name.endswith("_solutions"):
        return "Solutions"
    number = re.match(r"\d+", name)
    return f"{int(number[0])}. {title}" if number else "Start here"
