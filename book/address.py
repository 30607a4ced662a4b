"""The repository's address, and the code that brings the book from there to a notebook that stands alone."""

import re

from d2l_utils.chapters import ROOT

PROJECT = ROOT / "pyproject.toml"
FIELD = re.compile(r'^Repository = "https://github\.com/([\w.-]+/[\w.-]+)"$', re.MULTILINE)
# No user of GitHub can have an underscore in their name: nobody's code is run before the address is set.
UNSET = "your_name/rmsprop"
# IPython fills in what stands in braces; git asks for no name where there is no such repository.
LINE = (
    'import importlib.util, sys; importlib.util.find_spec("d2l_utils") or get_ipython().system('
    '"GIT_TERMINAL_PROMPT=0 git clone -q https://github.com/{address}; '
    '{{sys.executable}} {name}/book/online.py")  # noqa  # fmt: skip'
)


def stored() -> str:
    """The repository's owner/name in pyproject.toml."""
    found = FIELD.search(PROJECT.read_text(encoding="utf-8"))
    if not found:
        raise ValueError(f'{PROJECT.name} has no line such as Repository = "https://github.com/{UNSET}"')
    return found[1]


def published() -> str | None:
    """The repository's owner/name, or None as long as its owner has not set it."""
    address = stored()
    return None if address == UNSET else address


def line(address: str) -> str:
    """The code that brings the package to a notebook where it is missing; elsewhere it does nothing."""
    return LINE.format(address=address, name=address.partition("/")[2])
