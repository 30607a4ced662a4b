"""`python -m book html` builds the book; `python -m book refresh` stores fresh outputs in notebooks/."""

import os
import sys

from d2l_utils import data

from . import notebook, page, run


def find_data():
    """Have the data ready before anything runs; without them, say so once and choose the stand-in."""
    if data.offline():
        return
    try:
        for name in data.FILES:
            data.fetch(name)
    except data.DataUnavailable as unavailable:
        print(f"{unavailable}\nGoing on with 3: every page that uses the stand-in says so.\n", flush=True)
        os.environ["D2L_OFFLINE"] = "1"


def html():
    find_data()
    stale = [name for name in notebook.names() if not run.is_current(name)]
    failed = run.execute(stale)
    page.write_book(leave=failed)
    sys.exit(f"{len(failed)} of {len(stale)} notebooks failed; their last good pages stay" if failed else 0)


def refresh():
    if data.offline():
        sys.exit("The stored outputs come from the real data: unset D2L_OFFLINE")
    for name in data.FILES:
        data.fetch(name)
    failed = run.execute(notebook.names())
    for name in notebook.names():
        if name not in failed:
            nb = notebook.read(name, run.EXECUTED)
            notebook.write(notebook.cleaned(nb), name, notebook.NOTEBOOKS)
    sys.exit(f"{len(failed)} notebooks failed and keep their stored outputs" if failed else 0)


if __name__ == "__main__":
    {"html": html, "refresh": refresh}[sys.argv[1]]()
