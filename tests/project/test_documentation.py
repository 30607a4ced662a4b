"""Docstrings say what is useful, and their examples run; the documents name what there is."""

import ast
import doctest
import importlib
import inspect
import re
import textwrap
from pathlib import Path

from book import notebook
from book.edition import editions
from d2l_utils.chapters import ROOT
from d2l_utils.words import CHINESE, ENGLISH
from tools import picture

import pytest
import yaml

MODULES = [
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in ("d2l_utils", "book", "tools")
    for path in sorted((ROOT / package).rglob("*.py"))
    if not path.stem.startswith("__")
]
PACKAGES = [
    ".".join(path.parent.relative_to(ROOT).parts) for path in sorted((ROOT / "d2l_utils").rglob("*/__init__.py"))
]
# What stands on the ground floor has no package to offer it: all that it does not hide is public.
SINGLE = [name for name in MODULES if re.fullmatch(r"d2l_utils\.\w+", name)]
ORDER = ["Args", "Attributes", "Returns", "Raises", "Example", "Source"]
# A source is a published work. These are none.
EMPTY = re.compile(r"head of (this|the) module|Python's reference|README|\bWCAG\b|the checksums", re.IGNORECASE)
LONGEST_README = 111


def offered(name):
    """The functions that a module or package offers, by name."""
    module = importlib.import_module(name)
    names = getattr(module, "__all__", [found for found in vars(module) if found[0] != "_"])
    members = {found: getattr(module, found) for found in names}
    return {found: member for found, member in members.items() if inspect.isfunction(member)}


def public_functions():
    """What packages offer, and what single modules define; each once, with at least one line beside the first."""
    found = {}
    for name in (*PACKAGES, *SINGLE):
        for member in offered(name).values():
            if member.__module__.startswith(name):
                found[f"{member.__module__}.{member.__qualname__}"] = member
    return [pytest.param(member, id=name.removeprefix("d2l_utils.")) for name, member in sorted(found.items())]


def described(doc):
    """The sections of a docstring in their order, and the text of each."""
    _, *parts = re.split(rf"^({'|'.join(ORDER)}):", doc, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2]))


def raises(function):
    """Whether a function itself raises an error, in its own body."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    return any(isinstance(node, ast.Raise) for node in ast.walk(tree))


@pytest.mark.parametrize("function", public_functions())
def test_docstring_says_what_is_useful(function):
    doc = inspect.getdoc(function)
    assert doc, "it has no docstring"
    assert re.search(r"[.:?]$", doc.splitlines()[0])
    sections = described(doc)
    assert list(sections) == sorted(sections, key=ORDER.index)
    assert not EMPTY.search(sections.get("Source", ""))
    if len(doc.splitlines()) > 1:  # helpers between our modules make do with their one line
        for name in inspect.signature(function).parameters:
            assert re.search(rf"\b{name}\b", sections.get("Args", "")), f"Args does not name {name}"
        assert "Raises" in sections or not raises(function)


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module, request):
    if module.startswith("d2l_utils.data"):
        for needed in ("airfoil", "mnist"):
            request.getfixturevalue(needed)
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


READMES = {ENGLISH: "README.md", CHINESE: "README.zh-CN.md"}


def readme(language=ENGLISH):
    return (ROOT / READMES[language]).read_text(encoding="utf-8")


in_each_language = pytest.mark.parametrize("language", READMES)


@in_each_language
def test_readme_is_short_and_begins_with_the_two_commands(language):
    assert len(readme(language).splitlines()) <= LONGEST_README
    commands = re.findall(r"^```\w*\n(.*?)```", readme(language), flags=re.MULTILINE | re.DOTALL)[0]
    assert [line.split("#")[0].strip() for line in commands.strip().splitlines()] == ["make", "make test"]


@in_each_language
def test_picture_of_the_readme_is_the_one_of_the_front_page(language):
    assert picture.PICTURE.read_text(encoding="utf-8") == picture.figure().data[picture.SVG]
    assert f"![{picture.alt(language)}]({picture.PICTURE.relative_to(ROOT).as_posix()})" in readme(language)


def test_every_target_is_explained():
    explained = (ROOT / "book" / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):.*?## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {"html", "test", "lab", "data", "refresh", "lint", "clean", "help"} <= set(targets)
    assert [target for target in targets if f"`make {target}`" not in explained] == []


@pytest.mark.parametrize("edition", editions(), ids=lambda edition: edition.language)
def test_readme_and_index_list_every_chapter(edition):
    index = (edition.notebooks / "index.ipynb").read_text(encoding="utf-8")
    for name in notebook.names():
        if name[0].isdigit():
            assert f"{name}.ipynb" in index
            assert "solutions" in name or f"{edition.source}/{name}.ipynb" in readme(edition.language)


DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("[a-z]*/README.md")])


@pytest.mark.parametrize("path", DOCUMENTS)
def test_links_of_the_documents_lead_somewhere(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert ((ROOT / path).parent / Path(target)).exists(), target


def test_citation_file_names_what_the_project_names():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert {"cff-version", "message", "title", "authors"} <= set(cited)  # all that the format demands
    assert cited["title"] == readme().splitlines()[0].removeprefix("# ")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{cited["version"]}"' in project


def test_licence_is_said_to_be_what_it_is():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert text.startswith("MIT License")
    assert "CC BY 4.0" in text
    assert 'license = "MIT AND CC-BY-4.0"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
