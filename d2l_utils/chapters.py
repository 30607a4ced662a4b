"""Takes rules out of the chapters that define them, so that no chapter and no test keeps a copy."""

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]  # of the project
NOTEBOOKS = ROOT / "notebooks"
KEPT = ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef
OF_IPYTHON = re.compile(r"^[%!].*", re.MULTILINE)


def definitions(chapter: str, *names: str) -> Any:
    """Load functions and classes that a chapter defines or takes from others, without running the rest of it.

    Args:
        chapter: the notebook's file name without ending (str). A notebook writes it out: see rests_on.
        *names: what it defines at the top level of its cells (str).

    Returns:
        The functions and classes, in the order asked for; a single one by itself.

    Raises:
        ValueError: there is no such chapter, or it has no definition of that name.

    Example:
        >>> definitions("06_rmsprop", "rmsprop").__name__
        'rmsprop'
    """
    changed = max(path.stat().st_mtime_ns for path in NOTEBOOKS.glob("*.ipynb"))
    namespace = _namespace(chapter, changed)
    missing = [name for name in names if name not in namespace]
    if missing:
        raise ValueError(f"names has {missing[0]!r}; {chapter} defines no function or class of that name")
    found = [namespace[name] for name in names]
    return found[0] if len(found) == 1 else found


@cache
def _namespace(chapter: str, changed: int) -> dict[str, Any]:
    """What a chapter defines, made once for each change of any notebook: chapters take from each other."""
    kept: list[ast.stmt] = []
    for _, source in _code(chapter):
        kept += [node for node in ast.parse(source).body if isinstance(node, KEPT) or _is_taken(node)]
    namespace: dict[str, Any] = {"__name__": chapter}  # whoever sends a function to another process asks for it
    exec(compile(ast.Module(kept, type_ignores=[]), f"{chapter}.ipynb", "exec"), namespace)
    return namespace


def rests_on(chapter: str) -> list[str]:
    """Find the notebooks whose definitions a notebook takes, directly or through others.

    Args:
        chapter: the notebook's file name without ending (str).

    Returns:
        The names of the others, sorted (list of str).

    Raises:
        ValueError: there is no such notebook, or one of them calls `definitions` with a name that is not written
            out: what it takes could not be known without running it.

    Example:
        >>> rests_on("06_rmsprop_solutions")
        ['02_gradient_descent', '05_adagrad', '06_rmsprop']
    """
    found: set[str] = set()
    unread = [chapter]
    while unread:
        new = set(_taken(unread.pop())) - found
        found |= new
        unread += new
    return sorted(found)


def _code(chapter: str) -> Iterator[tuple[int, str]]:
    """The code cells of a notebook: their numbers, counted among all cells, and their sources in plain Python."""
    path = NOTEBOOKS / f"{chapter}.ipynb"
    if not path.is_file():
        there = ", ".join(sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb")))
        raise ValueError(f"chapter is {chapter!r}; notebooks/ has {there}")
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"notebooks/{path.name} is no notebook: {error}") from error
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] == "code":
            yield number, OF_IPYTHON.sub("", "".join(cell["source"]))


def _taken(chapter: str) -> Iterator[str]:
    """The notebooks that a notebook itself names in its calls of `definitions`."""
    for number, source in _code(chapter):
        for call in _calls(source):
            if not (call.args and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)):
                raise ValueError(
                    f"{chapter}, cell {number} calls {ast.unparse(call)}; its first argument must be the name "
                    'of a chapter, written out, as in definitions("06_rmsprop", "rmsprop")'
                )
            yield call.args[0].value


def _calls(source: str) -> list[ast.Call]:
    """The calls of `definitions` in a cell. One that is no Python has none: it says so when it is run."""
    if "definitions" not in source:
        return []  # most cells: parsing them all would take a second of each `make`
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return []
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [call for call in calls if "definitions" in (getattr(call.func, "id", ""), getattr(call.func, "attr", ""))]


def _is_taken(node: ast.stmt) -> bool:
    """Whether a statement is itself `name = definitions(...)`."""
    return isinstance(node, ast.Assign) and getattr(getattr(node.value, "func", None), "id", "") == "definitions"
