"""Runs every notebook and stores its outputs, in both languages, and one for README.md: `make refresh`."""

import sys

from book import choices, data, notebook, one_build, outputs, run, stop
from book.failures import listed
from d2l_utils.data import files

from . import chinese, picture


def refresh() -> None:
    """Run all notebooks and store the outputs of those that succeed."""
    data.fetch()
    failures = run.execute(notebook.names())
    for name in notebook.names():
        if name not in failures:
            notebook.write(notebook.cleaned(outputs.executed(name)), name, notebook.NOTEBOOKS)
    chinese.write_all()
    picture.write()
    if failures:
        sys.exit(f"{len(failures)} notebooks failed and keep their stored outputs\n{listed(failures.values())}")


def main() -> None:
    stop.when_told()
    choices.check()
    if files.offline():
        sys.exit("The stored outputs come from the real data: unset D2L_OFFLINE")
    try:
        with one_build.held():
            refresh()
    except OSError as error:  # no data, no space, no right to write: it names the file
        sys.exit(str(error))


if __name__ == "__main__":
    main()
