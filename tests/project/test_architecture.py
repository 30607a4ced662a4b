"""Imports run one way: which room of d2l_utils may use which, seen in every form that an import can have."""

import ast

from d2l_utils.chapters import ROOT

import pytest

# What each room may import of ours. A room is a module or a package of d2l_utils, or a package beside it.
MAY_USE = {
    "runtime": {"kernels", "old_names"},
    "kernels": set(),
    "old_names": set(),
    "arm": set(),
    "chapters": set(),
    "rules": set(),
    "data": {"chapters"},
    "linear": set(),
    "train": {"data", "linear", "rules", "runtime"},
    "fast": {"train", "linear", "rules", "runtime"},
    "parity": {"rules"},
    "plot": set(),
    "playground": {"plot", "train"},
    "textbook": {"data", "linear", "rules", "train"},
    "book": {"data", "kernels", "chapters", "playground"},
}
# Fronts offer what is made of what stands behind them, and import it when it is asked for.
FRONTS = {"d2l_utils/train/__init__.py": {"fast"}, "d2l_utils/plot/__init__.py": {"playground"}}
ROOMS = sorted(
    path for path in (ROOT / "d2l_utils").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
)


def imported(path):
    """The full names of all that a file imports, in whatever form and place."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{module}.{name.name}" for name in node.names)


def rooms_used(path):
    """The rooms of d2l_utils that a file imports from."""
    known = {room.stem for room in ROOMS}
    for name in imported(path):
        first, *rest = name.split(".")
        if first == "d2l_utils" and rest and rest[0] in known:
            yield rest[0]


def files():
    for room in [*ROOMS, ROOT / "book"]:
        for path in [room] if room.suffix else sorted(room.rglob("*.py")):
            if room.stem != "__init__":
                yield pytest.param(room.stem, path, id=str(path.relative_to(ROOT)))


@pytest.mark.parametrize(("room", "path"), list(files()))
def test_a_room_uses_only_what_it_may(room, path):
    fronts = FRONTS.get(str(path.relative_to(ROOT)), set())
    assert set(rooms_used(path)) <= MAY_USE[room] | fronts | {room}


def test_every_form_of_import_is_seen(tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    path = tmp_path / "d2l_utils" / "data" / "new.py"
    path.parent.mkdir(parents=True)
    forms = {
        "import d2l_utils.plot.curves": {"plot"},
        "import d2l_utils.plot as p, d2l_utils.train": {"plot", "train"},
        "from d2l_utils import plot, train": {"plot", "train"},
        "from d2l_utils.fast.sweep import sweep": {"fast"},
        "from .. import linear, rules": {"linear", "rules"},
        "from ..train import graphs": {"train"},
        "from . import sets": {"data"},
        "from .sets import airfoil": {"data"},
        "def late():\n    from ..playground import explore": {"playground"},
        "import numpy": set(),
    }
    for code, rooms in forms.items():
        path.write_text(code, encoding="utf-8")
        assert set(rooms_used(path)) == rooms, code
