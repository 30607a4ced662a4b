"""What the user chooses by variables of the environment."""

import os
import re
import sys

from d2l_utils.data import files

# What GitHub lets people name their accounts and repositories.
REPOSITORY = re.compile(r"[A-Za-z0-9-]+/(?!\.\.?$)[A-Za-z0-9._-]+")


def repository() -> str | None:
    """The public repository that D2L_REPOSITORY names, as owner/name, or None."""
    named = os.environ.get("D2L_REPOSITORY")
    if named and not REPOSITORY.fullmatch(named):
        raise ValueError(f"D2L_REPOSITORY is {named!r}; it must be owner/name, as in octocat/rmsprop")
    return named


def check() -> None:
    """Refuse what makes no sense, before anything runs."""
    try:
        files.offline()
        files.mirror()
        repository()
    except ValueError as mistake:
        sys.exit(str(mistake))
