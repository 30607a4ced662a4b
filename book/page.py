"""Turns an executed notebook into the text of a page: code, outputs and figures, with the prose between them."""

import json
import re
from collections.abc import Iterator
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from d2l_utils import words
from d2l_utils.colours import INK, PAPER
from d2l_utils.words import gettext as _

from nbconvert import TemplateExporter
from nbconvert.filters.highlight import Highlight2HTML
from nbconvert.preprocessors import Preprocessor, TagRemovePreprocessor
from nbformat import NotebookNode

from . import notebook, policy
from .prose import link_id, prose, showing

TEMPLATE = Path(__file__).parent / "template"
# Names, punctuation and blanks have the colour of all text: their marks would be a third of a page's weight.
UNCOLOURED = re.compile(r'<span class="(?:n|p|w)">(.*?)</span>', flags=re.DOTALL)
METADATA = re.compile(r"<metadata>.*?</metadata>", flags=re.DOTALL)


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
