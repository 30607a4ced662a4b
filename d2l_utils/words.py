"""What is said in more than one language: alternative texts, and the words of pages around the text of a chapter.

Each message stands in the code in English; its translations stand in locale/, which `make words` brings up to date:
those of pictures by themselves, since what notebooks give rests on them.
"""

import gettext as catalogues
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).with_name("locale")
PICTURES, PAGES, SCRIPTS = "pictures", "pages", "scripts"  # what speaks
ENGLISH = "en"
CHINESE = "zh-CN"
LANGUAGES = ENGLISH, CHINESE  # as HTML names them
_language = ContextVar("language", default=ENGLISH)


def locale(language: str) -> str:
    """What catalogues call a language: zh_CN for zh-CN."""
    return language.replace("-", "_")


@cache
def catalogue(language: str) -> catalogues.NullTranslations:
    """The translations of all messages into a language; into English each is what it is."""
    if language == ENGLISH:
        return catalogues.NullTranslations()
    found = [catalogues.translation(domain, LOCALE, [locale(language)]) for domain in (PICTURES, PAGES)]
    found[0].add_fallback(found[1])
    return found[0]


def language() -> str:
    """The language that is spoken at present."""
    return _language.get()


def text_of(domain: str, language: str) -> Path:
    """Where a catalogue stands, as translators read it."""
    return LOCALE / locale(language) / "LC_MESSAGES" / f"{domain}.po"


def gettext(message: str) -> str:
    """A message in the language that is spoken at present."""
    return catalogue(_language.get()).gettext(message)


def ngettext(one: str, many: str, number: int) -> str:
    """A message about a number of things, in the form that the number asks for, with the number in place of {n}."""
    return catalogue(_language.get()).ngettext(one, many, number).format(n=number)


@contextmanager
def spoken(language: str) -> Iterator[None]:
    """Have messages come in a language, one of LANGUAGES."""
    before = _language.set(language)
    try:
        yield
    finally:
        _language.reset(before)


def in_each_language(tell: Callable[[], str]) -> dict[str, str]:
    """What a function says, by language."""
    told = {}
    for language in LANGUAGES:
        with spoken(language):
            told[language] = tell()
    return told
