"""Brings the Chinese notebooks in line with the English ones: their code, their outputs, their order of cells.

python -m tools.chinese                  writes them all, and lists the prose that is not translated as it is now
python -m tools.chinese NOTEBOOK CELL... the Chinese of these cells says what the English now says
"""

import sys

from book import notebook
from book.edition import CHINESE, editions
from book.translation import OF, digest, prose_cells, stale, translated

from nbformat import NotebookNode
from nbformat.v4 import new_notebook


def read(name: str) -> NotebookNode:
    """A Chinese notebook; an empty one where there is none yet."""
    if (CHINESE.notebooks / f"{name}.ipynb").is_file():
        return notebook.read(name, CHINESE.notebooks)
    return new_notebook()


def write_all() -> list[str]:
    """Write all Chinese notebooks anew, where the book has that edition.

    Returns:
        A line for each cell that is not translated as it is now.
    """
    if CHINESE not in editions():
        return []
    lines = []
    for name in notebook.names():
        english = notebook.read(name)
        joined = translated(english, read(name))
        notebook.write(joined, name, CHINESE.notebooks)
        lines += [f"{name}, {cell}" for cell in stale(english, joined)]
    return lines


def accept(name: str, cells: list[str]) -> None:
    """Record that the Chinese of these cells translates the English as it is now."""
    english = prose_cells(notebook.read(name))
    unknown = [cell for cell in cells if cell not in english]
    if unknown:
        sys.exit(f"{name} has no prose cell {unknown[0]!r}; it has {', '.join(english)}")
    nb = read(name)
    for cell in cells:
        prose_cells(nb)[cell].metadata[OF] = digest(english[cell].source)
    notebook.write(nb, name, CHINESE.notebooks)


def main() -> None:
    name, *cells = sys.argv[1:] or [""]
    if name:
        accept(name, cells)
    lines = write_all()
    if lines:
        sys.exit("\n".join(["In Chinese these cells say something else than the English:", *lines]))


if __name__ == "__main__":
    main()
