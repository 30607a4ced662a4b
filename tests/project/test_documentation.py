"""Docstrings keep their order and their examples run; README names what there is."""

import doctest
import importlib
import inspect
import re
from pathlib import Path

from book import notebook

import pytest

ROOT = notebook.ROOT
ORDER = ["Args", "Attributes", "Returns", "Raises", "Example", "Source"]


def modules(package):
    """Every module of a package and of the packages in it, as it is imported."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = [name for package in ("d2l_utils", "book") for name in modules(package) if not name.endswith("__main__")]


def public_functions():
    for name in modules("d2l_utils"):
        module = importlib.import_module(name)
        for function, member in vars(module).items():
            if inspect.isfunction(member) and member.__module__ == module.__name__ and function[0] != "_":
                yield pytest.param(member, id=f"{name}.{function}")


@pytest.mark.parametrize("function", list(public_functions()))
def test_public_functions_are_described_and_typed(function):
    """A line that sums up; where there is more, every argument by name, and the parts in their order."""
    doc = inspect.getdoc(function)
    takes = inspect.signature(function).parameters
    assert re.search(r"[.:]$", doc.splitlines()[0])
    assert set(takes) <= set(function.__annotations__)
    assert "return" in function.__annotations__
    found = re.findall(rf"^({'|'.join(ORDER)}):", doc, flags=re.MULTILINE)
    assert found == sorted(found, key=ORDER.index)
    if "Args" in found:
        described = doc.partition("Args:")[2].partition("Returns:")[0]
        assert all(re.search(rf"\b{name}\b", described) for name in takes)


def test_a_source_is_a_work():
    """`Source:` names who wrote what: a year, or a title in quotes."""
    for name in modules("d2l_utils"):
        text = (ROOT / name.replace(".", "/")).with_suffix(".py")
        text = text if text.exists() else text.with_suffix("") / "__init__.py"
        for source in re.findall(
            r"Source: (.*?)(?:\n\n|\n *\"\"\")", text.read_text(encoding="utf-8"), flags=re.DOTALL
        ):
            assert re.search(r'"[^"]+"|\(\d{4}\)|\d\.\d|cute-dl|UCI|OpenBLAS', source), (name, source)


@pytest.mark.parametrize("module", MODULES)
def test_examples_run(module, request):
    for needed in {"d2l_utils.data.sets": ("airfoil", "mnist"), "d2l_utils.data.files": ("airfoil",)}.get(module, ()):
        request.getfixturevalue(needed)
    result = doctest.testmod(importlib.import_module(module), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0


def test_files_stay_small():
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "d2l_utils").rglob("*.py")}
    assert {path.name: size for path, size in sizes.items() if size > 250} == {}


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
