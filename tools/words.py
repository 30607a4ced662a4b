"""Brings the catalogues of translations up to date with the messages in code, templates and scripts: `make words`.

A catalogue is a text, *.po, in which translators write, and the same compiled, *.mo, which is read.
"""

import json
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from book import citations
from d2l_utils import words
from d2l_utils.chapters import ROOT

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2)}
# Which files have the messages of a catalogue, by the way in which Babel reads them.
METHODS = {
    words.PICTURES: {"d2l_utils/**.py": "python"},
    words.PAGES: {
        "book/**.py": "python",
        "book/template/*.j2": "jinja2",
        "book/references.bib": "tools.words:of_bibliography",
    },
    words.SCRIPTS: {
        "book/template/*.js": "javascript",
        "d2l_utils/playground/element/*.js": "javascript",
        "d2l_utils/playground/facts.json": "tools.words:of_facts",
    },
}
OPTIONS = {"**.js": {"parse_template_string": True}}  # outside of the quotes in a template
ELSEWHERE = "**/vendor/**", ".*/**", "_build/**", "notebooks/**", "tests/**", "tools/**"


def of_facts(file: BinaryIO, *_: Any, **options: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """What the playground's facts say, as Babel has it: names of optimizers and surfaces, and formulas with words."""
    facts = json.load(file)
    for its in [*facts["rules"].values(), facts["own"], *facts["surfaces"].values()]:
        yield 0, "_", its["title"], []
    for its in facts["surfaces"].values():
        if re.search("[a-z]{2}", its["formula"]):
            yield 0, "_", its["formula"], []


def of_bibliography(*_: Any, **options: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """What the bibliography says in words of our own, as Babel has it."""
    for entry in citations.entries().values():
        yield from ((0, "_", text, []) for text in citations.in_our_words(entry).values())


def extracted(domain: str) -> Catalog:
    """All messages of a catalogue, with the files that say them."""
    found = Catalog()
    methods = [*((pattern, "ignore") for pattern in ELSEWHERE), *METHODS[domain].items()]
    for path, line, message, comments, context in extract_from_dir(ROOT, methods, OPTIONS, KEYWORDS):
        found.add(message, locations=[(Path(path).as_posix(), line)], auto_comments=comments, context=context)
    return found


def updated(domain: str, language: str) -> Catalog:
    """A catalogue with exactly the messages that there are; new ones are empty."""
    with words.text_of(domain, language).open("rb") as file:
        catalogue = read_po(file, locale=words.locale(language))
    catalogue.update(extracted(domain), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    return catalogue


def untranslated(catalogue: Catalog) -> list[Any]:
    """The messages that lack a translation."""
    forms = {message.id: message.string for message in catalogue}
    return [name for name, form in forms.items() if not all(form if isinstance(form, tuple) else (form,))]


def as_text(catalogue: Catalog) -> bytes:
    file = BytesIO()
    write_po(file, catalogue, sort_output=True, width=110, include_lineno=False)  # they change with every edit
    return file.getvalue()


def compiled(catalogue: Catalog) -> bytes:
    file = BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def main() -> None:
    missing = 0
    for language in words.LANGUAGES[1:]:
        for domain in METHODS:
            catalogue = updated(domain, language)
            path = words.text_of(domain, language)
            path.write_bytes(as_text(catalogue))
            path.with_suffix(".mo").write_bytes(compiled(catalogue))
            for message in untranslated(catalogue):
                print(f"{language} lacks: {message}")
                missing += 1
    if missing:
        sys.exit(f"{missing} messages are not translated; write them into the .po files, and run this again")


if __name__ == "__main__":
    main()
