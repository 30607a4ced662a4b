"""Reads the notebooks: which there are, what they are called, and how they are kept."""

import json
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
QUEUE = "queue"  # the tag of a cell about MXNet's queue of operations: its notebook is run with one
CHECK = "check"  # the tag of a cell that checks and does not teach: it stands folded, in Jupyter and in a page

# The kernel's private path before a warning: it differs on each run.
WARNING_ORIGIN = re.compile(r"^\S*ipykernel_\d+\S*:\d+: ", re.MULTILINE)

NAME = re.compile(r"[A-Za-z0-9_-]+")  # what file names, addresses and make agree about
UNFIT = re.compile(r"[^A-Za-z0-9_-]")
MERGE_MARK = re.compile(r"^(<<<<<<<|>>>>>>>) ", re.MULTILINE)

PEER = re.compile(r'parity\.available\("(\w+)"\)')
PEERS_BY_MODULE = {"optax.available()": "optax", "scale.available()": "distributed"}


def names() -> list[str]:
    """The notebooks in reading order: the index, then the chapters by number, each before its solutions."""
    return [INDEX, *sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb") if path.stem != INDEX)]


def check(name: str) -> None:
    """Refuse a notebook that no page can be made of; a ValueError says in one line what is wrong with its file."""
    path = NOTEBOOKS / f"{name}.ipynb"
    if not NAME.fullmatch(name):
        raise ValueError(
            f"{_shown(path)}: the name has something else than letters, digits, _ and -; "
            f"right would be {UNFIT.sub('_', name)}.ipynb"
        )
    nb = read(name)
    try:
        title(nb)
    except ValueError as mistake:
        raise ValueError(f"{_shown(path)}: {mistake}") from mistake


def read(name: str, folder: Path = NOTEBOOKS) -> NotebookNode:
    """Read a notebook.

    Raises:
        OSError: there is no such file, or it cannot be read.
        ValueError: it is no notebook; says in one line which file, what it has and what would be right.
    """
    path = folder / f"{name}.ipynb"
    source = text(path)
    problem = _problem(source)
    if problem:
        raise ValueError(f"{_shown(path)} {problem}")
    errors: dict[str, Exception] = {}
    nb = nbformat.reads(source, as_version=4, capture_validation_error=errors)
    for error in errors.values():
        raise ValueError(f"{_shown(path)} is no notebook: {str(error).splitlines()[0]}")
    return nb


def changed(name: str) -> tuple[int, ...]:
    """Which file a notebook is at present, and when and to what size it was written."""
    path = NOTEBOOKS / f"{name}.ipynb"
    now = path.stat()
    return now.st_dev, now.st_ino, now.st_mtime_ns, now.st_size


def text(path: Path) -> str:
    """The text of a file, which must be a file: a pipe would keep us waiting for ever."""
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "a pipe, a socket or a device"
        raise ValueError(f"{_shown(path)} is {kind}; right would be a file")
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{_shown(path)} is not UTF-8 (byte {error.start + 1}); right would be UTF-8") from error


def _problem(source: str) -> str | None:
    """What keeps a file's text from being a notebook, if anything does."""
    if not source.strip():
        return "is empty; right would be a notebook"
    marks = MERGE_MARK.search(source)
    if marks:
        line = source.count("\n", 0, marks.start()) + 1
        return f"has merge marks (line {line}); right would be one side of them, or both"
    try:
        content = json.loads(source)
    except ValueError as error:
        return f"is no JSON: {error}; right would be a notebook"
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        return "has no list of cells; right would be a notebook of nbformat 4"
    if content.get("nbformat") != 4:
        return f"has nbformat {content.get('nbformat')!r}; right would be 4"
    return None


def _shown(path: Path) -> str:
    """A path as people write it in this project."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


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
    source = nb.cells[0].source if nb.cells else ""
    found = re.match(r"# (.+)", source)
    if not found:
        raise ValueError(f"a notebook begins with {source[:50]!r}; right would be a heading, '# Title'")
    return found[1]


def markdown(nb: NotebookNode) -> str:
    """All prose of a notebook."""
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def words(nb: NotebookNode) -> int:
    """How many words a reader reads: a formula or a name in code is one, a link counts by its text."""
    text = re.sub(r"\$\$.*?\$\$", " ", markdown(nb), flags=re.DOTALL)
    text = re.sub(r"\$[^$]*\$|`[^`]*`", " x ", text)
    text = re.sub(r"\]\([^)]*\)|</?[a-z][^>]*>", " ", text)
    return len(re.findall(r"\w+(?:['’.,-]\w+)*", text))


def is_setup(cell: NotebookNode) -> bool:
    return SETUP in cell.metadata.get("tags", [])


def has_queue(nb: NotebookNode) -> bool:
    return any(QUEUE in cell.metadata.get("tags", []) for cell in nb.cells)


def code_cells(nb: NotebookNode) -> list[NotebookNode]:
    """The cells of a notebook that the book runs."""
    return [cell for cell in nb.cells if cell.cell_type == "code" and not is_setup(cell)]


def sources(nb: NotebookNode) -> list[str]:
    """The code of a notebook, cell by cell."""
    return [cell.source for cell in code_cells(nb)]


def tables(nb: NotebookNode) -> list[Path]:
    """The stored results that a notebook reads, tables and arrays."""
    source = "".join(sources(nb))
    stored = sorted([*NOTEBOOKS.glob("*.csv"), *NOTEBOOKS.glob("*.npz")])
    return [path for path in stored if path.name in source]


def peers(cells: Iterable[NotebookNode]) -> list[str]:
    """The optional packages that cells use, where they are installed."""
    source = "\n".join(cell.source for cell in cells)
    found = {peer for call, peer in PEERS_BY_MODULE.items() if call in source}
    return sorted(found.union(PEER.findall(source)))


def cleaned(nb: NotebookNode) -> NotebookNode:
    """The notebook without what belongs to one machine or one run (timestamps, versions, private paths) or
    is the same in each (the playground's script: what is stored is its still figure)."""
    nb.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in nb.cells:
        cell.metadata = {key: value for key, value in cell.metadata.items() if key == "tags"}
        if CHECK in cell.metadata.get("tags", []):
            cell.metadata["jupyter"] = {"source_hidden": True}
        for output in cell.get("outputs", ()):
            if output.output_type == "stream":
                output.text = WARNING_ORIGIN.sub("", output.text)
            if "playground" in output.get("metadata", {}):
                output.data.pop("text/html", None)
    return nb
