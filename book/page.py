"""Turns an executed notebook into the text of a page: math, figures, links and numbers are ready in the HTML."""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any

from d2l_utils import words
from d2l_utils.colours import INK, PAPER
from d2l_utils.words import gettext as _

from latex2mathml.converter import convert
from mistune.plugins.table import render_table
from nbconvert import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors import Preprocessor, TagRemovePreprocessor
from nbformat import NotebookNode

from . import citations, notebook, policy

TEMPLATE = Path(__file__).parent / "template"
# A named function stands a thin space apart from its argument; the converter leaves that space out.
NAMED_FUNCTION = re.compile(r"(<mi>(?:ln|log|exp|max|min|lim|sin|cos)</mi>)(?!<mo)")
# Firefox takes it for a sign that is large in a line of its own, as a sum is.
DOT_IN_CIRCLE = "<mo>&#x02299;</mo>"
TAG = re.compile(r"\\tag\{([\w.]+)\}")
QUOTED = re.compile(r"&quot;(.*?)&quot;")
# Names, punctuation and blanks have the colour of all text: their marks would be a third of a page's weight.
UNCOLOURED = re.compile(r'<span class="(?:n|p|w)">(.*?)</span>', flags=re.DOTALL)
# No line may begin with the comma after a formula, or end with the bracket before it.
PUNCTUATED = re.compile(
    r"([（“《]*)"
    r'(<math [^>]*display="inline">(?:(?!</math>).)*</math>)'
    r"([,.;:!?)’”，。；：！？）、》]*)",
    flags=re.DOTALL,
)
# Full-width punctuation has room of its own, and so has the beginning of a line.
ROOMY = re.compile(r"((?:<p>|<li>|[，。；：！？）、》”（“《])(?:<span class=\"whole\">)?)<math ")
WIDE_GAP = r"\qquad"  # between the parts of an equation; on a phone they stand one below the other
METADATA = re.compile(r"<metadata>.*?</metadata>", flags=re.DOTALL)
ANCHOR = '<a class="anchor-link"'
PLACE = re.compile(r'(?<= id=")[^"]*|(?<= href="#)[^"]*')


class PageError(ValueError):
    """A cell that cannot be shown.

    Args:
        message: what is wrong with which part of it (str).
        cell: the cell, counted among all cells from 1 (int).
    """

    def __init__(self, message: str, cell: int) -> None:
        super().__init__(message)
        self.cell = cell


@contextmanager
def showing(cell: NotebookNode) -> Iterator[None]:
    """Let an error say which cell it comes from."""
    try:
        yield
    except ValueError as mistake:
        raise PageError(str(mistake), cell.metadata.get("place", 0)) from mistake


@cache
def mathml(tex: str, display: str) -> str:
    """Convert a formula to MathML, which browsers draw without a script. Most stand in the book many times."""
    try:
        math = convert(tex, display=display)
    except Exception as error:  # its errors have no kind in common, and most have no message
        raise ValueError(f"this formula cannot be converted ({type(error).__name__}): {_in_a_line(tex)}") from error
    if re.search(r"<m[io]>(&|\\.*?)</m[io]>", math):
        raise ValueError(f"this formula uses what latex2mathml does not know: {_in_a_line(tex)}")
    math = math.replace(DOT_IN_CIRCLE, DOT_IN_CIRCLE.replace("<mo>", '<mo largeop="false">'))
    return NAMED_FUNCTION.sub(r'\1<mspace width="0.167em"/>', math)


def _in_a_line(tex: str) -> str:
    return " ".join(tex.split())


def link_id(kind: str, number: str) -> str:
    """What a numbered figure or equation is called in an address: figure-5-2."""
    return f"{kind}-{number.replace('.', '-')}"


class PageRenderer(IPythonRenderer):
    """Markdown to HTML: math as MathML with its number, links between notebooks as links between pages.

    Args:
        anchors: what the headings are called in addresses (iterable of str), where that is not their own text.
    """

    def __init__(self, anchors: Iterable[str] = ()) -> None:
        super().__init__(escape=False, exclude_anchor_links=False, anchor_link_text="#")
        self.anchors = iter([*anchors])

    def block_math(self, body: str) -> str:
        tex = unescape(body)
        found = TAG.search(tex)
        if not found:
            raise ValueError(f"this equation has no number, such as \\tag{{6.1}}: {_in_a_line(tex)}")
        tag = found[1]
        place = link_id("equation", tag)
        formulas = (mathml(part, "block") for part in TAG.sub("", tex).split(WIDE_GAP))
        parts = "".join(f'<div class="part">{formula}</div>' for formula in formulas)
        label = _("Equation {number}").format(number=tag)
        number = f'<a href="#{place}" aria-label="{label}">({tag})</a>'
        return f'<div class="equation" id="{place}"><div class="parts">{parts}</div>{number}</div>\n'

    def inline_math(self, body: str) -> str:
        return mathml(unescape(body), "inline")

    def link(self, text: str, url: str, title: str | None = None) -> str:
        return super().link(text, re.sub(r"^([\w-]+)\.ipynb(?=$|#)", r"\1.html", url), title)

    def text(self, text: str) -> str:
        # Typewriter quotes to typographic ones: code is no text and keeps its own.
        return QUOTED.sub("“\\1”", super().text(text)).replace("'", "’")

    def heading(self, text: str, level: int, **attributes: Any) -> str:
        heading = super().heading(text, level, **attributes)
        if (anchor := next(self.anchors, None)) is not None:
            heading = PLACE.sub(anchor, heading)
        label = _("Link to this section")
        return heading.replace(ANCHOR, f'{ANCHOR} aria-label="{label}"')

    def table(self, text: str) -> str:
        return f'<div class="table">{render_table(self, text)}</div>\n'


class Places(Preprocessor):
    """Numbers all cells, before any of them is left out."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        for place, cell in enumerate(nb.cells, start=1):
            cell.metadata["place"] = place
        return nb, resources


class Figures(Preprocessor):
    """Numbers the figures of a chapter and moves the sentences that follow a figure into its caption."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        count = 0
        for cell, following in zip(nb.cells, [*nb.cells[1:], None]):
            figures = [out for out in cell.get("outputs", ()) if "image/svg+xml" in out.get("data", ())]
            for figure in figures:
                count += 1
                figure.metadata["number"] = f"{resources['number']}{count}"
            if figures:
                with showing(cell):
                    caption = self.caption(figures[-1], following)
                figures[-1].metadata["caption"] = caption
                figures[-1].metadata["message"] = caption.source.split("**")[1]
        return nb, resources

    @staticmethod
    def caption(figure: NotebookNode, following: NotebookNode | None) -> NotebookNode:
        """Cut the first paragraph out of the cell after a figure, and make a cell of its own of it."""
        if following is None or not following.source.startswith("**"):
            raise ValueError(f"a figure has no caption sentence after it: {figure.data.get('text/plain')}")
        caption, _, following.source = following.source.partition("\n\n")
        return NotebookNode(source=caption, metadata=following.metadata)


class PageExporter(TemplateExporter):
    """nbconvert with our template and our renderer."""

    file_extension = ".html"
    output_mimetype = "text/html"
    template_name = TEMPLATE.name
    extra_template_basedirs = [str(TEMPLATE.parent)]
    optimistic_validation = True  # once for a notebook, not after each preprocessor
    preprocessors = [Places, TagRemovePreprocessor(remove_cell_tags={notebook.SETUP}), Figures]

    def default_filters(self) -> Iterator[tuple[str, Any]]:
        yield from super().default_filters()
        yield "prose", prose
        yield "markup", markup
        yield "inline_svg", inline_svg
        yield "link_id", link_id
        yield "json", json.dumps
        yield "highlighted", highlighted


@cache
def exporter() -> PageExporter:
    """One exporter for all pages: it compiles its templates when it is made."""
    made = PageExporter()
    made.environment.globals["_"] = _
    return made


def prose(cell: NotebookNode) -> str:
    """A cell's Markdown as HTML, with its formulas drawn and its citations linked."""
    renderer = PageRenderer(map(anchor, cell.metadata.get("headings", ())))
    with showing(cell):
        html = policy.checked(MarkdownWithMath(renderer=renderer).render(cell.source))
        return citations.linked(ROOMY.sub(r'\1<math class="first" ', PUNCTUATED.sub(_bound, html)))


def _bound(formula: re.Match[str]) -> str:
    """A formula in one piece with the punctuation around it, if it has any."""
    return f'<span class="whole">{formula[0]}</span>' if formula[1] or formula[3] else formula[0]


def anchor(heading: str) -> str:
    """What a heading, as Markdown has it, is called in addresses."""
    found = PLACE.search(MarkdownWithMath(renderer=PageRenderer()).render(heading))
    return found[0] if found else ""


def markup(html: str, cell: NotebookNode) -> str:
    """The HTML that a cell gave, if a page may have it."""
    with showing(cell):
        return policy.checked(html)


@cache
def highlighted(code: str) -> str:
    """Code as HTML, with marks only where a colour hangs on them. It is the same in every edition."""
    return UNCOLOURED.sub(r"\1", Highlight2HTML()(code))


def inline_svg(output: NotebookNode, cell: NotebookNode) -> str:
    """Put a figure into the page itself: its own ids, the page's ink and paper, and in words what it shows.

    The words begin with the caption's first sentence: the message before the numbers.
    """
    said = output.get("metadata", {}).get("image/svg+xml", {})
    alt = said.get("alts", {}).get(words.language()) or said.get("alt")
    with showing(cell):
        if not alt:
            raise ValueError(f"a figure has no alternative text: {output.data.get('text/plain')}")
        svg = policy.checked(METADATA.sub("", output.data["image/svg+xml"]), "picture")
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\1{link_id('f', output.metadata.number)}-", svg)
    label = f"{output.metadata.get('message', '')} {alt}".strip()
    svg = svg.replace(PAPER, "none").replace(INK, "currentColor")
    # Text without a fill of its own, and paths without a stroke, are black in SVG.
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" fill="currentColor" ', 1)


def body(nb: NotebookNode, number: str = "") -> str:
    """The text of a notebook's page; its figures are numbered after the chapter's own number, such as '5.'."""
    return exporter().from_notebook_node(nb, {"number": number})[0]
