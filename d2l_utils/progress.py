"""Shows how far long work has come, to those who watch."""

import os
import sys
from typing import Any

from tqdm.auto import tqdm


def bar(*args: Any, **settings: Any) -> Any:
    """A bar with the time that is left, in Jupyter and in a terminal; silent in a log and in a page that is built.

    Args:
        *args, **settings: what tqdm takes, such as total=100 and unit="epoch".

    Returns:
        tqdm's bar: an iterator over what it was given, and a context whose update() counts on.

    Example:
        >>> [step for step in bar(range(3), delay=2)]
        [0, 1, 2]
    """
    # Jupyter's server names the notebook; a build, which would keep the bar on the page, does not.
    watched = sys.stderr.isatty() or "JPY_SESSION_NAME" in os.environ
    return tqdm(*args, leave=False, disable=not watched, **settings)
