"""What Python and the playground's script share: facts.json, and each optimizer's colour."""

import json
from pathlib import Path

from ..colours import OPTIMIZERS

FILE = Path(__file__).with_name("facts.json")


def read(file: Path) -> dict:
    """The facts of a file, with the colours.

    Raises:
        ValueError: it is no JSON, or an optimizer in it has no title that d2l_utils.colours knows.
    """
    try:
        facts = json.loads(file.read_text(encoding="utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{file} is not JSON: {error}") from None
    for name, rule in _drawn(facts).items():
        title = rule.get("title")
        if title not in OPTIMIZERS:
            raise ValueError(f"{file} calls {name} {title!r}; d2l_utils/colours.py knows {', '.join(OPTIMIZERS)}")
        rule["colour"] = OPTIMIZERS[title]
    return facts


def _drawn(facts: dict) -> dict:
    """The book's optimizers, and the reader's own."""
    return {**facts["rules"], **({"own": facts["own"]} if "own" in facts else {})}


FACTS = read(FILE)
