"""Runs every notebook and stores its outputs in notebooks/, and one for README.md: `make refresh`."""

import sys

from book import choices, data, notebook, outputs, run
from d2l_utils.data import files

from . import picture


def main() -> None:
    choices.check()
    if files.offline():
        sys.exit("The stored outputs come from the real data: unset D2L_OFFLINE")
    try:
        data.fetch()
    except files.DataUnavailable as unavailable:
        sys.exit(str(unavailable))
    failed = run.execute(notebook.names())
    for name in notebook.names():
        if name not in failed:
            notebook.write(notebook.cleaned(outputs.executed(name)), name, notebook.NOTEBOOKS)
    picture.write()
    if failed:
        sys.exit(f"{len(failed)} notebooks failed and keep their stored outputs")


if __name__ == "__main__":
    main()
