"""Takes rules out of the chapters that define them, so that no chapter and no test keeps a copy."""

import ast
import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
KEPT = ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef


def definitions(chapter: str, *names: str) -> Any:
    """Load functions and classes that a chapter defines or takes from others, without running the rest of it.

    Args:
        chapter: the notebook's file name without ending (str).
        *names: what it defines at the top level of its cells (str).

    Returns:
        The functions and classes, in the order asked for; a single one by itself.

    Raises:
        ValueError: there is no such chapter, or it has no definition of that name.

    Example:
        >>> definitions("05_rmsprop", "rmsprop").__name__
        'rmsprop'
    """
    path = NOTEBOOKS / f"{chapter}.ipynb"
    if not path.exists():
        there = ", ".join(sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")))
        raise ValueError(f"chapter is {chapter!r}; notebooks/ has {there}")
    kept: list[ast.stmt] = []
    for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            source = re.sub(r"^[%!].*", "", "".join(cell["source"]), flags=re.MULTILINE)
            kept += [node for node in ast.parse(source).body if isinstance(node, KEPT) or _is_taken(node)]
    namespace: dict[str, Any] = {}
    exec(compile(ast.Module(kept, type_ignores=[]), f"{chapter}.ipynb", "exec"), namespace)
    missing = [name for name in names if name not in namespace]
    if missing:
        raise ValueError(f"names has {missing[0]!r}; {chapter} defines no function or class of that name")
    found = [namespace[name] for name in names]
    return found[0] if len(found) == 1 else found


def _is_taken(node):
    """Whether a statement is itself `name = definitions(...)`."""
    return isinstance(node, ast.Assign) and getattr(getattr(node.value, "func", None), "id", "") == "definitions"
