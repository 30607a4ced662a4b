"""Chapters that cannot be shown, and a book that stays whole around them."""

import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape
from urllib.parse import unquote

from book import choices, notebook, policy, site
from tiny_project import NAMES, copy, html, write

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

STAMP = "_build/html/.built-test"
FIGURE = {"image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg"><path/></svg>', "text/plain": "a figure"}
SPEAKING = {"image/svg+xml": {"alt": "a line"}}

# What stands in the second cell of a chapter -> what its page and the last lines of the build say of it.
PROSE = {
    "formula": (r"$\begin{aligned} a &= b \end{aligned}$", r"latex2mathml does not know: \begin{aligned} a &= b"),
    "index_twice": ("$x_1_2$", "this formula cannot be converted (DoubleSubscriptsError): x_1_2"),
    "untagged": ("$$a = b$$", r"this equation has no number, such as \tag{5.1}: a = b"),
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
FILES = {
    "empty": ("", "is empty; right would be a notebook"),
    "torn_off": ('{"cells": [', "is no JSON"),
    "merged": ("<<<<<<< ours\n{}\n=======\n{}\n>>>>>>> theirs\n", "has merge marks (line 1)"),
    "headless": ('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}', "right would be a heading"),
    "with blank": (None, "right would be with_blank.ipynb"),
}
# Writes the pages without a run, and tells what they failed by.
WRITE = """
import json
from book import site
print(json.dumps({name: [failure.cell, failure.error] for name, failure in site.write_book().items()}))
"""


def build(folder, **environment):
    """Build the book in a folder; its exit code and all that it said."""
    command = [sys.executable, "-m", "book", "html", STAMP]
    env = {"PATH": "", "D2L_OFFLINE": "1", "HOME": str(folder), **environment}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, encoding="utf-8", timeout=120)
    return done.returncode, done.stdout + done.stderr


def lay(folder, name, *cells):
    notebook.write(new_notebook(cells=[new_markdown_cell(f"# {name}"), *cells]), name, folder / "notebooks")


def notice(text):
    """The notice at the head of a page, as people read it."""
    found = re.search(r'<p class="notice" role="note">(.*?)</p>', text, re.DOTALL)
    assert found, "this page has no notice"
    assert text.index("<h1") > found.start()
    return " ".join(unescape(re.sub("<.*?>", "", found[1])).split())


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    """A book of chapters that were run and cannot be shown, each with a fault of its own: what its pages failed by."""
    folder = copy(tmp_path_factory.mktemp("shown"))
    for name, (source, _) in PROSE.items():
        lay(folder, name, new_markdown_cell(source))
    for name, (data, metadata, _) in OUTPUTS.items():
        output = new_output("display_data", data, metadata=metadata)
        caption = [] if name == "caption" else [new_markdown_cell("**Caption.**")]
        lay(folder, name, new_code_cell("show", outputs=[output]), *caption)
    shutil.copytree(folder / "notebooks", folder / "_build" / "executed")
    done = subprocess.run([sys.executable, "-c", WRITE], cwd=folder, capture_output=True, encoding="utf-8", timeout=60)
    return folder, json.loads(done.stdout)


@pytest.mark.parametrize("name", [*PROSE, *OUTPUTS])
def test_what_cannot_be_shown_is_named(shown, name):
    folder, failures = shown
    said = {**PROSE, **OUTPUTS}[name][-1]
    cell, error = failures[name]
    assert cell == 2
    assert said in error
    told = notice(html(folder, name))
    assert f"Not up to date. The last build failed at cell 2 of notebooks/{name}.ipynb: {error}." in told
    assert "There is nothing to show of it yet." in told


def test_the_other_pages_are_written(shown):
    folder, failures = shown
    assert set(failures) == {*PROSE, *OUTPUTS}
    assert not [name for name in (*NAMES, "references") if "Not up to date" in html(folder, name)]


def test_nothing_is_smuggled_into_a_page(shown):
    for path in (shown[0] / "_build" / "html").glob("*.html"):
        text = re.sub(r"<code>.*?</code>|<pre.*?</pre>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert len(re.findall("<script", text)) == 2  # the theme and book.js
        assert not re.search(r"<iframe|javascript:|vbscript|text/html,|\son\w+=", text, re.IGNORECASE)


@pytest.fixture(scope="module")
def holed(tmp_path_factory):
    """A book of which some notebooks cannot be read, run or shown, built for the first time."""
    folder = copy(tmp_path_factory.mktemp("holed"))
    write(folder, "index", "1 / 0")
    write(folder, "raising", "print('fine')", "1 / 0")
    write(folder, "03_third", "print('third')")
    write(folder, "03_third_solutions", "print('solved')")
    lay(folder, "orphan_solutions")
    lay(folder, "formula", new_markdown_cell(PROSE["formula"][0]))
    for name, (text, _) in FILES.items():
        write(folder, name, "print(1)")
        if text is not None:
            (folder / "notebooks" / f"{name}.ipynb").write_text(text, encoding="utf-8")
    return folder, *build(folder)


FAULTS = {
    **{name: (0, said) for name, (_, said) in FILES.items()},
    "formula": (2, PROSE["formula"][1]),
    "raising": (3, "ZeroDivisionError: division by zero"),
    "index": (2, "ZeroDivisionError: division by zero"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_last_lines_name_every_culprit(holed, name):
    folder, code, output = holed
    cell, said = FAULTS[name]
    assert code == 1
    last = output.partition("notebooks failed; their last good pages stay\n")[2].splitlines()
    assert len(last) == len(FAULTS)
    (line,) = [line for line in last if re.match(rf"  {name}[ ,:(]", line)]
    assert (f", cell {cell}: " in line) == bool(cell)
    assert said in line
    assert said in notice(html(folder, name))


def test_what_is_not_at_fault_says_nothing(holed):
    folder, _, output = holed
    good = ["01_first", "02_second", "03_third", "03_third_solutions", "orphan_solutions", "references"]
    assert not [name for name in good if "Not up to date" in html(folder, name)]
    assert f"{len(FAULTS)} of {len(FAULTS) + len(good) - 1} notebooks failed" in output


def test_a_chapter_that_never_ran_shows_its_stored_run(holed):
    folder = holed[0]
    for name in ("index", "raising"):
        assert "What you see comes from the run that is stored in the notebook." in notice(html(folder, name))
        assert '<pre class="output">stored</pre>' in html(folder, name)
    for name in ("empty", "formula"):
        assert "There is nothing to show of it yet." in notice(html(folder, name))


def test_no_link_is_dead_and_no_chapter_is_left_out(holed):
    folder = holed[0]
    names = [path.stem for path in (folder / "notebooks").glob("*.ipynb")]
    for name in [*names, "references"]:
        text = html(folder, name)
        linked = {unquote(link) for link in re.findall(r'<a [^>]*?href="(?!https?:)([^"#]+)', text)}
        assert not [link for link in linked if not (folder / "_build/html" / link).is_file()]
        assert {f"{other}.html" for other in names if other != "03_third_solutions"} <= linked
    sections = (folder / "_build/html/assets/sections.js").read_text(encoding="utf-8")
    found = json.loads(sections.partition("=")[2].strip().removesuffix(";"))
    assert {entry["page"] for entry in found} == {*names, "references"}


@pytest.fixture(scope="module")
def later(holed):
    """The same book, built again after much has happened to it."""
    folder = holed[0]
    notebooks, executed = folder / "notebooks", folder / "_build" / "executed"
    (notebooks / "01_first.ipynb").write_text("{", encoding="utf-8")
    (notebooks / "02_second.ipynb").write_text("{", encoding="utf-8")
    (executed / "01_first.ipynb").unlink()
    write(folder, "03_third", "print('third')\nraise KeyError('third')")
    lay(folder, "formula", new_markdown_cell("$a = b$"))
    (folder / "_build" / "html" / "03_third_solutions.html").unlink()
    (folder / "book" / "references.bib").write_text("@book{a,\n  title = {A},\n  year 2000\n}\n", encoding="utf-8")
    return folder, *build(folder)


@pytest.mark.parametrize(
    ("name", "said", "origin", "shown"),
    [
        ("01_first", "notebooks/01_first.ipynb is no JSON", "the page of an earlier build", "hello"),
        ("02_second", "notebooks/02_second.ipynb is no JSON", "its last good run here", "hello"),
        ("03_third", "KeyError: 'third'", "its last good run here", "third"),
        ("references", "book/references.bib, line 3 cannot be read", "the page of an earlier build", "Adam"),
    ],
)
def test_a_page_that_was_good_stays(later, name, said, origin, shown):
    folder, code, output = later
    text = html(folder, name)
    assert code == 1
    assert said in notice(text)
    assert said in output.partition("last good pages stay")[2]
    assert f"What you see comes from {origin}." in notice(text)
    assert shown in text.partition('<p class="about">')[2]


def test_the_next_build_mends_what_it_can(later):
    folder = later[0]
    assert "Not up to date" not in html(folder, "formula")
    assert "solved" in html(folder, "03_third_solutions")


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
    assert "d2l_utils/playground/facts.json cannot be read: Expecting property name" in done.stderr.splitlines()[-1]
    assert "line 2" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    "named",
    [
        "$(shell id)",
        "a'b/c",
        'a"b/c',
        "a/b\n",
        " a/b",
        "a/b/c",
        "a/..",
        "../b",
        "a_b/c",
        "https://github.com/a/b",
        "例/书",
    ],
)
def test_a_repository_that_cannot_be_one_is_refused(monkeypatch, named):
    monkeypatch.setenv("D2L_REPOSITORY", named)
    with pytest.raises(ValueError, match=re.escape(f"D2L_REPOSITORY is {named!r}; it must be owner/name")):
        choices.repository()


def test_a_file_that_is_there_already_is_not_written_again(tmp_path):
    path = tmp_path / "page.html"
    site.lay(path, "书")
    before = path.stat()
    site.lay(path, "书")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    site.lay(path, "other")
    assert path.read_text(encoding="utf-8") == "other"


def test_a_page_gives_way_to_no_pipe_and_hides_no_folder(tmp_path):
    os.mkfifo(tmp_path / "page.html")
    site.lay(tmp_path / "page.html", "text")
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == "text"
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(OSError, match=re.escape("folder.html")):
        site.lay(tmp_path / "folder.html", "text")


@pytest.mark.parametrize(
    "html",
    [
        '<td style="text-align:right">1</td>',
        "<a href='https://e.org/?a=b:c'>a</a> <a href=\"05_rmsprop.html#x\">b</a> <a href='mailto:a@e.org'>c</a>",
        '<img alt="a" src="data:image/png;base64,AAAA">',
        "<!-- a note --> a &lt; b<br/><details open><summary>more</summary></details>",
    ],
)
def test_what_a_page_may_hold_stays_as_it_is(html):
    assert policy.checked(html) == html
