"""The playground's script: ES modules, each with a scope of its own, as one classic script, which a disk can serve."""

import json
import re
from pathlib import Path

from . import facts

FOLDER = Path(__file__).parent
ENTRY = FOLDER / "element" / "element.js"
NAMES = re.compile(r'^import \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
WHOLE = re.compile(r'^import (\w+) from "([^"]+)" with \{ type: "(json|text)" \};$', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
LEFT_OVER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def script() -> str:
    """The playground's script, whole: it needs nothing else, and defines the element once however often it runs.

    Returns:
        A classic script, since modules do not load from a disk.

    Raises:
        ValueError: a module imports what another does not export, imports itself in a circle, or says import or export
            in a form that is not understood here.
        FileNotFoundError: a module imports a file that is not there.

    Example:
        >>> script().count('customElements.define("optimizer-playground"')
        1
    """
    parts = "\n".join(["(() => {", '"use strict";', joined(ENTRY), "})();"])
    return parts.replace("</", "<\\/")  # nothing in it may end the element that it stands in


def joined(entry: Path) -> str:
    """A module and all that it imports, each once, after those that it imports itself."""
    scopes: dict[Path, str] = {}
    _add(entry.resolve(), scopes, ())
    return "\n".join(scopes.values())


def _add(path: Path, scopes: dict[Path, str], within: tuple[Path, ...]) -> None:
    """Add a module to the scopes, behind those that it imports; within are those that are waiting for it."""
    if path in within:
        circle = " → ".join(module.name for module in (*within, path))
        raise ValueError(f"{circle} import one another in a circle; one of them must do without")
    text = path.read_text(encoding="utf-8")
    for names, source in NAMES.findall(text):
        imported = (path.parent / source).resolve()
        if not imported.exists():
            raise FileNotFoundError(f"{path.name} imports {source}, which is not there")
        if imported not in scopes:
            _add(imported, scopes, (*within, path))
        _check_names(path, names, imported)
    scopes[path] = _scope(path, text)


def _check_names(path: Path, names: str, imported: Path) -> None:
    exported = EXPORT.findall(imported.read_text(encoding="utf-8"))
    for name in re.findall(r"[^\s,]+", names):
        if name not in exported:
            raise ValueError(f"{path.name} imports {name!r}; {imported.name} exports {', '.join(exported)}")


def _scope(path: Path, text: str) -> str:
    """A module as a constant that holds its exports."""
    exported = ", ".join(EXPORT.findall(text))
    text = NAMES.sub(lambda found: f"const {{{found[1]}}} = {_constant(found[2])};", text)
    text = WHOLE.sub(lambda found: f"const {found[1]} = {_whole(path.parent / found[2], found[3])};", text)
    text = EXPORT.sub("", text)
    if left_over := LEFT_OVER.search(text):
        raise ValueError(f"{path.name} says {left_over[0]!r}; bundle.py understands imports and exports by name alone")
    return f"const {_constant(path.name)} = (() => {{\n{text}return {{ {exported} }};\n}})();"


def _constant(source: str) -> str:
    return f"{Path(source).stem}Module"


def _whole(path: Path, kind: str) -> str:
    if path.resolve() == facts.FILE.resolve():
        return json.dumps(facts.FACTS, ensure_ascii=False)  # as Python has them: with the colours
    text = path.read_text(encoding="utf-8")
    return json.dumps(json.loads(text) if kind == "json" else text, ensure_ascii=False)
