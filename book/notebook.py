"""Reads the notebooks: which there are, what they are called, and how they are kept."""

import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS, BUILD = ROOT / "notebooks", ROOT / "_build"
INDEX = "index"
# The tag of the cell that brings the package to where it is missing (see address.py); no page shows it.
SETUP = "remove-cell"

# The kernel's private path before a warning: it differs on each run.
WARNING_ORIGIN = re.compile(r"^\S*ipykernel_\d+\S*:\d+: ", re.MULTILINE)

TAKEN = re.compile(r'definitions\(\s*"(\w+)"')
PEER = re.compile(r'parity\.available\("(\w+)"\)')


def names():
    """The notebooks in reading order: the index, then the chapters by number, each before its solutions."""
    return [INDEX, *sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb") if path.stem != INDEX)]


def read(name, folder=NOTEBOOKS):
    return nbformat.read(folder / f"{name}.ipynb", as_version=4)


def unexecuted(name):
    """A notebook without its stored outputs."""
    nb = read(name)
    for cell in code_cells(nb):
        cell.update(outputs=[], execution_count=None)
    return nb


def write(nb, name, folder):
    """Write a notebook so that a process killed halfway leaves the old one whole."""
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}.unfinished"
    nbformat.write(nb, unfinished)
    unfinished.replace(folder / f"{name}.ipynb")


def title(nb):
    """The text of a notebook's first heading."""
    return re.match(r"# (.+)", nb.cells[0].source)[1]


def markdown(nb):
    """All prose of a notebook."""
    return "\n\n".join(cell.source for cell in nb.cells if cell.cell_type == "markdown")


def is_setup(cell):
    return SETUP in cell.metadata.get("tags", [])


def code_cells(nb):
    """The cells of a notebook that the book runs."""
    return [cell for cell in nb.cells if cell.cell_type == "code" and not is_setup(cell)]


def sources(nb):
    """The code of a notebook, cell by cell."""
    return [cell.source for cell in code_cells(nb)]


def rests_on(name):
    """The notebooks whose definitions a notebook takes, directly or through others."""
    found, unread = set(), [name]
    while unread:
        new = set(TAKEN.findall("".join(sources(read(unread.pop()))))) - found
        found |= new
        unread += new
    return sorted(found)


def tables(nb):
    """The stored tables that a notebook reads."""
    source = "".join(sources(nb))
    return [path for path in sorted(NOTEBOOKS.glob("*.csv")) if path.name in source]


def peers(cells):
    """The optional packages that cells compare with, where they are installed."""
    return sorted({peer for cell in cells for peer in PEER.findall(cell.source)})


def cleaned(nb):
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
