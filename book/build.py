"""Builds the book: the notebooks that have changed, then all pages."""

import os
import sys
import time
from pathlib import Path

from . import address, choices, data, notebook, outputs, site, writing
from .failures import Failure, listed, unread


def html(stamp: str) -> None:
    """Run what has changed, write all pages, and leave a stamp dated when we began to read."""
    data.fetch_or_stand_in()
    began = time.time()
    writing.clear(notebook.NOTEBOOKS)
    writing.clear(notebook.BUILD)
    outputs.discard_damaged()
    stale, failures = stale_notebooks()
    failures |= execute(stale)
    failures |= site.write_book(failures)
    compare_addresses()
    if failures:
        count = f"{len(failures)} of {len({*stale, *failures})} notebooks failed"
        sys.exit(f"{count}; their last good pages stay\n{listed(failures.values())}")
    leave(Path(stamp), began)


def stale_notebooks() -> tuple[list[str], dict[str, Failure]]:
    """The notebooks that have to run again, and those that cannot be run, or of which it cannot be known."""
    stale = []
    failures = {}
    for name in notebook.names():
        try:
            notebook.check(name)
            if not outputs.is_current(name):
                stale.append(name)
        except (OSError, ValueError) as error:
            failures[name] = unread(name, error)
    return stale, failures


def execute(names: list[str]) -> dict[str, Failure]:
    """Run notebooks; those that failed, by name."""
    if not names:
        return {}
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
    """Put the stamp in the place of all others; it holds what it stands for, so that make sees what is missing."""
    for old in stamp.parent.glob(".built-*"):
        writing.remove(old)
    writing.write(stamp, "\n".join(path.relative_to(notebook.ROOT).as_posix() for path in site.files()))
    os.utime(stamp, (began, began))
