"""Joins the prose of a translation with the code and the outputs of the English notebook, cell by cell.

A translated cell has the id of the English one, and records which text it translates: when the English changes, the
translation is known to be stale.
"""

import re
from copy import deepcopy
from hashlib import sha256

from nbformat import NotebookNode

from . import notebook
from .edition import ENGLISH, Edition

OF = "translates"  # the key, in a cell's metadata, of the hash of the English text
HEADING = re.compile(r"^#+ .*$", re.MULTILINE)


def digest(source: str) -> str:
    """What a translated cell records of its English text."""
    return sha256(source.encode()).hexdigest()[:12]


def prose_cells(nb: NotebookNode) -> dict[str, NotebookNode]:
    """The cells of a notebook that are translated, by id."""
    return {cell.id: cell for cell in nb.cells if cell.cell_type == "markdown"}


def translated(english: NotebookNode, translation: NotebookNode) -> NotebookNode:
    """The English notebook, with its outputs, in the words of a translation; a cell that has none stays English."""
    found = prose_cells(translation)
    joined = deepcopy(english)
    for cell in prose_cells(joined).values():
        if cell.id in found:
            cell.metadata = {OF: found[cell.id].metadata.get(OF, "")}
            cell.source = found[cell.id].source
    return joined


def for_page(english: NotebookNode, name: str, edition: Edition) -> NotebookNode:
    """A notebook as an edition's page shows it: its sections are called, in addresses, what the English ones are."""
    if edition == ENGLISH or not (edition.notebooks / f"{name}.ipynb").is_file():
        return english
    joined = translated(english, notebook.read(name, edition.notebooks))
    for before, cell in zip(english.cells, joined.cells):
        if before.cell_type == "markdown":
            cell.metadata["headings"] = HEADING.findall(before.source)
    return joined


def stale(english: NotebookNode, translation: NotebookNode) -> list[str]:
    """The ids of English prose cells of which there is no translation, or one of another text."""
    found = prose_cells(translation)
    hashes = {name: cell.metadata.get(OF) for name, cell in found.items()}
    return [name for name, cell in prose_cells(english).items() if hashes.get(name) != digest(cell.source)]
