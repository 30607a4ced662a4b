"""A rule of the reader's own, as the text that the playground's field reads: from its source, as far as that goes."""

import ast
import inspect
import math
import re
import textwrap
from collections.abc import Callable, Iterator
from numbers import Real

from .facts import FACTS

SLIDERS = FACTS["own"]["knobs"]
SPELLED = {"eta": "lr", "epsilon": "eps", "beta_1": "beta1", "beta_2": "beta2"}  # as element/notation.js has them
ALIASES = {"minimum": "min", "maximum": "max", "absolute": "abs"}
FUNCTIONS = {"sqrt": 1, "abs": 1, "sign": 1, "exp": 1, "log": 1, "sum": 1, "norm": 1, "min": 2, "max": 2}
TAKEN = {*SLIDERS, *SPELLED, *FUNCTIONS, *ALIASES, "x", "g", "t", "state", "np"}
LONGEST = 2000  # characters, as element/program.js has it
ANY_SIZE = "lr", "eps", "weight_decay"  # sliders of numbers above 1, too
OPERATORS = ast.Add | ast.Sub | ast.Mult | ast.Div | ast.Pow | ast.USub | ast.UAdd


class Unwritable(ValueError):
    """A rule that the field has no words for; says why."""


def written(rule: Callable, knobs: dict) -> tuple[str, dict]:
    """The text of a rule and the values of its sliders; a hyperparameter that has no slider is written as its number.

    Args:
        rule: a function rule(x, g, state=(0,), **hyperparams).
        knobs: the values of all its hyperparameters, its own defaults included (dict).

    Returns:
        The text, one assignment a line, as element/program.js reads it (str), and name -> value of each slider (dict).

    Raises:
        Unwritable: its source is not to be had, or does something that no line of the field can say.

    Example:
        >>> written(sgd, {"lr": 0.4})  # doctest: +SKIP
        ('x = x - lr * g', {'lr': 0.4})
    """
    function = _definition(rule)
    lines = _Lines(function, knobs)
    text = "\n".join(lines.all())
    if len(text) > LONGEST:
        raise Unwritable(f"the field holds {LONGEST} characters, and it would be {len(text)}")
    used = set(re.findall(r"\w+", text))
    return text, {name: value for name, value in lines.sliders.items() if name in used}


def _definition(rule: Callable) -> ast.FunctionDef:
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(rule))).body
    except (OSError, TypeError, SyntaxError) as error:
        raise Unwritable("its source is not to be had") from error
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef) or len(_arguments(body[0])) < 3:
        raise Unwritable("it is no function that begins with def rule(x, g, state=...)")
    return body[0]


def _arguments(function: ast.FunctionDef) -> list[str]:
    given = function.args
    return [argument.arg for argument in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


class _Lines(ast.NodeTransformer):
    """The lines of a function, in the field's own names."""

    def __init__(self, function: ast.FunctionDef, knobs: dict) -> None:
        first = _arguments(function)[:3]
        self.names = dict(zip(first, ("x", "g", "state")))
        self.sliders: dict[str, float] = {}
        self.numbers: dict[str, float] = {}
        self.state: list[str] = []
        for name, value in knobs.items():
            self._add_knob(name, value)
        self.body = [node for node in function.body if not _is_docstring(node)]
        self.body = [_plain(node) for node in self.body if not self._unpacks(node)]
        self.counts = _counts_steps(self.body) and "t" in self.state
        for name in sorted({name for node in self.body for name in _set_in(node)} | {*self.state}):
            self._add_name(name)

    def _add_knob(self, name: str, value: float) -> None:
        slider = SPELLED.get(name, name)
        if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
            raise Unwritable(f"its {name} is {value!r}, which is no finite number")
        if slider in SLIDERS and (value > 0 if slider == "lr" else value >= 0) and (value <= 1 or slider in ANY_SIZE):
            self.names[name] = slider
            self.sliders[slider] = float(value)
        else:
            self.numbers[name] = float(value)

    def _add_name(self, name: str) -> None:
        if self.names.get(name) in ("x", "g") or (name == "t" and self.counts):
            self.names.setdefault(name, name)
        elif name in self.names or name in self.numbers:
            raise Unwritable(f"it sets {name}, which is an argument")
        elif re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII) and name not in TAKEN:
            self.names[name] = name
        else:
            self.names[name] = f"own_{name if name.isascii() else len(self.names)}"

    def _unpacks(self, node: ast.stmt) -> bool:
        """Whether a statement is (s,) = state; then these are the names of the state."""
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Name)):
            return False
        if self.names.get(node.value.id) != "state" or not isinstance(node.targets[0], ast.Tuple):
            return False
        self.state = _set_in(node)
        return True

    def all(self) -> Iterator[str]:
        *lines, last = self.body
        if not (isinstance(last, ast.Return) and isinstance(last.value, ast.Tuple) and len(last.value.elts) == 2):
            raise Unwritable("it does not end with return x, (s,)")
        for node in lines:
            if not (self.counts and _is_count(node)):
                yield self._assignment(node)
        x, state = last.value.elts
        yield from self._returned(x, state)

    def _assignment(self, node: ast.stmt) -> str:
        first = ast.unparse(node).splitlines()[0]
        if not isinstance(node, ast.Assign) or len(node.targets) != 1:
            raise Unwritable(f"it has a line that is no assignment: {first}")
        targets, values = (getattr(part, "elts", [part]) for part in (node.targets[0], node.value))
        if len(targets) != len(values) or not all(isinstance(target, ast.Name) for target in targets):
            raise Unwritable(f"no line of the field says {first}")
        left, right = (", ".join(ast.unparse(self.visit(part)) for part in parts) for parts in (targets, values))
        return f"{left} = {right}"

    def _returned(self, x: ast.expr, state: ast.expr) -> Iterator[str]:
        """What return sets, each in a line of its own where none of them needs the old value of another."""
        is_whole = isinstance(state, ast.Name) and self.names.get(state.id) == "state"
        entries = [] if is_whole else getattr(state, "elts", None)
        if entries is None or (entries and len(entries) != len(self.state)):
            raise Unwritable(f"it returns the state as {ast.unparse(state)}; it began with {len(self.state)} names")
        pairs = [("x", self.visit(x))]
        pairs += [(self.names[name], self.visit(entry)) for name, entry in zip(self.state, entries)]
        new = [(name, ast.unparse(value)) for name, value in pairs if ast.unparse(value) != name]
        needs = [set(re.findall(r"\w+", value)) for _, value in new]
        if any(name in later for i, (name, _) in enumerate(new) for later in needs[i + 1 :]):
            yield f"{', '.join(name for name, _ in new)} = {', '.join(value for _, value in new)}"
        else:
            yield from (f"{name} = {value}" for name, value in new)

    def generic_visit(self, node: ast.AST) -> ast.AST:
        known = ast.BinOp | ast.UnaryOp | ast.Constant | ast.expr_context | OPERATORS
        if not isinstance(node, known) or isinstance(getattr(node, "value", 0), str | bytes | bool | complex):
            raise Unwritable(f"no line of the field says {ast.unparse(node)}")
        return super().generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id in self.numbers:
            number = self.numbers[node.id]
            return ast.Constant(number) if number >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-number))
        name = self.names.get(node.id)
        if name is None or name == "state":
            raise Unwritable(f"it uses {node.id}, which is neither an argument nor set in it")
        return ast.Name(name, node.ctx)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        called, given = node.func, node.args
        if isinstance(called, ast.Attribute) and _root(called) in self.names:  # a method: g.sum()
            given = [called.value, *given]
        name = getattr(called, "attr", getattr(called, "id", ""))
        name = ALIASES.get(name, name)
        if FUNCTIONS.get(name) != len(given) or node.keywords:
            raise Unwritable(f"no line of the field says {ast.unparse(node)}")
        return ast.Call(ast.Name(name, ast.Load()), [self.visit(value) for value in given], [])


def _plain(node: ast.stmt) -> ast.stmt:
    """s += g as s = s + g."""
    if not isinstance(node, ast.AugAssign) or not isinstance(node.target, ast.Name):
        return node
    value = ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value)
    return ast.Assign([node.target], value, lineno=node.lineno)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _set_in(node: ast.stmt) -> list[str]:
    return [part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)]


def _is_count(node: ast.stmt) -> bool:
    return ast.unparse(node) == "t = t + 1"


def _counts_steps(body: list[ast.stmt]) -> bool:
    """Whether t is the number of the step wherever it is used: counted once, before all else."""
    uses = [node for node in body if any(getattr(part, "id", "") == "t" for part in ast.walk(node))]
    return bool(uses) and _is_count(uses[0]) and not any("t" in _set_in(node) for node in uses[1:])


def _root(node: ast.expr) -> str:
    """The name that a chain such as np.linalg.norm begins with; that of (g * g).sum is g."""
    names = [part.id for part in ast.walk(node) if isinstance(part, ast.Name)]
    return names[0] if names else ""
