"""Gives a chapter its place in the reading order: `python -m tools.renumber 05_rmsprop 2`.

The chapters behind it move on. Renamed with them are their files, and wherever a committed file speaks of them:
names (`definitions`, links, tests), "chapter 5", equations' tags and the references to these. Look at the difference
afterwards (`git diff --word-diff`), then run the notebooks again: figures are numbered by the build.
"""

import argparse
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from book import notebook, writing
from book.edition import Edition, editions
from book.translation import prose_cells, stale

from . import chinese

CHAPTER = re.compile(r"(?i)\bchapters? \d+(?:(?:, | and | or | to )\d+)*|第\d+(?:[、和到]\d+)*章")
"""As prose names chapters: "chapter 5", "Chapters 5, 6 and 10", "第5章"."""

ENTRIES = (
    r"\[\d+\]\((?=\d\d_)",  # the glossary's [5](05_rmsprop.ipynb)
    r"\d+\. (?=\[[^]\n]*\]\(\d\d_)",  # the index's 5. [RMSProp](05_rmsprop.ipynb)
    r"\[\d+\. (?=[^]\n]*\]\(notebooks/(?:zh/)?\d\d_)",  # the README's [5. RMSProp](notebooks/05_rmsprop.ipynb)
)

ELSEWHERE = "d2l_utils/"
"""Here a docstring's "chapter 7" is another book's."""


def moves(name: str, place: int, chapters: Iterable[str]) -> dict[str, str]:
    """New names of the chapters when one of them gets a place, numbered from 1 in their order: {old: new}."""
    others = [chapter for chapter in chapters if chapter != name]
    if not 1 <= place <= len(others) + 1:
        raise SystemExit(f"renumber: the place is {place}; it should be from 1 to {len(others) + 1}")
    order = [*others[: place - 1], name, *others[place - 1 :]]
    return {old: f"{number:02d}_{old.partition('_')[2]}" for number, old in enumerate(order, 1)}


def number(name: str) -> str:
    """A chapter's number as prose writes it: 5 for 05_rmsprop."""
    return str(int(name.partition("_")[0]))


def renamed(text: str, new: dict[str, str], *, prose: bool) -> str:
    """A text in which every name of a chapter is the new one, and in prose every number of one, too."""
    names = re.compile("|".join(rf"(?<!\d){old}(?![a-z])" for old in new))
    text = names.sub(lambda found: new[found[0]], text)
    if not prose:
        return text
    numbers = {number(old): number(name) for old, name in new.items()}

    def replaced(found: re.Match[str]) -> str:
        return re.sub(r"\d+", lambda digits: numbers.get(digits[0], digits[0]), found[0])

    text = CHAPTER.sub(replaced, text)
    for entry in ENTRIES:
        text = re.sub(entry, replaced, text)
    text = re.sub(r"\\tag\{S?\d+\.", replaced, text)
    text = re.sub(r"#equation-S?\d+-", replaced, text)
    return text


def references(text: str, tags: set[str], new: dict[str, str]) -> str:
    """A Markdown text in which (5.2) is renumbered, where an equation has that tag."""
    numbers = {number(old): number(name) for old, name in new.items()}

    def replaced(found: re.Match[str]) -> str:
        if found[1] + found[2] + found[3] not in tags:
            return found[0]
        return f"({found[1]}{numbers[found[2]]}{found[3]})"

    return re.sub(r"\((S?)(\d+)(\.\d+)\)", replaced, text)


def equations(names: Iterable[str]) -> set[str]:
    """The tags of all equations, such as 5.2 and S5.1."""
    texts = [cell.source for name in names for cell in notebook.read(name).cells]
    return {tag for text in texts for tag in re.findall(r"\\tag\{([\w.]+)\}", text)}


def refer(edition: Edition, name: str, tags: set[str], new: dict[str, str]) -> None:
    """Renumber a notebook's references to equations; in code, (5.2) is a number."""
    nb = notebook.read(name, edition.notebooks)
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            cell.source = references(cell.source, tags, new)
    notebook.write(nb, name, edition.notebooks)


def translated(names: Iterable[str]) -> dict[str, list[str]]:
    """The prose cells whose Chinese says what the English says, by notebook."""
    current = {}
    for name in names:
        english = notebook.read(name)
        left = stale(english, chinese.read(name))
        current[name] = [cell for cell in prose_cells(english) if cell not in left]
    return current


def rewrite(path: Path, new: dict[str, str]) -> None:
    """Renumber what one committed file says; what is not text stays."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return
    changed = renamed(text, new, prose=not path.as_posix().startswith(ELSEWHERE))
    if changed != text:
        writing.write(path, changed)


def renumber(name: str, place: int) -> None:
    """Give a chapter its place: its own files and all that speak of chapters."""
    names = notebook.names()
    if name not in names:
        raise SystemExit(f"renumber: the chapter is {name!r}; notebooks/ has {', '.join(names)}")
    new = moves(name, place, [stem for stem in names if re.fullmatch(r"\d+_\w+(?<!_solutions)", stem)])
    tags = equations(names)
    current = translated(names)
    for edition in editions():
        for stem in names:
            refer(edition, stem, tags, new)
    listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, check=True, text=True).stdout
    paths = [Path(entry) for entry in listed.split("\0") if entry]
    for path in paths:
        rewrite(path, new)
    for path in paths:
        target = path.with_name(renamed(path.name, new, prose=False))
        if target != path:
            subprocess.run(["git", "mv", path, target], check=True)
    for stem, cells in current.items():
        chinese.accept(renamed(stem, new, prose=False), cells)  # both say the new numbers


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Give a chapter its place in the reading order.")
    parser.add_argument("name", help="the chapter's name, such as 05_rmsprop")
    parser.add_argument("place", type=int, help="its number from now on; the others move on")
    choice = parser.parse_args()
    renumber(choice.name, choice.place)
