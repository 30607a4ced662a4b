"""Reads the notebooks: which there are, what they are called, and how they are kept."""

import re
from collections.abc import Iterable
from pathlib import Path

from d2l_utils.chapters import NOTEBOOKS, ROOT

import nbformat
from nbformat import NotebookNode

from . import writing

BUILD = ROOT / "_build"
INDEX = "index"
# The tag of the cell that brings the package to where it is missing (see book/address.py); no page shows it.
SETUP = "remove-cell"

# The kernel's private path before a warning: it differs on each run.
WARNING_ORIGIN = re.compile(r"^\S*ipykernel_\d+\S*:\d+: ", re.MULTILINE)

PEER = re.compile(r'parity\.available\("(\w+)"\)')


def names() -> list[str]:
    """The notebooks in reading order: the index, then the chapters by number, each before its solutions."""
    return [INDEX, *sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb") if path.stem != INDEX)]


def read(name: str, folder: Path = NOTEBOOKS) -> NotebookNode:
    return nbformat.read(folder / f"{name}.ipynb", as_version=4)


def unexecuted(name: str) -> NotebookNode:
    """A notebook without its stored outputs."""
    nb = read(name)
    for cell in code_cells(nb):
        cell.update(outputs=[], execution_count=None)
    return nb


def write(nb: NotebookNode, name: str, folder: Path) -> None:
    """Write a notebook into a folder, whole or not at all."""
    writing.write(folder / f"{name}.ipynb", nbformat.writes(nb).rstrip("\n") + "\n")


def title(nb: NotebookNode) -> str:
    """The text of a notebook's first heading."""
    found = re.match(r"# (.+)", nb.cells[0].source)
    if not found:
        raise ValueError(f"a notebook begins with {nb.cells[0].source!r}; right would be a heading, '# Title'")
    return found[1]


def markdown(nb: NotebookNode) -> str:
    """All prose of a notebook."""
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def is_setup(cell: NotebookNode) -> bool:
    return SETUP in cell.metadata.get("tags", [])


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """The cells of a notebook that the book runs."""
    return [cell for cell in nb.cells if cell.cell_type == "code" and not is_setup(cell)]


def sources(nb: NotebookNode) -> list[str]:
    """The code of a notebook, cell by cell."""
    return [cell.source for cell in code_cells(nb)]


def tables(nb: NotebookNode) -> list[Path]:
    """The stored tables that a notebook reads."""
    source = "".join(sources(nb))
    return [path for path in sorted(NOTEBOOKS.glob("*.csv")) if path.name in source]


def peers(cells: Iterable[NotebookNode]) -> list[str]:
    """The optional packages that cells compare with, where they are installed."""
    source = "\n".join(cell.source for cell in cells)
    return sorted(set(PEER.findall(source)))


def cleaned(nb: NotebookNode) -> NotebookNode:
    """The notebook without what belongs to one machine or one run (timestamps, versions, private paths) or
    is the same in each (the playground's script: what is stored is its still figure)."""
    nb.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in nb.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                output.text = WARNING_ORIGIN.sub("", output.text)
            if "playground" in output.get("metadata", {}):
                output.data.pop("text/html", None)
    return nb
