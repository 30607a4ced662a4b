"""Reads the bibliography: links citations to its entries, and writes the page that lists them."""

import re
from contextlib import suppress
from copy import deepcopy
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from d2l_utils.words import gettext as _

from pybtex.backends.html import Backend
from pybtex.database import Entry, parse_file
from pybtex.exceptions import PybtexError
from pybtex.richtext import Text
from pybtex.style.formatting import plain
from pybtex.style.template import field, sentence, tag

BIBLIOGRAPHY = Path(__file__).with_name("references.bib")
PAGE = "references"
CITATION = re.compile(r'<cite data-cite="([^"]*)">(.*?)</cite>', re.DOTALL)
MOST_NAMES = 6  # more authors than these are "A and others"


class BrokenBibliography(ValueError):
    """The file of the bibliography is no BibTeX."""


@cache
def entries() -> dict[str, Entry]:
    """The works by their keys, as pybtex reads them.

    Raises:
        BrokenBibliography: the file cannot be read; names it and, where it is known, the line.
    """
    try:
        return dict(parse_file(BIBLIOGRAPHY, bib_format="bibtex").entries)
    except (PybtexError, OSError, UnicodeDecodeError) as mistake:
        line = getattr(mistake, "lineno", None)
        where = f"book/{BIBLIOGRAPHY.name}{f', line {line}' if line else ''}"
        raise BrokenBibliography(f"{where} cannot be read: {mistake}") from mistake


def label(key: str) -> str:
    """What a chapter's list calls a work: its authors and year, or its name if it has no authors."""
    entry = entries()[key]
    names = [" ".join(person.prelast_names + person.last_names) for person in entry.persons.get("author", ())]
    if not names:
        return entry.fields.get("key") or str(Text.from_latex(entry.fields["title"]))
    if len(names) > MOST_NAMES:
        names = [names[0], "others"]
    authors = " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f"{authors} ({entry.fields['year']})" if "year" in entry.fields else authors


def cited(text: str) -> list[str]:
    """The keys that a text cites, each once, in the order of the text."""
    return list(dict.fromkeys(key for key, _ in CITATION.findall(text)))


def linked(text: str) -> str:
    """A text, Markdown or HTML, with a link in each of its citations."""
    with suppress(BrokenBibliography):  # the page of references says so, and no page is lost for it
        for key in cited(text):
            if key not in entries():
                raise ValueError(f"{key!r} is cited; right would be a key of book/{BIBLIOGRAPHY.name}")
    return CITATION.sub(rf'<cite><a href="{PAGE}.html#\1">\2</a></cite>', text)


def citing(texts: dict[str, str]) -> dict[str, list[str]]:
    """For each work the names of the pages that cite it; the texts come by name, in reading order."""
    return {key: [name for name, text in texts.items() if key in cited(text)] for key in entries()}


def bibliography(texts: dict[str, str], titles: dict[str, str]) -> str:
    """The Markdown of the page of references: every work, by first author and year, and where it is cited."""
    pages = citing(texts)
    style = Style()
    works = [style.format_entry("", _spoken(entries()[key])) for key in sorted(entries(), key=_order)]
    items = [_item(work, pages[work.key], titles) for work in works]
    heading = _("References")
    introduction = _(
        "The works that the chapters cite, by first author and year. The links of a work lead out of this book."
    )
    return "\n".join([f"# {heading}\n", f"{introduction}\n", '<ol class="bibliography">', *items, "</ol>"])


def in_our_words(entry: Entry) -> dict[str, str]:
    """Title and description of what we have to describe: libraries, tutorials and the like; of other works nothing."""
    described = "title", "howpublished"
    return {name: entry.fields[name] for name in described} if "howpublished" in entry.fields else {}


def _spoken(entry: Entry) -> Entry:
    """A work, described in the language that is spoken."""
    told = deepcopy(entry)
    told.fields.update({name: _(text) for name, text in in_our_words(entry).items()})
    return told


class Style(plain.Style):
    """pybtex's plain style, but with titles spelt as in the file."""

    def format_title(self, e: Entry, which_field: str, as_sentence: bool = True) -> Any:
        title = tag("cite")[field(which_field)]
        return sentence[title] if as_sentence else title


class Html(Backend):
    """pybtex's HTML, but without marks around the words whose capitals are to be kept."""

    def format_protected(self, text: str) -> str:
        return text


def _order(key: str) -> tuple[str, str, str]:
    """The sorting key of a work: first author or name, then year."""
    people = entries()[key].persons.get("author")
    first = " ".join(people[0].last_names) if people else label(key)
    return first.casefold(), entries()[key].fields.get("year", ""), label(key)


def _item(formatted: Any, names: list[str], titles: dict[str, str]) -> str:
    """One work in the list."""
    work = formatted.text.render(Html()).replace("\n", " ")
    links = _(", ").join(f'<a href="{name}.html">{escape(titles[name])}</a>' for name in names)
    cited_in = _("Cited in {links}.").format(links=links)
    where = f' <span class="cited">{cited_in}</span>' if links else ""
    return f'<li id="{formatted.key}">{work}{where}</li>'
