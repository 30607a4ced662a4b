"""`python -m book data | html STAMP | pdf | refresh | changes | address`: the commands behind the make targets."""

import os
import sys
import time
from pathlib import Path

from d2l_utils.data import files

from . import address, compare, notebook, pdf, run, site


def check_choices():
    """Refuse what the user chose by variables of the environment, where it makes no sense, before anything runs."""
    try:
        files.offline(), files.mirror(), site.repository()
    except ValueError as mistake:
        sys.exit(str(mistake))


def fetch():
    for name in files.FILES:
        print(f"verified: {files.fetch(name)}")


def html(stamp):
    """Run what has changed, write all pages, and leave a stamp dated when we began to read."""
    if not files.offline():
        try:
            fetch()
        except files.DataUnavailable as unavailable:
            print(f"{unavailable}\nGoing on with 3: every page that uses the stand-in says so.\n", flush=True)
            os.environ["D2L_OFFLINE"] = "1"
    began = time.time()
    stale = [name for name in notebook.names() if not run.is_current(name)]
    failed = run.execute(stale)
    site.write_book()
    if site.repository() not in (None, address.stored()):
        print(
            f"The pages link to {site.repository()}, and the notebooks' first cell brings {address.stored()}: "
            f"`D2L_REPOSITORY={site.repository()} make address` mends that."
        )
    if failed:
        sys.exit(f"{len(failed)} of {len(stale)} notebooks failed; their last good pages stay")
    for old in Path(stamp).parent.glob(".built-*"):
        old.unlink()
    Path(stamp).touch()
    os.utime(stamp, (began, began))


def print_book():
    print(f"The book is in {pdf.write(site.list_of_pages())}")


def refresh():
    """Run every notebook and store its outputs in notebooks/."""
    if files.offline():
        sys.exit("The stored outputs come from the real data: unset D2L_OFFLINE")
    fetch()
    failed = run.execute(notebook.names())
    for name in notebook.names():
        if name not in failed:
            notebook.write(notebook.cleaned(run.executed(name)), name, notebook.NOTEBOOKS)
    if failed:
        sys.exit(f"{len(failed)} notebooks failed and keep their stored outputs")


def set_address():
    """Write the address that D2L_REPOSITORY names, or the one that is stored, into the notebooks."""
    address.write(site.repository() or address.stored())


COMMANDS = {
    "data": fetch,
    "html": html,
    "pdf": print_book,
    "refresh": refresh,
    "changes": compare.print_changes,
    "address": set_address,
}

if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    sys.stdout.reconfigure(errors="backslashreplace")  # a terminal that has no ε does not end a build
    check_choices()
    try:
        COMMANDS[command](*arguments)
    except files.DataUnavailable as unavailable:
        sys.exit(str(unavailable))
