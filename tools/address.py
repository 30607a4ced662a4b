"""Writes the repository's address into pyproject.toml and the first cell of every notebook: `make address`."""

from book import choices, notebook, one_build, writing
from book.address import FIELD, PROJECT, line, stored

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from . import chinese


def insert(nb: NotebookNode, address: str) -> NotebookNode:
    """Put the cell that brings the package before the first code cell, or bring it up to date there."""
    nb.cells = [cell for cell in nb.cells if not notebook.is_setup(cell)]
    codes = notebook.code_cells(nb)
    if codes:
        setup = new_code_cell(line(address), id="setup", metadata={"tags": [notebook.SETUP]})
        nb.cells.insert(nb.cells.index(codes[0]), setup)
    return nb


def write(address: str) -> None:
    """Store the address, owner/name, in pyproject.toml and in all notebooks."""
    text = PROJECT.read_text(encoding="utf-8")
    writing.write(PROJECT, FIELD.sub(f'Repository = "https://github.com/{address}"', text))
    for name in notebook.names():
        notebook.write(insert(notebook.read(name), address), name, notebook.NOTEBOOKS)
    chinese.write_all()


if __name__ == "__main__":
    choices.check()
    with one_build.held():
        write(choices.repository() or stored())
