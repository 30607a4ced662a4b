"""Counts code lines, those that are no docstring, comment or blank: `make sizes` prints them by floor."""

import ast
import io
import tokenize
from collections.abc import Iterator
from pathlib import Path

from d2l_utils.chapters import ROOT

OURS = ROOT / "d2l_utils"
FLOORS = {  # name: its files and folders in d2l_utils
    "what a learner needs": ("data", "train", "chapters.py", "linear.py", "rules.py", "runtime.py"),
    "plot": ("plot",),
    "fast": ("fast",),
    "scale": ("scale",),
}
DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
SILENT = (
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
)


def modules() -> list[Path]:
    """The files that the project's Python stands in, but for tests."""
    folders = (OURS, ROOT / "book", ROOT / "tools", ROOT / "benchmarks")
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


def code_lines(source: str) -> set[int]:
    """The numbers of the lines that have code on them."""
    documented: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            documented |= _lines(node.body[0])
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    spans = [range(token.start[0], token.end[0] + 1) for token in tokens if token.type not in SILENT]
    return {line for span in spans for line in span} - documented


def bodies(source: str) -> Iterator[tuple[str, int]]:
    """The name of each function and the code lines of its body."""
    code = code_lines(source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            body = set().union(*map(_lines, node.body))
            yield node.name, len(body & code)


def _lines(node: ast.stmt) -> set[int]:
    return set(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def floor(*names: str) -> int:
    """The code lines of some of d2l_utils' files and folders."""
    files = [
        path for name in names for path in ([OURS / name] if name.endswith(".py") else (OURS / name).rglob("*.py"))
    ]
    return sum(len(code_lines(path.read_text(encoding="utf-8"))) for path in files)


def main() -> None:
    for path in sorted(OURS.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        print(f"{len(code_lines(source)):5} of {source.count(chr(10)):4} lines   {path.relative_to(ROOT)}")
    for name, parts in FLOORS.items():
        print(f"{floor(*parts):5} {name}")
    print(f"{floor('.'):5} in all")


if __name__ == "__main__":
    main()
