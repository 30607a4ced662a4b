"""Docstrings keep their order and their examples run; README names what there is."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

from book import notebook

import pytest

ROOT = notebook.ROOT
MODULES = [
    f"{package}.{path.stem}"
    for package in ("d2l_utils", "book")
    for path in sorted((ROOT / package).glob("*.py"))
    if not path.stem.startswith("__")
]
ORDER = ["Args", "Attributes", "Returns", "Raises", "Example", "Source"]
# The textbook's wrappers carry one source for all, at the head of their module.
DOCUMENTED = sorted(path.stem for path in (ROOT / "d2l_utils").glob("[a-z]*.py") if path.stem != "textbook")
GROUND_FLOOR = (
    *("data", "files", "stand_in", "runtime", "rule", "history"),
    *("checks", "chapters", "alt_text", "surfaces"),
)


def public_functions():
    for name in DOCUMENTED:
        module = importlib.import_module(f"d2l_utils.{name}")
        for function, member in vars(module).items():
            if inspect.isfunction(member) and member.__module__ == module.__name__ and function[0] != "_":
                yield pytest.param(member, id=f"{name}.{function}")


@pytest.mark.parametrize("function", list(public_functions()))
def test_docstring_keeps_the_order(function):
    lines = inspect.getdoc(function).splitlines()
    assert re.search(r"[.:]$", lines[0])
    if len(lines) > 1:  # helpers between our modules make do with their one line
        found = re.findall(rf"^({'|'.join(ORDER)}):", "\n".join(lines), flags=re.MULTILINE)
        assert found == sorted(found, key=ORDER.index)
        assert {"Example", "Source"} <= set(found)
        takes = inspect.signature(function).parameters
        assert ("Args" in found) == bool(takes)
        described = "\n".join(lines).partition("Args:")[2].partition("Returns:")[0]
        assert all(re.search(rf"\b{name}\b", described) for name in takes)


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module, request):
    for needed in {"d2l_utils.data": ("airfoil", "mnist"), "d2l_utils.data.files": ("airfoil",)}.get(module, ()):
        request.getfixturevalue(needed)
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_modules_stay_small():
    sizes = {
        path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "d2l_utils").glob("*.py")
    }
    assert max(sizes.values()) <= 250, sizes


def test_imports_run_one_way():
    """plots, data, rule, history and runtime know nothing of the loops; nothing but textbook knows plotting."""
    for path in (ROOT / "d2l_utils").glob("*.py"):
        ours = set(
            re.findall(
                r"^from \.(\w*) import|^from \. import (\w+)", path.read_text(encoding="utf-8"), flags=re.MULTILINE
            )
        )
        names = {name for pair in ours for name in pair if name}
        if path.stem in GROUND_FLOOR:
            assert names <= {"stand_in", "files"}, path.name
        elif path.stem == "plot_explore":
            assert names <= {"plot", "surfaces"}, path.name
        elif path.stem not in ("textbook", "__init__"):
            assert not {name for name in names if "plot" in name}, path.name


def test_readme_begins_with_the_two_commands_and_names_every_target():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^```\w*\n(.*?)```", readme, flags=re.MULTILINE | re.DOTALL)[0]
    assert [line.split("#")[0].strip() for line in commands.strip().splitlines()] == ["make", "make test"]
    targets = re.findall(r"^([a-z]+):.*?## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert {"html", "test", "lab", "data", "refresh", "lint", "clean", "help"} <= set(targets)
    assert all(f"make {target}" in readme for target in targets if target != "html")


def test_readme_and_index_list_every_chapter():
    readme, index = (
        (ROOT / "README.md").read_text(encoding="utf-8"),
        (notebook.NOTEBOOKS / "index.ipynb").read_text(encoding="utf-8"),
    )
    for name in notebook.names():
        if name[0].isdigit():
            assert f"{name}.ipynb" in index
            assert "solutions" in name or f"notebooks/{name}.ipynb" in readme


@pytest.mark.parametrize("path", ["README.md", "data/README.md"])
def test_links_of_the_readmes_lead_somewhere(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!http)([^)#]+)", text):
        assert ((ROOT / path).parent / Path(target)).exists(), target
