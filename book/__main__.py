"""`python -m book data | html STAMP | pdf | changes [NOTEBOOK ...]`: the commands behind the make targets."""

import argparse
import sys
from typing import TextIO, cast

from . import stop

# A command imports what it alone needs: fetching data is not to wait for a renderer of pages.


def fetch() -> None:
    """Fetch and verify every data file."""
    from .data import fetch

    fetch()


def html(stamp: str) -> None:
    """Run what has changed and write all pages."""
    from . import build, one_build

    with one_build.held():
        build.html(stamp)


def pdf() -> None:
    """Print the book, a PDF for each language."""
    from . import one_build
    from .edition import editions
    from .pages import list_of_pages
    from .pdf import write

    with one_build.held():
        for edition in editions():
            print(f"The book is in {write(edition, list_of_pages(edition))}", flush=True)


def changes(names: list[str]) -> None:
    """Show what the last run has changed."""
    from . import one_build
    from .compare import print_changes

    with one_build.held():
        print_changes(*names)


def arguments() -> dict:
    """What the command line asks for: a command and its arguments. Anything else ends here, with the usage."""
    parser = argparse.ArgumentParser(prog="python -m book")
    commands = parser.add_subparsers(required=True, metavar="data | html | pdf | changes")
    commands.add_parser("data", help="fetch and verify every data file").set_defaults(command=fetch)
    page = commands.add_parser("html", help="run every notebook that changed, write all pages")
    page.add_argument("stamp", help="the file that is dated when all is done")
    page.set_defaults(command=html)
    commands.add_parser("pdf", help="print the book into one PDF").set_defaults(command=pdf)
    changed = commands.add_parser("changes", help="show which outputs differ from the stored ones")
    changed.add_argument("names", nargs="*", metavar="notebook", help="names without ending; without any, all")
    changed.set_defaults(command=changes)
    return vars(parser.parse_args())


def main() -> None:
    stop.when_told()
    asked = arguments()
    cast(TextIO, sys.stdout).reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    from . import choices

    choices.check()
    try:
        asked.pop("command")(**asked)
    except OSError as error:  # no data, no space, no right to write: it names the file
        sys.exit(str(error))


if __name__ == "__main__":
    main()
