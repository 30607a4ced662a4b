"""The Chinese edition: the same code and outputs as the English one, and prose that says the same."""

import re
from collections import Counter
from functools import partial

from book import notebook
from book.edition import CHINESE
from book.translation import digest, prose_cells, stale, translated
from d2l_utils import words
from tools import words as catalogues

import pytest
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NAMES = notebook.names()
HAN = "\u4e00-\u9fff"
TEX_TEXT = re.compile(r"\\text\{[^{}]*\}|[\s.,]")
DISPLAY = re.compile(r"\$\$.*?\$\$", re.DOTALL)
INLINE = re.compile(r"\$[^$]+\$")
CODE = re.compile(r"`[^`]+`")
# What a translation keeps as it is; of formulas all but words in them, and the full stop at their end.
KEPT = {
    "citations": re.compile(r'data-cite="([^"]+)"'),
    "marks": re.compile(r'\bid="([^"]+)"'),
    "links": re.compile(r"\]\(([^)]+)\)"),
    "code": CODE,
    "ranks of headings": re.compile(r"^#+ ", re.MULTILINE),
}


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def english(name):
    return notebook.read(name)


@pytest.fixture
def chinese(name):
    return notebook.read(name, CHINESE.notebooks)


@pytest.fixture
def pairs(english, chinese):
    """The English and the Chinese of each prose cell, by its id."""
    ours = prose_cells(chinese)
    return {name: (cell.source, ours[name].source) for name, cell in prose_cells(english).items()}


def without(text, *patterns):
    for pattern in patterns:
        text = pattern.sub("\ufffc", text)  # an object in the text
    return text


def prose(text):
    """The words of a cell: no formulas, no code, no addresses, no tags."""
    return without(text, DISPLAY, INLINE, CODE, re.compile(r"(?<=\])\([^)]*\)"), re.compile(r"<[^>]*>"))


def test_code_and_outputs_are_those_of_the_english_notebook(english, chinese):
    assert [cell.id for cell in chinese.cells] == [cell.id for cell in english.cells]
    assert [cell for cell in chinese.cells if cell.cell_type != "markdown"] == [
        cell for cell in english.cells if cell.cell_type != "markdown"
    ]
    assert chinese.metadata == english.metadata


def test_every_cell_translates_the_english_as_it_is_now(name, english, chinese):
    assert [f"{name}, {cell}" for cell in stale(english, chinese)] == []


def test_formulas_code_links_and_citations_are_kept(pairs):
    for cell, (english, chinese) in pairs.items():
        for what, pattern in KEPT.items():
            assert Counter(pattern.findall(chinese)) == Counter(pattern.findall(english)), (cell, what)
        formulas = [[TEX_TEXT.sub("", found) for found in DISPLAY.findall(text)] for text in (english, chinese)]
        assert formulas[0] == formulas[1], cell


def test_captions_begin_with_their_message(pairs):
    for cell, (english, chinese) in pairs.items():
        assert chinese.startswith("**") == english.startswith("**"), cell
        assert not chinese.startswith("**") or re.match(r"\*\*[^*]+[。？！”）]\*\*( |$)", chinese), cell


def test_prose_is_set_as_chinese_is(pairs):
    """No blank between Chinese and Latin, which the page's style sets apart; full-width punctuation; no italics."""
    faults = {
        "a blank": re.compile(rf"[{HAN}，。；：] +[A-Za-z0-9]|[A-Za-z0-9] +[{HAN}]"),
        "half-width punctuation": re.compile(rf"[{HAN}][,;:?!]|[{HAN}]\.(?!\w)"),
        "italics": re.compile(r"(?<!\*)\*(?![\s*])[^*\n]+\*(?!\*)"),
        "straight quotes": re.compile('"'),
        "您": re.compile("您"),
    }
    marks = re.compile(r"\*\*[^*]*\*\* |^ *(?:[-*]|\d+\.) |^#+ ", re.MULTILINE)
    for cell, (_, chinese) in pairs.items():
        for what, fault in faults.items():
            found = fault.search(prose(marks.sub("", chinese)))
            assert not found, (cell, what, found[0])


def test_a_translation_keeps_its_words_and_takes_code_and_outputs_anew():
    english = new_notebook(cells=[new_markdown_cell("new", id="a"), new_code_cell("2", id="b")])
    ours = new_markdown_cell("旧", id="a", metadata={"translates": digest("old")})
    before = new_notebook(cells=[new_code_cell("1", id="b"), ours, new_markdown_cell("gone", id="c")])
    joined = translated(english, before)
    assert [cell.source for cell in joined.cells] == ["旧", "2"]
    assert stale(english, joined) == ["a"]
    joined.cells[0].metadata["translates"] = digest("new")
    assert stale(english, joined) == []
    assert stale(english, new_notebook()) == ["a"]


def told(catalogue):
    """The messages of a catalogue and their translations; one that has a plural has several forms."""
    return {forms(message.id): forms(message.string) for message in catalogue if message.id}


def forms(said):
    return (said,) if isinstance(said, str) else tuple(said)


@pytest.mark.parametrize("domain", catalogues.METHODS)
def test_catalogues_are_whole_and_compiled(domain):
    catalogue = catalogues.updated(domain, words.CHINESE)
    text = words.text_of(domain, words.CHINESE)
    with text.open("rb") as stored, text.with_suffix(".mo").open("rb") as compiled:
        assert told(read_po(stored)) == told(read_mo(compiled)) == told(catalogue)
    assert catalogues.untranslated(catalogue) == []
    assert [error for _, errors in catalogue.check() for error in errors] == []


def test_numbers_take_the_form_that_their_language_has():
    one, two = (words.in_each_language(partial(words.ngettext, "{n} step", "{n} steps", n)) for n in (1, 2))
    assert one == {"en": "1 step", "zh-CN": "1步"}
    assert two == {"en": "2 steps", "zh-CN": "2步"}
