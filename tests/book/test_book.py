"""The built pages as text: whole by themselves, linked to each other, readable without a script."""

import re
import subprocess
import sys
from html.parser import HTMLParser

from book import address, citations, notebook, page, pages, pdf, policy, search, site
from book.edition import CHINESE, ENGLISH, editions
from book.prose import mathml
from d2l_utils import words
from eyes import contrast

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

NAMES = notebook.names()
PAGES = [*NAMES, citations.PAGE]
OF_NOTEBOOKS = [pytest.param((each, name), id=each.title(name)) for each in editions() for name in NAMES]
EVERY = [*OF_NOTEBOOKS, *(pytest.param((each, citations.PAGE), id=each.title(citations.PAGE)) for each in editions())]


CHINESE_LETTER = re.compile("[\u4e00-\u9fff]")


class Page(HTMLParser):
    """Gathers of a page what the tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links, self.loads, self.graphics = [], [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append(tag)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if tag == "a" else []
        if tag in ("link", "img", "script"):
            self.loads += [attributes[key] for key in ("src", "href") if key in attributes]
        self.graphics += [attributes.get("aria-label", "")] if tag == "svg" else []


@pytest.fixture(params=EVERY)
def place(request):
    return request.param


@pytest.fixture
def edition(place):
    return place[0]


@pytest.fixture
def name(place):
    return place[1]


@pytest.fixture
def text(edition, name):
    return (edition.pages / f"{name}.html").read_text(encoding="utf-8")


def test_page_says_what_it_may_load_and_run(text):
    found = re.findall(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">', text)
    (inline,) = re.findall(r"<script>(.*?)</script>", text)
    assert found == [policy.content(inline)]
    assert text.index("Content-Security-Policy") < text.index("<link")


def test_page_is_whole_by_itself(edition, text):
    loads = Page(text).loads
    assert loads.pop(loads.index("data:,"))  # no icon is asked for
    shared = {f"{edition.up}assets/{file}" for file in ("book.css", "code.css", "book.js")}
    assert shared <= set(loads)
    assert ("assets/words.js" in loads) == (edition != ENGLISH)
    assert all((edition.pages / file).is_file() for file in loads)
    assert (f"{edition.up}assets/playground.js" in loads) == ("<optimizer-playground" in text)
    assert "url(http" not in text


def test_one_heading_of_the_first_rank_and_unique_ids(text):
    parsed = Page(text)
    assert parsed.tags.count("h1") == 1
    assert len(parsed.ids) == len(set(parsed.ids))


@pytest.mark.parametrize("place", OF_NOTEBOOKS)
def test_math_is_math(edition, name, text):
    prose = notebook.markdown(notebook.read(name, edition.notebooks))
    formulas = len(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", prose, flags=re.DOTALL)) + prose.count(r"\qquad")
    assert text.count("<math") == formulas
    prose = re.sub(r"<pre.*?</pre>|<svg.*?</svg>|<code>.*?</code>|setting=\".*?\"", "", text, flags=re.DOTALL)
    assert "$" not in prose
    assert "\\" not in prose


@pytest.mark.parametrize("place", OF_NOTEBOOKS)
def test_equations_and_figures_are_numbered_in_order(edition, name, text):
    prefix = ("S" if name.endswith("_solutions") else "") + (f"{int(name[:2])}." if name[0].isdigit() else "")
    prose = notebook.markdown(notebook.read(name, edition.notebooks))
    tags = re.findall(r"\\tag\{([^}]+)\}\$\$", prose)
    assert tags == [f"{prefix}{i}" for i in range(1, len(tags) + 1)]
    assert len(tags) == prose.count("$$") / 2
    assert re.findall(r'id="equation-([^"]+)"', text) == [tag.replace(".", "-") for tag in tags]
    with words.spoken(edition.language):
        word = words.gettext("Figure {number}").partition("{")[0]
    figures = re.findall(rf'<figcaption><a class="number"[^>]*>{word}([^<]+)</a> <p><strong>', text)
    assert figures == [f"{prefix}{i}" for i in range(1, text.count("<figure") + 1)]


@pytest.mark.parametrize("place", OF_NOTEBOOKS)
def test_every_figure_speaks(edition, name, text):
    shown = [out for cell in notebook.read(name).cells for out in cell.get("outputs", ()) if "data" in out]
    graphics = Page(text).graphics
    assert len(graphics) == len([out for out in shown if "image/svg+xml" in out.data])
    assert all(len(alt) > (40 if edition == ENGLISH else 20) for alt in graphics)
    assert all(bool(CHINESE_LETTER.search(alt)) == (edition == CHINESE) for alt in graphics)


def test_links_lead_somewhere(edition, text):
    for link in Page(text).links:
        file, _, anchor = link.partition("#")
        if not file.startswith("http"):
            assert not file or (edition.pages / file).is_file(), link
            target = (edition.pages / file).read_text(encoding="utf-8") if anchor and file else text
            assert not anchor or f'id="{anchor}"' in target, link


def test_every_page_leads_to_every_page_and_on(name, text):
    links = Page(text).links
    assert all(f"{other}.html" in links for other in PAGES if not other.endswith("_solutions"))
    assert f"{name}_solutions.html" in links or f"{name}_solutions" not in PAGES
    assert ('rel="prev"' in text) == (name != PAGES[0])
    assert ('rel="next"' in text) == (name != PAGES[-1])
    assert text.count('aria-current="page"') == 1


def test_every_page_leads_to_the_other_language(edition, name, text):
    assert f'<html lang="{edition.language}">' in text
    for other in editions():
        assert (f'hreflang="{other.language}" href="{edition.to(other)}{name}.html">' in text) == (other != edition)


@pytest.mark.parametrize("name", PAGES)
def test_sections_have_one_address_in_every_language(name):
    anchors = [
        re.findall(r'<h[123] id="([^"]+)"', (each.pages / f"{name}.html").read_text(encoding="utf-8"))
        for each in editions()
    ]
    assert all(found == anchors[0] for found in anchors) or name == citations.PAGE


def render(*cells):
    return page.body(new_notebook(cells=[new_markdown_cell("# X"), *cells]))


def framed(nb, name="05_x"):
    """A page of its own for a notebook."""
    current = pages.describe(ENGLISH, name, nb, [name])
    return site.frame(ENGLISH, current, [current], site.linked_repository())


def test_pages_are_turned_from_chapter_to_chapter():
    entries = [pages.about(ENGLISH, name, name, "", NAMES) for name in NAMES]
    by_name = {current["name"]: current for current in entries}
    turned = [pages.neighbours(by_name[name], entries) for name in ("06_rmsprop", "06_rmsprop_solutions")]
    names = [[entry["name"] for entry in pair] for pair in turned]
    assert names == [["05_adagrad", "07_rmsprop_linear_regression"], ["06_rmsprop", "07_rmsprop_linear_regression"]]


def test_page_that_used_the_stand_in_says_so_at_its_head():
    warned = new_output("stream", name="stderr", text="StandInWarning: synthetic data\n")
    head = new_markdown_cell("# X\n\nText.")
    text = framed(new_notebook(cells=[head, new_code_cell("data.airfoil()", outputs=[warned])]))
    assert text.index("Stand-in data.") < text.index("<h1")
    assert "Stand-in data." not in framed(new_notebook(cells=[head]))


def test_figure_without_alternative_text_stops_the_build():
    mute = new_output("display_data", {"image/svg+xml": "<svg/>", "text/plain": "a figure"})
    with pytest.raises(ValueError, match="a figure has no alternative text"):
        render(new_code_cell("plot", outputs=[mute]), new_markdown_cell("**Caption.**"))


@pytest.mark.parametrize("following", [[], [new_markdown_cell("No caption.")]])
def test_figure_without_a_caption_stops_the_build(following):
    figure = new_output("display_data", {"image/svg+xml": "<svg/>", "text/plain": "a figure"})
    with pytest.raises(ValueError, match="a figure has no caption sentence after it: a figure"):
        render(new_code_cell("plot", outputs=[figure]), *following)


def test_an_alternative_text_begins_with_what_the_caption_says():
    metadata = {"image/svg+xml": {"alt": "A line from 0 to 1."}}
    figure = new_output("display_data", {"image/svg+xml": "<svg />"}, metadata=metadata)
    text = render(new_code_cell("plot", outputs=[figure]), new_markdown_cell("**The loss falls.** Look at the end."))
    assert 'aria-label="The loss falls. A line from 0 to 1."' in text


def test_formula_that_cannot_be_converted_stops_the_build():
    with pytest.raises(ValueError, match="latex2mathml does not know"):
        mathml(r"\begin{aligned} a &= b \end{aligned}", "block")


def test_a_cell_that_checks_is_folded():
    text = render(new_code_cell("assert 1 + 1 == 2", metadata={"tags": [notebook.CHECK]}))
    assert re.search(r'<details class="check"><summary>checked by code</summary>.*assert.*</details>', text, re.DOTALL)
    assert "<details" not in render(new_code_cell("1 + 1"))


def test_outputs_of_every_kind_are_shown():
    outputs = [
        new_output("stream", name="stdout", text="printed <1>"),
        new_output("execute_result", {"text/plain": "value <2>"}, execution_count=1),
        new_output("display_data", {"text/html": "<table><tr><th>3</th></tr></table>", "text/plain": "table"}),
    ]
    text = render(new_code_cell("x", outputs=outputs))
    assert all(shown in text for shown in ("printed &lt;1&gt;", "value &lt;2&gt;", "<th>3</th>"))


def test_links_between_notebooks_become_links_between_pages():
    text = render(new_markdown_cell("[a](06_rmsprop.ipynb) [b](06_rmsprop.ipynb#Summary) [c](https://e.org/x.ipynb)"))
    assert 'href="06_rmsprop.html"' in text
    assert 'href="06_rmsprop.html#Summary"' in text
    assert 'href="https://e.org/x.ipynb"' in text


def test_figures_take_the_colours_of_the_page(text):
    for svg in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL):
        assert "#ffffff" not in svg
        assert "#000000" not in svg


@pytest.mark.parametrize("ground", ["paper", "panel"])
@pytest.mark.parametrize(("name", "least"), [("ink", 7), ("quiet", 4.5), ("link", 4.5), ("edge", 3)])
def test_colours_of_the_page_can_be_read(name, least, ground):
    """Text at 4.5 to 1, the edges of what can be pressed at 3 to 1 (WCAG 2.2, 1.4.3 and 1.4.11), light and dark."""
    style = (page.TEMPLATE / "book.css").read_text(encoding="utf-8")
    pairs = dict(re.findall(r"--(\w+): light-dark\((#\w+, #\w+)\)", style))
    for colour, behind in zip(pairs[name].split(", "), pairs[ground].split(", ")):
        assert contrast(colour, behind) >= least


def test_stock_nbconvert_works_too(tmp_path):
    """On a Chinese notebook, whose code is that of the English one, but in a folder further down."""
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--execute", "--output-dir", tmp_path]
    subprocess.run([*command, CHINESE.notebooks / "index.ipynb"], check=True, capture_output=True, timeout=120)
    assert "RMSProp" in (tmp_path / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "entry"),
    [("index", "Start here"), ("06_rmsprop", "6 RMSProp"), ("06_rmsprop_solutions", "Solutions")],
)
def test_list_of_chapters_is_short_and_numbered(name, entry):
    nav = (
        (site.OUTPUT / "06_rmsprop.html")
        .read_text(encoding="utf-8")
        .partition('class="chapters"')[2]
        .partition("</nav>")[0]
    )
    entries = re.findall(rf'<a [^>]*href="{name}.html"[^>]*>(.*?)</a>', nav)
    assert [re.sub(r"<.*?>", "", found) for found in entries] == [entry]


def test_no_line_begins_with_the_comma_after_a_formula():
    text = render(new_markdown_cell("with $x$ and $y$, and so on"))
    assert re.findall(r'<span class="whole">.*?<mi>(\w)</mi>.*?</span>', text) == ["y"]
    assert "</math>,</span> and so on" in text


def test_quotes_in_prose_are_typographic_and_in_code_are_not():
    text = render(new_markdown_cell("it's \"so\": `a['b']`"))
    assert "it’s “so”" in text
    assert "a['b']" in text


def test_sections_are_found_by_their_words():
    table = "| Term | Meaning |\n|---|---|\n| <span id='term-x'></span>X | a thing |".replace("'", '"')
    (*_, term) = search.documents({"name": "n", "title": "T", "body": render(new_markdown_cell(table))})
    assert (term["section"], term["anchor"], term["text"]) == ("X", "term-x", "a thing")
    body = render(new_markdown_cell("before\n\n## A <i>b</i>\n\ntext $x^2$\n\n### C\n\nlast"))
    found = list(search.documents({"name": "n", "title": "T", "body": body}))
    assert [(entry["section"], entry["anchor"]) for entry in found] == [("", ""), ("A b", "A-b"), ("C", "C")]
    assert found[2]["text"].endswith("last")


def test_a_repository_adds_links_to_run_a_page_online(monkeypatch):
    nb = new_notebook(cells=[new_markdown_cell("# X\n\nText.")])
    monkeypatch.delenv("D2L_REPOSITORY", raising=False)
    monkeypatch.setattr(address, "stored", lambda: address.UNSET)
    assert "Colab" not in framed(nb, "06_rmsprop")
    monkeypatch.setattr(address, "stored", lambda: "octocat/stored")
    assert "/github/octocat/stored/blob/main/notebooks/06_rmsprop.ipynb" in framed(nb, "06_rmsprop")
    monkeypatch.setenv("D2L_REPOSITORY", "octocat/rmsprop")
    text = framed(nb, "06_rmsprop")
    assert "/github/octocat/rmsprop/blob/main/notebooks/06_rmsprop.ipynb" in text
    assert "/v2/gh/octocat/rmsprop/main?labpath=notebooks%2F06_rmsprop.ipynb" in text
    monkeypatch.setenv("D2L_REPOSITORY", "octocat")
    with pytest.raises(ValueError, match="D2L_REPOSITORY is 'octocat'; it must be owner/name"):
        framed(nb, "06_rmsprop")


def test_a_page_can_stand_in_one_document_with_the_others():
    links = "".join(f'<a href="{address}">x</a>' for address in ("#x", "b.html", "b.html#y", "https://e.org/x.html"))
    moved = pdf.within("a", f'{links}<p id="x">')
    assert re.findall(r'(?:href|id)="([^"]*)"', moved) == ["#a--x", "#b", "#b--y", "https://e.org/x.html", "a--x"]


def test_without_a_browser_there_is_no_pdf_but_a_clear_word(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit, match="make pdf prints with a browser; install Chromium"):
        pdf.write(ENGLISH, [])


def test_without_a_chinese_font_there_is_no_chinese_pdf_but_a_clear_word(monkeypatch, tmp_path):
    none = tmp_path / "fc-list"
    none.write_text("#!/bin/sh\n", encoding="utf-8")
    none.chmod(0o755)
    monkeypatch.setattr(pdf.browser, "find", lambda: "chromium")
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(SystemExit, match="needs a Chinese font, such as Debian's fonts-noto-cjk"):
        pdf.write(CHINESE, [])
