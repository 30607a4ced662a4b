"""The chapters cite works that the bibliography holds, by the names that it gives them."""

import re

from book import citations, notebook

import pytest

NAMES = notebook.names()
TEXTS = {name: notebook.markdown(notebook.read(name)) for name in NAMES}
LISTS = {name: text.partition("## References")[2] for name, text in TEXTS.items() if "## References" in text}
TITLES = {name: f"Title of {name}" for name in NAMES}
HEADS = [
    pytest.param(key, text, id=f"{name}-{key}")
    for name, text in LISTS.items()
    for key, text in citations.CITATION.findall(text)
]


@pytest.mark.parametrize("name", NAMES)
def test_every_key_is_known(name):
    assert set(citations.cited(TEXTS[name])) <= set(citations.entries())


@pytest.mark.parametrize("name", NAMES)
def test_no_mark_is_misspelt(name):
    assert TEXTS[name].count("<cite") == TEXTS[name].count("</cite>") == len(citations.CITATION.findall(TEXTS[name]))


def test_every_work_is_cited():
    assert [key for key, names in citations.citing(TEXTS).items() if not names] == []


def test_every_work_of_a_list_carries_a_mark():
    items = [line for text in LISTS.values() for line in text.splitlines() if line.startswith("- ")]
    assert len(items) > 60
    assert [item for item in items if not item.startswith('- <cite data-cite="')] == []


@pytest.mark.parametrize(("key", "text"), HEADS)
def test_lists_name_a_work_as_the_bibliography_does(key, text):
    assert text.strip("*").casefold() == citations.label(key).casefold()


@pytest.mark.parametrize("name", NAMES)
def test_citations_in_the_text_agree_with_the_bibliography(name):
    """Whoever is named in a mark is an author or the name of the work, and a year is its year."""
    for key, text in citations.CITATION.findall(TEXTS[name]):
        entry = citations.entries()[key]
        people = [word for person in entry.persons.get("author", ()) for word in person.last_names]
        known = {*people, *re.findall(r"\w+", f"{citations.label(key)} {entry.fields['title']}")}
        assert set(re.findall(r"[A-Z]\w+|\b\d{4}\b", text)) <= known | {entry.fields.get("year")}


def test_links():
    text = 'As <cite data-cite="duchi2011">Duchi, Hazan and Singer</cite> and <cite data-cite="d2l">*Dive*</cite> say.'
    assert citations.linked(text) == (
        'As <cite><a href="references.html#duchi2011">Duchi, Hazan and Singer</a></cite>'
        ' and <cite><a href="references.html#d2l">*Dive*</a></cite> say.'
    )


def test_an_unknown_key_is_refused():
    with pytest.raises(ValueError, match=r"'nobody1900' is cited.*references\.bib"):
        citations.linked('<cite data-cite="nobody1900">Nobody</cite>')


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("zeiler2012", "Zeiler (2012)"),
        ("kingma2015", "Kingma and Ba (2015)"),
        ("duchi2011", "Duchi, Hazan and Singer (2011)"),
        ("goyal2017", "Goyal and others (2017)"),
        ("d2l", "Zhang, Lipton, Li and Smola"),
        ("keras", "Keras"),
        ("pytorch23796", "Issue 23796 of pytorch/pytorch"),
    ],
)
def test_labels(key, label):
    assert citations.label(key) == label


def test_the_bibliography_lists_every_work_and_who_cites_it():
    page = citations.bibliography(TEXTS, TITLES)
    items = dict(re.findall(r'<li id="([^"]+)">(.*)</li>', page))
    assert set(items) == set(citations.entries())
    for key, names in citations.citing(TEXTS).items():
        links = re.findall(r'<a href="([^"]+)\.html">([^<]+)</a>', items[key].partition('class="cited"')[2])
        assert links == [(name, TITLES[name]) for name in names]
        title = re.sub("[{}]", "", citations.entries()[key].fields["title"])
        assert f"<cite>{title}</cite>" in items[key] or f"<em>{title}</em>" in items[key]


def test_the_bibliography_goes_by_first_author_and_year():
    keys = re.findall(r'<li id="([^"]+)">', citations.bibliography(TEXTS, TITLES))
    chosen = ["amdahl1967", "cohen2021", "cohen2022", "nesterov1983", "nesterov2004", "zeiler2012", "d2l"]
    assert [key for key in keys if key in chosen] == chosen


def test_the_bibliography_links_to_the_works():
    page = citations.bibliography(TEXTS, TITLES)
    for address in (
        "https://doi.org/10.1214/aoms/1177729586",
        "https://arxiv.org/abs/1212.5701",
        "https://github.com/google-deepmind/optax/issues/532",
    ):
        assert f'<a href="{address}">' in page


def test_a_work_that_no_page_cites_says_nothing_of_pages():
    assert "Cited in" not in citations.bibliography({}, {})
