"""Imports run one way: the floors of the house and the arrows between them, declared once."""

import ast
from pathlib import Path

from d2l_utils.chapters import ROOT

import pytest

SHARED, OTHERS = "d2l_utils", ("book", "tools", "benchmarks")
FRONT = "__init__"  # `import d2l_utils` itself, which offers everything
ANYTHING = ""
GROUND = {"runtime", "kernels", "old_names", "arm", "chapters"}
# Room -> what it may import beside itself, by the beginning of its name. The longest name of a room that fits counts.
ARROWS = {
    **dict.fromkeys(GROUND, GROUND),
    "rules": {"runtime"},
    **dict.fromkeys(("colours", "progress", "softmax", "words", "workers"), set()),
    "data": {"runtime", "chapters", "progress"},
    "linear": {"rules", "runtime"},
    "train": {"data", "linear", "rules", "runtime"},
    "fast": {"train", "data", "linear", "rules", "runtime", "progress", "softmax", "workers"},
    "scale": {"fast", "train", "linear", "rules", "runtime", "progress", "workers"},
    **dict.fromkeys(("parity", "optax"), set()),
    "plot": {"colours", "words"},
    "plot.__init__": {"colours", "playground", "words"},  # it offers explore
    "train.__init__": {"data", "linear", "rules", "runtime", "fast"},  # it offers what is quick, too
    "playground": {"colours", "plot", "rules", "train", "words"},
    "textbook": {ANYTHING},
    FRONT: {ANYTHING},
    "book": {"data.files", "runtime", "kernels", "chapters", "colours", "playground", "words"},
    "tools": {ANYTHING},
    "benchmarks": {ANYTHING},
}
# These are for readers alone: no room but the front, and those named here, may know of them.
FOR_READERS = {"textbook": {"benchmarks"}, "playground": {"plot.__init__", "book", "tools", "benchmarks"}}


def rooms(root):
    """The rooms that there are: modules and packages of d2l_utils, and the folders beside it."""
    shared = [path for path in (root / SHARED).iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()]
    return {path.stem for path in shared} | {name for name in OTHERS if (root / name).exists()}


def modules(root):
    """name -> path of every module: its own name if it is shared, such as plot.curves, else with its folder's."""
    found = {}
    for folder in (SHARED, *OTHERS):
        for path in sorted((root / folder).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[folder == SHARED :])] = path
    return found


def imported(path, root):
    """The full dotted names that a module imports, wherever in it, by any form of import."""
    package = path.relative_to(root).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            yield from (".".join([*base, *filter(None, [node.module]), alias.name]) for alias in node.names)
        elif isinstance(node, ast.Call) and "import_module" in ast.unparse(node.func):
            yield from (_by_name(argument.value, package) for argument in node.args[:1] if _is_text(argument))


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _by_name(name, package):
    """What importlib.import_module makes of a name; `.x` is in the package of the module."""
    stripped = name.lstrip(".")
    level = len(name) - len(stripped)
    return ".".join([*package[: len(package) - level + 1], stripped]) if level else stripped


def arrows(path, root):
    """What a module imports of ours, in the short form of ARROWS."""
    known = rooms(root)
    for name in imported(path, root):
        top, *rest = name.split(".")
        if top == SHARED:
            yield ".".join(rest) if rest and rest[0] in known else FRONT
        elif top in OTHERS:
            yield name


def within(name, start):
    return start == ANYTHING or name == start or name.startswith(f"{start}.")


def forbidden(root):
    """Lines that tell which module imports what it may not."""
    for name, path in modules(root).items():
        room = max((start for start in ARROWS if within(name, start)), key=len, default=None)
        for target in arrows(path, root):
            own = within(target, name.split(".")[0])
            if not own and not (room and any(within(target, start) for start in ARROWS[room])):
                yield f"{name} imports {target}"
            private = {start for start in FOR_READERS if within(target, start)}
            if not own and any(room not in FOR_READERS[start] | {FRONT, "textbook"} for start in private):
                yield f"{name} imports {target}, which is for readers"


def test_every_room_is_declared_and_every_declared_room_is_there():
    assert rooms(ROOT) == {name.partition(".")[0] for name in ARROWS}


def test_imports_run_one_way():
    assert list(forbidden(ROOT)) == []


FORMS = [
    ("import d2l_utils.train", "train"),
    ("import d2l_utils.train.history as h", "train.history"),
    ("from d2l_utils import train", "train"),
    ("from d2l_utils.train import history", "train.history"),
    ("from .. import data, train", "train"),
    ("from ..train import history", "train.history"),
    ("from ..train.history import History", "train.history.History"),
    ("def f():\n    from .. import train", "train"),
    ("if True:\n    import d2l_utils", FRONT),
    ("importlib.import_module('d2l_utils.train')", "train"),
    ("import_module('..train', __package__)", "train"),
    ("from book import site", "book.site"),
]


@pytest.fixture
def house(tmp_path):
    """A small house of the same kind: one room that draws, two that it may not know."""
    for room in ("plot", "train", "data", "playground"):
        (tmp_path / SHARED / room).mkdir(parents=True)
        (tmp_path / SHARED / room / "__init__.py").touch()
    (tmp_path / SHARED / "__init__.py").write_text("from . import plot, train\n", encoding="utf-8")
    (tmp_path / "book").mkdir()
    return tmp_path


@pytest.mark.parametrize(("source", "target"), FORMS)
def test_an_import_of_any_form_is_seen(source, target, house):
    (house / SHARED / "plot" / "curves.py").write_text(f"import numpy\nfrom . import x\n{source}\n", encoding="utf-8")
    assert f"plot.curves imports {target}" in list(forbidden(house))


def test_what_is_allowed_is_not_complained_of(house):
    (house / SHARED / "train" / "history.py").write_text("from ..data import sets\nfrom . import x", encoding="utf-8")
    (house / SHARED / "plot" / "__init__.py").write_text("from ..playground import explore", encoding="utf-8")
    (house / "book" / "site.py").write_text("from d2l_utils.data import files\nfrom . import x", encoding="utf-8")
    assert list(forbidden(house)) == []


def test_a_room_that_is_for_readers_alone_is_not_imported(house):
    (house / SHARED / "train" / "x.py").write_text("from ..playground import explore", encoding="utf-8")
    (house / "book" / "x.py").write_text("from d2l_utils.data import sets", encoding="utf-8")
    assert "train.x imports playground.explore, which is for readers" in list(forbidden(house))
    assert "book.x imports data.sets" in list(forbidden(house))


def test_paths_are_under_one_root():
    """One module finds the project's root; online.py and arm.py, which run without the package, for themselves."""
    finds = [path for path in modules(ROOT).values() if "parents[" in path.read_text(encoding="utf-8")]
    alone = {"d2l_utils/chapters.py", "d2l_utils/arm.py", "book/online.py"}
    assert {Path(path).relative_to(ROOT).as_posix() for path in finds} == alone
