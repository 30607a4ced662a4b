"""Prose, outputs and templates that no page can be made of; and what a page may hold."""

import json
import re
import shutil
import subprocess
import sys

from book import policy
from tiny_project import NAMES, copy, html, notice, write_cells

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

FIGURE = {"image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg"><path/></svg>', "text/plain": "a figure"}
SPEAKING = {"image/svg+xml": {"alt": "a line"}}

# What stands in the second cell of a chapter -> what its page and the last lines of the build say of it.
PROSE = {
    "formula": (r"$\begin{aligned} a &= b \end{aligned}$", r"latex2mathml does not know: \begin{aligned} a &= b"),
    "index_twice": ("$x_1_2$", "this formula cannot be converted (DoubleSubscriptsError): x_1_2"),
    "untagged": ("$$a = b$$", r"this equation has no number, such as \tag{6.1}: a = b"),
    "citation": ('<cite data-cite="nobody1900">Nobody</cite>', "'nobody1900' is cited; right would be a key of"),
    "script": ("<script>alert(1)</script>", "<script> has no place on a page"),
    "frame": ('a <iframe src="https://e.org"></iframe>', '<iframe src="https://e.org"> has no place on a page'),
    "handler": ('<img src="data:image/png;base64," onerror="alert(1)">', "right would be the tag without onerror"),
    "address": ('<a href="java&#x0A;script:alert(1)">a</a>', "leads to no page"),
    "data": ('<a href=" data:text/html,x">a</a>', "leads to no page"),
    "visual": ("<a href='VBscript:x'>a</a>", "leads to no page"),
    "torn": ('<p title="<img onerror=x>">', "has no place on a page"),
    "comment": ("<!--><svg onload=alert(1)>-->", "has no place on a page"),
    "text": (r"$\text{<iframe src=x>}$", "has no place on a page"),
}
OUTPUTS = {
    "caption": (FIGURE, SPEAKING, "a figure has no caption sentence after it: a figure"),
    "mute": (FIGURE, {}, "a figure has no alternative text: a figure"),
    "widget": ({"text/html": "<script>x</script>", "text/plain": "x"}, {}, "<script> has no place on a page"),
    "living": ({**FIGURE, "image/svg+xml": '<svg onload="x"></svg>'}, SPEAKING, "would run a script"),
}
# Writes the pages without a run, and tells what they failed by.
WRITE = """
import json
from book import site
print(json.dumps({name: [failure.cell, failure.error] for name, failure in site.write_book().items()}))
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A book of chapters that were run and cannot be shown, each with a fault of its own: what its pages failed by."""
    folder = copy(tmp_path_factory.mktemp("shown"))
    for name, (source, _) in PROSE.items():
        write_cells(folder, name, new_markdown_cell(source))
    for name, (data, metadata, _) in OUTPUTS.items():
        output = new_output("display_data", data, metadata=metadata)
        caption = [] if name == "caption" else [new_markdown_cell("**Caption.**")]
        write_cells(folder, name, new_code_cell("show", outputs=[output]), *caption)
    shutil.copytree(folder / "notebooks", folder / "_build" / "executed")
    done = subprocess.run([sys.executable, "-c", WRITE], cwd=folder, capture_output=True, encoding="utf-8", timeout=60)
    return folder, json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", [*PROSE, *OUTPUTS])
def test_what_cannot_be_shown_is_named(shown, name):
    folder, failures = shown
    said = {**PROSE, **OUTPUTS}[name][-1]
    cell, error = failures[name]
    assert cell == 2
    assert said in error
    told = notice(html(folder, name))
    assert f"Not up to date. The last build failed at cell 2 of notebooks/{name}.ipynb: {error}." in told
    assert "What you see is its place in the book, and no more." in told


def test_the_other_pages_are_written(shown):
    folder, failures = shown
    assert set(failures) == {*PROSE, *OUTPUTS}
    assert not [name for name in (*NAMES, "references") if "Not up to date" in html(folder, name)]


def test_nothing_is_smuggled_into_a_page(shown):
    for path in (shown[0] / "_build" / "html").glob("*.html"):
        text = re.sub(r"<code>.*?</code>|<pre.*?</pre>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert len(re.findall("<script", text)) == 2  # the theme and book.js
        assert not re.search(r"<iframe|javascript:|vbscript|text/html,|\son\w+=", text, re.IGNORECASE)


def test_a_build_knows_what_it_consists_of(shown):
    folder = shown[0]
    told = subprocess.run(
        [sys.executable, "-c", "from book import site; print(*site.files(), sep='\\n')"],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    ).stdout.splitlines()
    pages = [f"{name}.html" for name in (*NAMES, "references")]
    beside = ["assets/book.js", "assets/sections.js", "assets/fonts/pagella-math.woff2", "notebooks/01_first.ipynb"]
    assert {str(folder / "_build" / "html" / name) for name in (*pages, *beside)} <= set(told)


TEMPLATE_FAULTS = {
    "theme.js": (None, "book/template/theme.js is missing"),
    "index.html.j2": (None, "book/template/index.html.j2 is missing"),
    "page.html.j2": ("<p>\n{% if %}", "book/template/page.html.j2, line 2: Expected an expression"),
}


@pytest.mark.parametrize("name", TEMPLATE_FAULTS)
def test_a_template_that_is_missing_or_broken_ends_the_build_before_any_page(shown, tmp_path, name):
    shutil.copytree(shown[0], tmp_path, dirs_exist_ok=True, symlinks=True)
    text, said = TEMPLATE_FAULTS[name]
    path = tmp_path / "book" / "template" / name
    path.unlink()
    if text:
        path.write_text(text, encoding="utf-8")
    before = {page: page.read_bytes() for page in (tmp_path / "_build").rglob("*.html")}
    done = subprocess.run([sys.executable, "-c", WRITE], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert {page: page.read_bytes() for page in before} == before


def test_facts_that_cannot_be_read_are_named(shown, tmp_path):
    shutil.copytree(shown[0], tmp_path, dirs_exist_ok=True, symlinks=True)
    (tmp_path / "d2l_utils" / "playground" / "facts.json").write_text('{\n  "a": 1,,\n}', encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", WRITE], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert "facts.json is not JSON: Expecting property name" in done.stderr.splitlines()[-1]
    assert "line 2" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "html",
    [
        '<td style="text-align:right">1</td>',
        "<a href='https://e.org/?a=b:c'>a</a> <a href=\"06_rmsprop.html#x\">b</a> <a href='mailto:a@e.org'>c</a>",
        '<img alt="a" src="data:image/png;base64,AAAA">',
        "<!-- a note --> a &lt; b<br/><details open><summary>more</summary></details>",
    ],
)
def test_what_a_page_may_hold_stays_as_it_is(html):
    assert policy.checked(html) == html
