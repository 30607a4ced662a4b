"""How modules become one script: each in a scope of its own, and every mistake an error that names it."""

import json
import re
import subprocess
import sys

from d2l_utils.colours import OPTIMIZERS
from d2l_utils.playground import bundle, facts

import pytest


@pytest.fixture
def write(tmp_path):
    """Writes modules by name and returns the first one's path."""

    def write(**modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.js").write_text(text + "\n", encoding="utf-8")
        return tmp_path / f"{next(iter(modules))}.js"

    return write


def test_each_module_stands_once_after_what_it_imports(write):
    entry = write(
        z='import { twice } from "./y.js";\nimport { one } from "./x.js";\nconst here = twice(one);',
        y='import { one } from "./x.js";\nexport function twice(x) {\n  return (x + x) * one;\n}',
        x="const here = 1;\nexport const one = here;",
    )
    parts = re.findall(r"^const (\w+)Module = ", bundle.joined(entry), flags=re.MULTILINE)
    assert parts == ["x", "y", "z"]


def test_files_that_are_no_scripts_are_taken_whole(write, tmp_path):
    (tmp_path / "facts.json").write_text('{"π": 3}', encoding="utf-8")
    entry = write(a='import FACTS from "./facts.json" with { type: "json" };\nexport const pi = FACTS.π;')
    assert 'const FACTS = {"π":3};' in bundle.joined(entry)


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"a": 'import { b, c } from "./b.js";', "b": "export const b = 1;"}, "a.js imports 'c'; b.js exports b"),
        ({"a": 'import { b } from "./b.js";', "b": 'import { a } from "./a.js";'}, "a.js → b.js → a.js import one"),
        ({"a": 'import b from "./b.js";', "b": ""}, "a.js says 'import b from"),
        ({"a": "export default 1;"}, "a.js says 'export default 1;'"),
    ],
)
def test_mistakes_are_named(write, modules, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        bundle.joined(write(**modules))


def test_a_renamed_file_is_missed_by_name(write):
    with pytest.raises(FileNotFoundError, match="a.js imports ./gone.js, which is not there"):
        bundle.joined(write(a='import { b } from "./gone.js";'))


def test_the_script_has_the_colours_that_python_has():
    written = re.search(r"\bconst FACTS = (.*);$", bundle.script(), flags=re.MULTILINE)[1].replace("<\\/", "</")
    rules = json.loads(written)["rules"].values()
    assert {rule["title"]: rule["colour"] for rule in rules}.items() <= OPTIMIZERS.items()
    assert "#" not in facts.FILE.read_text(encoding="utf-8")


def test_what_authors_alone_need_stays_with_them(write):
    entry = write(a="// What it is.\n\nexport function one() {\n  // Why.\n  return `1 // 2`; // and so\n}")
    assert "function one() {return `1 // 2`;\n}" in bundle.joined(entry)


def test_names_that_a_vendored_module_exports_at_its_end(write):
    vendored = "const e=1;export{e as Big,e as default};\n"
    entry = write(a='import { Big } from "./b.js";\nexport const one = Big;', b=vendored)
    assert "return {Big:e,default:e};" in bundle.joined(entry)


def test_the_script_is_small_and_names_whose_work_is_in_it():
    before = 74_026  # without the typed rule, and with the comments
    in_any_language = 3 * 1024  # whole sentences, which can be translated, instead of pieces of them
    to_first_readers = 1536  # what was unclear to them: which rule is shown and copied, what a near name may mean
    to_chinese_keyboards = 192  # signs of full width
    allowed = before + 25 * 1024 + in_any_language + to_first_readers + to_chinese_keyboards
    assert len(bundle.script().encode()) <= allowed
    assert "Copyright (c) 2013 Stephen Oney" in bundle.script()


HEAVY = """import sys; from d2l_utils import playground; playground.script()
print({"mxnet", "matplotlib"} & {*sys.modules})"""


def test_who_asks_for_the_script_alone_does_not_wait():
    done = subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "set()"
