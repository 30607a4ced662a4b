"""Turns prose into HTML: formulas are drawn, sections, figures and works linked, typewriter quotes replaced."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from html import unescape
from typing import Any

from d2l_utils.words import gettext as _

from latex2mathml.converter import convert
from mistune.plugins.table import render_table
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

from . import citations, policy

# A named function stands a thin space apart from its argument; the converter leaves that space out.
NAMED_FUNCTION = re.compile(r"(<mi>(?:ln|log|exp|max|min|lim|sin|cos)</mi>)(?!<mo)")
# Firefox takes it for a sign that is large in a line of its own, as a sum is.
DOT_IN_CIRCLE = "<mo>&#x02299;</mo>"
TAG = re.compile(r"\\tag\{([\w.]+)\}")
QUOTED = re.compile(r"&quot;(.*?)&quot;")
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
