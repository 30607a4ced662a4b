"""The rule that a reader writes: its numbers, its messages, its way to Python and back; in a real browser."""

import json
import warnings

from d2l_utils import train
from d2l_utils.playground.facts import FACTS
from d2l_utils.playground.surfaces import SURFACES
from d2l_utils.train.history import DivergenceWarning
from engines import every_engine, heard, is_chromium
from instrument import RULES, SCRIPT, open_page

import numpy as np
import pytest
from test_element import RUN, by_python, random_settings

ONE = "<optimizer-playground address></optimizer-playground>"
READ = 'const { read, toPython, run } = customElements.get("optimizer-playground");'


@pytest.fixture
def page(driver, tmp_path):
    """A page with a playground; what the console said is gone before."""
    (element,) = open_page(driver, tmp_path, ONE + SCRIPT)
    yield element
    assert heard(driver) == []


def typed(setting, text=None):
    """A setting of one rule with the reader's own beside it, which is a copy of it, or has this text."""
    ((rule, knobs),) = setting["runs"].items()
    return {**setting, "runs": {rule: knobs, "own": knobs}, "text": text or RULES[rule]["formula"]}


def numbers(trace):
    return {name: np.array(trace[name], dtype=float) for name in ("points", "losses", "gradients")}


def assert_same(ours, theirs, what):
    assert ours["diverged_at"] == theirs["diverged_at"], what
    expected = numbers(theirs)
    for name, got in numbers(ours).items():
        np.testing.assert_allclose(got, expected[name], rtol=1e-9, atol=0, err_msg=f"{name} of {what}")


@every_engine
def test_each_formula_goes_the_way_of_its_rule(driver, page):
    settings = [typed(setting) for setting in random_settings()]
    diverged = 0
    for setting, traces in zip(settings, json.loads(driver.execute_script(RUN, settings))):
        own = traces.pop("own")
        (book,) = traces.values()
        assert_same(own, book, setting)
        diverged += book["diverged_at"] is not None
    assert 20 < diverged < 100


def in_python(text, setting):
    """The way of a function that was copied out of the page."""
    namespace = {}
    exec(text, namespace)
    surface = SURFACES[setting["surface"]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        slope = surface.slope(setting["seed"])
        (knobs,) = setting["runs"].values()
        return train.descend(namespace["your_rule"], surface.f, slope, setting["start"], setting["num_steps"], **knobs)


def test_a_copy_in_python_goes_the_same_way_and_comes_back(driver, page):
    settings = [typed(setting) for setting in random_settings()]
    script = READ + "return arguments[0].map(({ text, runs }) => toPython(read(text).program, runs.own));"
    copies = driver.execute_script(script, settings)
    back = [typed(setting, text) for setting, text in zip(random_settings(), copies)]
    for setting, text, traces in zip(random_settings(), copies, json.loads(driver.execute_script(RUN, back))):
        own = traces.pop("own")
        (book,) = traces.values()
        assert_same(own, book, setting)
        ours, theirs = in_python(text, setting), by_python(setting)
        np.testing.assert_allclose(ours.points, theirs.points, rtol=1e-9, atol=0)
        assert ours.diverged_at == theirs.diverged_at
    assert driver.execute_script(script, back) == copies


SAME = {
    "s = γ s + (1 − γ) g²\nx = x − η g / √(s + ε)": [
        "s = gamma * s + (1 - gamma) * g * g\nx = x - lr * g / sqrt(s + eps)",
        "s=γs+(1-γ)g**2\n\nx = x − ηg/√(s+ϵ)  # the book's",
        "s = γ·s + (1 – γ) × g^2\nx = x - eta g ÷ sqrt(s + epsilon)",
        "ŝ = γ ŝ + (1 − γ) g²\nx = x − η g / √(ŝ + ε)",
        "s ＝ γ＊s ＋ （1－γ）g²\nx = x － η g／√（s + ε）",
    ],
    "x = x − η g / (1 − β₁ᵗ)": [
        "x = x - lr*g/(1 - beta1**t)",
        "x = x − η ⊙ g / (1 − beta_1^t)",
        "t = t + 1\nx = x − η g / (1 − β1^t)",
    ],
    "x = x − η g / norm(g)": ["x = x - lr * g / np.linalg.norm(g)", "x = x − η g / √sum(g²)"],
    "x = x − η max(g, 0) + η max(−g, 0)": ["x = x - lr * np.maximum(g, 0) + lr * np.maximum(-g, 0.0)"],
    "s = 0.99 s + (1 − 0.99) g²\nx = x + −0.1 g / √s": [
        """def rmsprop(
            x, g, state=(0,), alpha: float = 0.99, rate=-0.1,
        ):
            \"\"\"RMSProp = a rule.\"\"\"
            (s,) = state
            s = alpha * s + (1 - alpha) * g * g  # the mean
            return x + rate * g / np.sqrt(s), (s,)""",
    ],
    "x = x + η · −g²": ["x = x - η g^2", "x = x + η (−(g²))"],
}


@every_engine
def test_spellings_mean_the_same(driver, page):
    knobs = {"lr": 0.1, "gamma": 0.9, "eps": 1e-6, "beta1": 0.9}
    setting = {"surface": "ravine", "start": [-5, -2], "num_steps": 5, "seed": 0, "runs": {"own": knobs}}
    for text, spellings in SAME.items():
        settings = [{**setting, "text": same} for same in (text, *spellings)]
        first, *others = (
            numbers(traces["own"])["points"] for traces in json.loads(driver.execute_script(RUN, settings))
        )
        for other, spelling in zip(others, spellings):
            np.testing.assert_allclose(other, first, rtol=1e-14, err_msg=spelling)


# A text, the place that is broken (of the first character; as many as are marked follow), and the words.
BROKEN = [
    ("", "", "", "a line x = … is missing here"),
    ("x", "", "", "an = is missing here: name = …"),
    ("s = g\nx x − η g / √(s + ε)", "", " x − η g / √(s + ε)", "an = is missing here: name = …"),
    ("x -= η g", "-", "= η g", "only a name may stand before the =, as in x = x − …"),
    ("s = g; x = x − η s", ";", " x = x − η s", "one assignment a line"),
    ("state = g", "state", " = g", "state means something else in a function of Python; take another name"),
    ("x = ", "", " ", "something is missing here: a number, a name or a bracket"),
    ("s = g\nx = x − η g / √(s + ε", "", "", "a bracket is missing here"),
    ("x = x − η g / √(s + ε\ny = 1", "", "\ny = 1", "a bracket is missing here"),
    ("x = (x − η g)) + 1", ")", " + 1", "this bracket is one too many"),
    ("x = x − ", "", " ", "something is missing here: a number, a name or a bracket"),
    ("x = x − η * * g", "*", " g", "something is missing here: a number, a name or a bracket"),
    ("x = x − sqrt g", "", " g", "sqrt needs a bracket here: sqrt(…)"),
    ("x = x − tanh(g)", "tanh", "(g)", "tanh is no function here; there are sqrt, abs, sign, exp"),
    ("x = x − max(g) + 1", "max", "(g) + 1", "max takes two numbers, with a comma between"),
    ("x = x − sqrt()", "", ")", "something is missing here: a number, a name or a bracket"),
    ("x = (g, x)", ",", " x)", "a comma has no place here"),
    ("x = x − 0,4 g", ",", "4 g", "a comma has no place here"),
    ("x, s = g", "", "", "something is missing here: a number, a name or a bracket"),
    ("x = x ? g", "?", " g", "“?” means nothing here"),
    ("x = x 😀 g", "😀", " g", "“😀” means nothing here"),
    ("γ = 3", "γ", " = 3", "gamma has a slider; take another name"),
    ("t = 4", "t", " = 4", "t counts the steps by itself; take another name"),
    ("x = x − lambda g", "lambda", " g", "lambda means something else in a function of Python"),
    ("sqrt = x", "sqrt", " = x", "sqrt is a function; take another name"),
    ("x == g", "=", " g", "one = in a line is enough"),
    ("x² = g", "²", " = g", "only a name may stand before the ="),
    ("x = x 3", "", "3", "a sign is missing here"),
    ("x = x − 1e999 g", "1e999", " g", "no number is as large as this"),
    ("x = norm(g)", "", " norm(g)", "x has a number for each coordinate, and this is one number"),
    ("def f(x, g, state=(), a=None):\n    return x, state", "a", "=None):\n    return x, state", "a needs a number"),
    (
        "def f(p, g):\n    return p, state",
        "",
        "p, g):\n    return p, state",
        "a rule begins with x, g, state: def rule(x, g, state=(0,))",
    ),
    (
        "def f(x, g, state=0):\n    s = state\n    return x, s",
        "",
        "s",
        "the state is missing here, in a bracket: (s,)",
    ),
    ("def f(x, g, state=(0,)):\n    (s,) = state\n    return x, (s, s)", " (s, s)", "", "the state has 1 entries"),
    ("def f(x, g, state=(0,)):\n    return x", "", "", "return takes two here: the new x, and the state in a bracket"),
]


@every_engine
def test_what_cannot_be_read_is_said_with_its_place(driver, page):
    errors = driver.execute_script(
        READ + "return arguments[0].map((text) => read(text).error);", [one[0] for one in BROKEN]
    )
    for (text, marked, rest, words), error in zip(BROKEN, errors):
        before = text.removesuffix(rest).removesuffix(marked)
        units = len(before.encode("utf-16-le")) // 2, len((before + marked).encode("utf-16-le")) // 2
        assert (error["at"], error["to"]) == units, text
        assert error["words"].startswith(words), text
        assert error["line"] == text.removesuffix(rest).count("\n") + 1, text


PIECES = (
    *("x", "g", "t", "s", "v", "η", "γ", "β₁", "β2", "μ", "ρ", "ε", "λ", "lr", "m̂", "Δ", "__proto__", "constructor"),
    *("toString", "x = ", "s = ", "=", "\n", "\n", " ", " ", "+", "−", "-", "·", "*", "**", "/", "^", "²", "ᵗ", "⁻¹"),
    *("(", ")", "(", ")", ",", "√", "√(", "sqrt(", "sum(", "norm(", "max(", "exp(", "log(", "1", "2.5", "1e-6", ".5"),
    *("def f(x, g, state=(0,), lr=0.1):\n", "    return x", ", (s,)", "(s,) = state\n", "#", '"""', "😀", "\0", "\\"),
    *("\u2028", "\r"),
    *("</script>", "alert(1)", "[0]", "g.constructor", "`${g}`", "'", "import os\n", "1e999", "9" * 400),
)
TRY = (
    READ
    + """const [texts, setting] = arguments, wrong = [];
let drawn = 0;
for (const text of texts) {
    const began = performance.now();
    try {
        const { program, error } = read(text);
        if (error) {
            const { line, at, to, words } = error;
            if (!(line >= 1 && 0 <= at && at <= to && to <= text.length && words)) wrong.push(`no place: ${text}`);
        } else {
            const knobs = Object.fromEntries(program.knobs.map((name) => [name, 0.5]));
            const { own } = run({ ...setting, text, runs: { own: knobs } });
            const isPair = (point) => point.length === 2 && point.every((x) => typeof x === "number");
            if (!own.points.every(isPair)) wrong.push(`no path: ${text}`);
            const again = read(toPython(program, knobs));
            if (again.error && text.length < 500) wrong.push(`${again.error.words}: ${text}`);
            drawn += 1;
        }
    } catch (error) {
        wrong.push(`${error}: ${text}`);
    }
    if (performance.now() - began > 2000) wrong.push(`slow: ${text}`);
}
return [drawn, wrong];"""
)


def broken_texts(number, seed=17):
    """Random texts, and texts of the book with something changed in them."""
    draw = np.random.RandomState(seed)
    some = lambda many: "".join(PIECES[i] for i in draw.randint(len(PIECES), size=many))  # noqa: E731
    formulas = [rule["formula"] for rule in RULES.values()]
    for i in range(number):
        if i % 4 == 0:
            yield some(draw.randint(1, 30))
            continue
        text = formulas[draw.randint(len(formulas))]
        for _ in range(draw.randint(1, 4)):
            at, end = sorted(draw.randint(len(text) + 1, size=2))
            end = end if draw.rand() < 0.2 else min(at + draw.randint(3), len(text))
            text = text[:at] + some(draw.randint(3)) + text[end:]
        yield text


LONG = ("(" * 1990, "-" * 1990, "√" * 1990, "g^" * 900, "g+" * 900, "x" * 10**6, "\n" * 10**6, "√(" * 30, "- " * 900)


@every_engine
def test_thousands_of_texts_give_a_path_or_a_message_with_a_place(driver, page):
    setting = {"surface": "rosenbrock", "start": [-1.2, 1], "num_steps": 5, "seed": 0}
    number = 5000 if is_chromium(driver) else 500
    texts = [*broken_texts(number), *(f"x = {tail}" for tail in LONG), *(f"x = {tail}g" for tail in LONG)]
    drawn = 0
    for i in range(0, len(texts), 500):
        some, wrong = driver.execute_script(TRY, texts[i : i + 500], setting)
        assert wrong == []
        drawn += some
    assert number / 10 < drawn < number * 0.9  # of both kinds there are many


def test_the_sliders_of_the_typed_rule_are_those_of_the_book():
    knobs = {name for rule in RULES.values() for name in rule["knobs"]}
    assert knobs < FACTS["own"]["knobs"].keys()
