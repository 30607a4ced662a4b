"""Writes the repository's address into the first cell of every notebook: `make address`."""

import re

from nbformat.v4 import new_code_cell

from . import notebook

PROJECT = notebook.ROOT / "pyproject.toml"
FIELD = re.compile(r'^Repository = "https://github\.com/([\w.-]+/[\w.-]+)"$', re.MULTILINE)
# No user of GitHub can have an underscore in their name: nobody's code is run before the address is set.
UNSET = "your_name/rmsprop"
# IPython fills in what stands in braces; git asks for no name where there is no such repository.
LINE = (
    'import importlib.util, sys; importlib.util.find_spec("d2l_utils") or get_ipython().system('
    '"GIT_TERMINAL_PROMPT=0 git clone -q https://github.com/{address}; '
    '{{sys.executable}} {name}/book/online.py")  # noqa  # fmt: skip'
)


def stored():
    """The repository's owner/name in pyproject.toml."""
    found = FIELD.search(PROJECT.read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f'{PROJECT.name} has no line such as Repository = "https://github.com/{UNSET}"')
    return found[1]


def published():
    """The repository's owner/name, or None as long as its owner has not set it."""
    address = stored()
    return None if address == UNSET else address


def line(address):
    """The code that brings the package to a notebook where it is missing; elsewhere it does nothing."""
    return LINE.format(address=address, name=address.partition("/")[2])


def insert(nb, address):
    """Put the cell that brings the package before the first code cell, or bring it up to date there."""
    nb.cells = [cell for cell in nb.cells if not notebook.is_setup(cell)]
    codes = notebook.code_cells(nb)
    if codes:
        setup = new_code_cell(line(address), id="setup", metadata={"tags": [notebook.SETUP]})
        nb.cells.insert(nb.cells.index(codes[0]), setup)
    return nb


def write(address):
    """Store the address, owner/name, in pyproject.toml and in all notebooks."""
    text = PROJECT.read_text(encoding="utf-8")
    PROJECT.write_text(FIELD.sub(f'Repository = "https://github.com/{address}"', text), encoding="utf-8")
    for name in notebook.names():
        notebook.write(insert(notebook.read(name), address), name, notebook.NOTEBOOKS)
