"""`python -m book data | html STAMP | pdf | changes [NOTEBOOK ...]`: the commands behind the make targets."""

import argparse
import sys
from typing import TextIO, cast

from d2l_utils.data import files

from . import choices, data

# A command imports what it alone needs: fetching data is not to wait for a renderer of pages.


def html(stamp: str) -> None:
    """Run what has changed and write all pages."""
    from .build import html

    html(stamp)


def pdf() -> None:
    """Print the book."""
    from .pdf import write
    from .site import list_of_pages

    print(f"The book is in {write(list_of_pages())}")


def changes(names: list[str]) -> None:
    """Show what the last run has changed."""
    from .compare import print_changes

    print_changes(*names)


def arguments() -> dict:
    """What the command line asks for: a command and its arguments. Anything else ends here, with the usage."""
    parser = argparse.ArgumentParser(prog="python -m book")
    commands = parser.add_subparsers(required=True, metavar="data | html | pdf | changes")
    commands.add_parser("data", help="fetch and verify every data file").set_defaults(command=data.fetch)
    page = commands.add_parser("html", help="run every notebook that changed, write all pages")
    page.add_argument("stamp", help="the file that is dated when all is done")
    page.set_defaults(command=html)
    commands.add_parser("pdf", help="print the book into one PDF").set_defaults(command=pdf)
    changed = commands.add_parser("changes", help="show which outputs differ from the stored ones")
    changed.add_argument("names", nargs="*", metavar="notebook", help="names without ending; without any, all")
    changed.set_defaults(command=changes)
    return vars(parser.parse_args())


def main() -> None:
    asked = arguments()
    cast(TextIO, sys.stdout).reconfigure(errors="backslashreplace")  # type: ignore[attr-defined]
    choices.check()
    try:
        asked.pop("command")(**asked)
    except files.DataUnavailable as unavailable:
        sys.exit(str(unavailable))


if __name__ == "__main__":
    main()
