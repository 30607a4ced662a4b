"""What the search box looks through: the text of every section of every page."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import cast

from bs4 import BeautifulSoup, NavigableString, Tag

# What has no words is most of a page: pictures, and the marks that colour code. The parser need not read it.
WORDLESS = re.compile(r'<svg.*?</svg>|<span class="\w+">([^<]*)</span>', re.DOTALL)
# Half of the tags that are left are those of formulas, of which a section's title alone keeps its own.
FORMULA = re.compile(r"(<h[23][ >].*?</h[23]>)|<math.*?</math>", re.DOTALL)
ANY_TAG = re.compile(r"<[^>]*>")
SILENT = "script, style, a.anchor-link"
TERM = 'td:first-child > span[id^="term-"]'  # where a row of the glossary begins


@dataclass
class Section:
    """A piece of a page: what comes before its first heading, what follows one, or a term of the glossary."""

    rank: str = ""  # h2, h3 or tr
    anchor: str = ""
    title: str = ""
    html: str = ""  # the title with its formulas
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """Its words, its title's among them."""
        return _joined(self.words)


def plain(html: str) -> str:
    """The words of a piece of HTML, without its pictures."""
    return _joined(_parsed(html).stripped_strings)


def headings(body: str) -> list[dict[str, str]]:
    """The sections of a page, for the list "On this page": the headings of the second rank."""
    return [{"anchor": part.anchor, "title": part.html} for part in sections(body) if part.rank == "h2"]


def documents(page: dict) -> Iterator[dict[str, str]]:
    """One entry for what comes before the first heading of a page, one for each section and one for each term."""
    for part in sections(page["body"]):
        if part.text:
            about = {"page": page["name"], "title": page["title"]}
            yield {**about, "anchor": part.anchor, "section": part.title, "text": part.text}


def script(entries: Iterable[dict[str, str]]) -> str:
    """The entries as a script: pages that are opened from disk may load a script, but no other file."""
    numbered = [{"id": i, **entry} for i, entry in enumerate(entries)]
    return f"window.bookSections = {json.dumps(numbered, ensure_ascii=False)};\n"


@cache
def sections(body: str) -> tuple[Section, ...]:
    """The pieces of a page in its order, then the terms, which are found one by one."""
    soup = _parsed(body)
    terms = [_term(mark) for mark in soup.select(TERM)]
    found = [Section()]
    for node in soup.descendants:
        if isinstance(node, Tag) and node.name in ("h2", "h3"):
            title = _joined(node.stripped_strings)
            found.append(Section(node.name, str(node["id"]), title, node.decode_contents()))
        elif isinstance(node, NavigableString):
            found[-1].words.append(node)
    return (*found, *terms)


def _term(mark: Tag) -> Section:
    """Take a row out of the glossary: the term stands in its first cell, what it means in the others."""
    row = cast(Tag, mark.find_parent("tr")).extract()
    first = cast(Tag, row.td).extract()
    return Section("tr", str(mark["id"]), _joined(first.stripped_strings), words=list(row.stripped_strings))


def _parsed(html: str) -> BeautifulSoup:
    """A piece of HTML without what has no words for a reader."""
    wordy = FORMULA.sub(lambda found: found[1] or ANY_TAG.sub(" ", found[0]), WORDLESS.sub(r" \1 ", html))
    soup = BeautifulSoup(wordy, "html.parser")
    for element in soup.select(SILENT):
        element.decompose()
    return soup


def _joined(words: Iterable[str]) -> str:
    return " ".join(" ".join(words).split())
