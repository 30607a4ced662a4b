"""The built pages: whole by themselves, linked to each other, readable without a script."""

import re
import subprocess
import sys
from html.parser import HTMLParser

from book import notebook, page

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

NAMES = notebook.names()


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


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def text(name):
    return (page.OUTPUT / f"{name}.html").read_text()


def test_page_is_whole_by_itself(text):
    loads = Page(text).loads
    assert set(loads) == {"assets/book.css", "assets/code.css", "data:,"}
    assert "<script" not in text
    assert "url(http" not in text
    assert "No description has been provided" not in text


def test_one_heading_of_the_first_rank_and_unique_ids(text):
    parsed = Page(text)
    assert parsed.tags.count("h1") == 1
    assert len(parsed.ids) == len(set(parsed.ids))


def test_math_is_math(name, text):
    markdown = [cell.source for cell in notebook.read(name).cells if cell.cell_type == "markdown"]
    formulas = sum(len(re.findall(r"\$\$.+?\$\$|\$[^$]+\$", source, flags=re.DOTALL)) for source in markdown)
    assert text.count("<math") == formulas
    prose = re.sub(r"<pre.*?</pre>|<svg.*?</svg>|<code>.*?</code>", "", text, flags=re.DOTALL)
    assert "$" not in prose
    assert "\\" not in prose


def test_every_figure_speaks(name, text):
    shown = [out for cell in notebook.read(name).cells for out in cell.get("outputs", ()) if "data" in out]
    graphics = Page(text).graphics
    assert len(graphics) == len([out for out in shown if "image/svg+xml" in out.data])
    assert all(len(alt) > 40 for alt in graphics)


def test_links_lead_somewhere(text):
    for link in Page(text).links:
        file, _, anchor = link.partition("#")
        if not file.startswith("http"):
            target = (page.OUTPUT / file).read_text() if file else text
            assert not anchor or f'id="{anchor}"' in target, link


def test_every_page_leads_to_every_page_and_on(name, text):
    links = Page(text).links
    assert all(f"{other}.html" in links for other in NAMES)
    position = NAMES.index(name)
    assert ('rel="prev"' in text) == (position > 0)
    assert ('rel="next"' in text) == (position < len(NAMES) - 1)
    assert text.count('aria-current="page"') == 1


def render(*cells, **resources):
    about = {"name": "x", "title": "X", "entry": "X", "used_stand_in": False}
    nb = new_notebook(cells=[new_markdown_cell("# X"), *cells])
    resources = {"book_title": "B", "pages": [about], "page": about, "previous": None, "next": None, **resources}
    return page.PageExporter().from_notebook_node(nb, resources)[0]


def test_page_that_used_the_stand_in_says_so_at_its_head():
    warned = new_output("stream", name="stderr", text="StandInWarning: synthetic data\n")
    nb = new_notebook(cells=[new_code_cell("data.airfoil()", outputs=[warned])])
    assert page.used_stand_in(nb)
    about = {"name": "x", "title": "X", "entry": "X", "used_stand_in": True}
    text = render(page=about)
    assert text.index("Stand-in data.") < text.index("<h1")
    assert "Stand-in data." not in render()


def test_figure_without_alternative_text_stops_the_build():
    mute = new_output("display_data", {"image/svg+xml": "<svg/>", "text/plain": "a figure"})
    with pytest.raises(ValueError, match="a figure has no alternative text"):
        render(new_code_cell("plot", outputs=[mute]))


def test_formula_that_cannot_be_converted_stops_the_build():
    with pytest.raises(ValueError, match="latex2mathml does not know"):
        page.mathml(r"\begin{aligned} a &= b \end{aligned}", "block")


def test_outputs_of_every_kind_are_shown():
    outputs = [
        new_output("stream", name="stdout", text="printed <1>"),
        new_output("execute_result", {"text/plain": "value <2>"}, execution_count=1),
        new_output("display_data", {"text/html": "<table><tr><th>3</th></tr></table>", "text/plain": "table"}),
    ]
    text = render(new_code_cell("x", outputs=outputs))
    assert all(shown in text for shown in ("printed &lt;1&gt;", "value &lt;2&gt;", "<th>3</th>"))


def test_links_between_notebooks_become_links_between_pages():
    text = render(new_markdown_cell("[a](05_rmsprop.ipynb) [b](05_rmsprop.ipynb#Summary) [c](https://e.org/x.ipynb)"))
    assert 'href="05_rmsprop.html"' in text
    assert 'href="05_rmsprop.html#Summary"' in text
    assert 'href="https://e.org/x.ipynb"' in text


def test_figures_take_the_colours_of_the_page(text):
    for svg in re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL):
        assert "#ffffff" not in svg
        assert "#000000" not in svg


def test_stock_nbconvert_works_too(tmp_path):
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", "html", "--execute", "--output-dir", tmp_path]
    subprocess.run([*command, notebook.NOTEBOOKS / "index.ipynb"], check=True, capture_output=True, timeout=120)
    assert "RMSProp" in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("name", "entry"),
    [("index", "Start here"), ("05_rmsprop", "5. RMSProp"), ("05_rmsprop_solutions", "Solutions")],
)
def test_list_of_chapters_is_short_and_numbered(name, entry):
    nav = (page.OUTPUT / "index.html").read_text().partition('class="chapters"')[2].partition("</nav>")[0]
    assert re.findall(rf'<a [^>]*href="{name}.html">([^<]*)</a>', nav) == [entry]
