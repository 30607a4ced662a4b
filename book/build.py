"""Builds the book: the notebooks that have changed, then all pages."""

import os
import sys
import time
from pathlib import Path

from . import address, choices, data, notebook, outputs, site


def html(stamp: str) -> None:
    """Run what has changed, write all pages, and leave a stamp dated when we began to read."""
    data.fetch_or_stand_in()
    began = time.time()
    stale = stale_notebooks()
    failed = execute(stale)
    site.write_book()
    compare_addresses()
    if failed:
        sys.exit(f"{len(failed)} of {len(stale)} notebooks failed; their last good pages stay")
    leave(Path(stamp), began)


def stale_notebooks() -> list[str]:
    """The notebooks that have to run again."""
    try:
        return [name for name in notebook.names() if not outputs.is_current(name)]
    except ValueError as mistake:  # what one of them rests on cannot be known
        sys.exit(str(mistake))


def execute(names: list[str]) -> list[str]:
    """Run notebooks; the names of those that failed."""
    if not names:
        return []
    from . import run  # here, since a build without a run need not wait for it

    return run.execute(names)


def compare_addresses() -> None:
    """Say so where the pages link to one repository and the notebooks bring another."""
    named = choices.repository()
    if named not in (None, address.stored()):
        print(
            f"The pages link to {named}, and the notebooks' first cell brings {address.stored()}: "
            f"`D2L_REPOSITORY={named} make address` mends that."
        )


def leave(stamp: Path, began: float) -> None:
    """Put the stamp in the place of all others: the list of what was written, by which make sees what is gone."""
    for old in stamp.parent.glob(".built-*"):
        old.unlink()
    stamp.write_text(written(), encoding="utf-8")
    os.utime(stamp, (began, began))


def written() -> str:
    """The files of the book, one a line, from the project's folder."""
    files = [path for path in site.OUTPUT.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return "".join(f"{path.relative_to(notebook.ROOT).as_posix()}\n" for path in sorted(files))
