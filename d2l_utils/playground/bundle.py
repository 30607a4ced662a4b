"""The playground's script: ES modules, each with a scope of its own, as one classic script, which a disk can serve."""

import json
import re
from pathlib import Path
from typing import Any

from . import facts

FOLDER = Path(__file__).parent
ENTRY = FOLDER / "element" / "element.js"
NAMES = re.compile(r'^import \{([^}]*)\} from "([^"]+)";$', re.MULTILINE)
WHOLE = re.compile(r'^import (\w+) from "([^"]+)" with \{ type: "(json|text)" \};$', re.MULTILINE)
TAIL = re.compile(r"export\{([^}]*)\};?\s*$")  # of a vendored module
EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+))", re.MULTILINE)
# A fifth of the script: blank lines, indents, ends of lines that go on, and comments (behind code only those without
# quotes, so in no string).
FOR_AUTHORS = re.compile(r"^ *(?:// .*)?\n|^ +|(?<=[,({\[])\n| // [^\"'`\n]*$", re.MULTILINE)
OF_STYLE = re.compile(r"/\*.*?\*/|[\s;]*([{}]|;(?!\s*\}))\s*|(?<=[:,]) |\s+(?=\s)|\n", re.DOTALL)
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
    """A module and all that it imports, each once, after those that it imports, without what authors alone need."""
    scopes: dict[Path, str] = {}
    _add(entry.resolve(), scopes, ())
    return FOR_AUTHORS.sub("", "\n".join(scopes.values()))


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
    exported = _exported(imported.read_text(encoding="utf-8"))
    for name in re.findall(r"[^\s,]+", names):
        if name not in exported:
            raise ValueError(f"{path.name} imports {name!r}; {imported.name} exports {', '.join(exported)}")


def _exported(text: str) -> dict[str, str]:
    """The names that a module exports, and what each is called within."""
    tail = TAIL.search(text)
    pairs = [(*part.split(" as "), part)[:2] for part in tail[1].split(",")] if tail else []
    return {name: name for name in EXPORT.findall(text)} | {name: own for own, name in pairs}


def _scope(path: Path, text: str) -> str:
    """A module as a constant that holds its exports."""
    exported = ",".join(name if name == own else f"{name}:{own}" for name, own in _exported(text).items())
    text = NAMES.sub(lambda found: f"const {{{re.sub(' ', '', found[1])}}}={_constant(found[2])};", text)
    text = WHOLE.sub(lambda found: f"const {found[1]} = {_whole(path.parent / found[2], found[3])};", text)
    text = TAIL.sub("\n", EXPORT.sub("", text))
    if left_over := LEFT_OVER.search(text):
        raise ValueError(f"{path.name} says {left_over[0]!r}; bundle.py understands imports and exports by name alone")
    return f"const {_constant(path.name)} = (() => {{\n{text}return {{{exported}}};\n}})();"


def _constant(source: str) -> str:
    return f"{Path(source).stem.replace('.', '_')}Module"


def _whole(path: Path, kind: str) -> str:
    if path.resolve() == facts.FILE.resolve():
        return _json(facts.FACTS)  # as Python has them: with the colours
    text = path.read_text(encoding="utf-8")
    return _json(json.loads(text) if kind == "json" else OF_STYLE.sub(lambda found: found[1] or "", text))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
