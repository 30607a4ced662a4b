"""Writes the picture of README.md, the first figure of the front page, as `make refresh` has stored it there."""

from book import notebook, writing
from d2l_utils.chapters import ROOT
from d2l_utils.words import ENGLISH

from nbformat import NotebookNode

PICTURE = ROOT / "book" / "trajectory.svg"
SVG = "image/svg+xml"


def figure() -> NotebookNode:
    """The output that holds the figure, with its alternative text."""
    cells = notebook.code_cells(notebook.read(notebook.INDEX))
    return next(output for cell in cells for output in cell.outputs if SVG in output.get("data", {}))


def alt(language: str = ENGLISH) -> str:
    """What the figure shows, in words of a language."""
    return figure().metadata[SVG]["alts"][language]


def write() -> None:
    """Store the figure beside the code that builds the book."""
    writing.write(PICTURE, figure().data[SVG])


if __name__ == "__main__":
    write()
