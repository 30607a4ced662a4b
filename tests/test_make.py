"""The make rules: what runs again when, in a copy of the project with three tiny notebooks."""

import os
import re
import shutil
import subprocess
import time

from book import notebook

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

NAMES = "index", "01_first", "02_second"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of what make needs; the environment is the real one."""
    folder = tmp_path_factory.mktemp("project")
    for name in ("Makefile", *sorted(path.name for path in notebook.ROOT.glob("requirements*")), "pyproject.toml"):
        shutil.copy2(notebook.ROOT / name, folder)
    for name in ("book", "d2l_utils"):
        shutil.copytree(notebook.ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / ".venv").symlink_to(notebook.ROOT / ".venv")
    (folder / "data").mkdir()
    for name in NAMES:
        write(folder, name, "print('hello')")
    return folder


def write(folder, name, *sources):
    """Write a notebook with stored outputs, as committed ones have."""
    said = [new_output("stream", name="stdout", text="stored")]
    code = [new_code_cell(source, id=f"c{i}", outputs=said, execution_count=i) for i, source in enumerate(sources)]
    cells = [new_markdown_cell(f"# {name}", id="a"), *code]
    notebook.write(new_notebook(cells=cells), name, folder / "notebooks")


def make(folder, *arguments, **environment):
    # A make that runs the tests must not speak to the makes that they run.
    mine = "MAKE", "MFLAGS", "PYTHON", "VENV", "D2L_"
    env = {key: value for key, value in os.environ.items() if not key.startswith(mine)}
    env.update({"D2L_OFFLINE": "1", **environment})
    # The environment is the real one: a changed list of peers must not install anything from this copy.
    command = ["make", "-o.venv/.peers", *arguments]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    executed = re.findall(r"^ *[\d.]+ s   (\w+)$", done.stdout, flags=re.MULTILINE)
    return done.returncode, sorted(executed), done.stdout + done.stderr


def html(folder, name):
    return (folder / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def built(project):
    code, executed, output = make(project)
    assert (code, executed) == (0, sorted(NAMES)), output
    assert "The book is in _build/html/index.html" in output
    return project


def test_nothing_changed_nothing_done(built):
    start = time.monotonic()
    code, executed, output = make(built)
    assert (code, executed) == (0, [])
    assert output == "The book is in _build/html/index.html\n"
    assert time.monotonic() - start < 2  # as promised; it takes some hundredths of a second


def test_one_chapter_changed_runs_alone(built):
    write(built, "01_first", "print('changed')")
    assert make(built)[:2] == (0, ["01_first"])
    assert "changed" in html(built, "01_first")


def test_chapter_runs_again_with_what_it_rests_on(built):
    """The chapter that it takes a rule from, and the table that it reads."""
    (built / "notebooks" / "table.csv").write_text("1\n", encoding="utf-8")
    write(built, "02_second", '# definitions("01_first", "rule")', 'print(open("table.csv", encoding="utf-8").read())')
    assert make(built)[:2] == (0, ["02_second"])
    (built / "notebooks" / "table.csv").write_text("2\n", encoding="utf-8")
    assert make(built)[:2] == (0, ["02_second"])
    write(built, "01_first", "print('another rule')")
    assert make(built)[:2] == (0, ["01_first", "02_second"])


def test_shared_code_changed_runs_all(built):
    with (built / "d2l_utils" / "plot.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert make(built)[:2] == (0, sorted(NAMES))


def test_template_changed_or_chapter_touched_runs_nothing_and_writes_the_pages(built):
    (built / "notebooks" / "02_second.ipynb").touch()
    with (built / "book" / "template" / "book.css").open("a", encoding="utf-8") as file:
        file.write("/* changed */\n")
    assert make(built)[:2] == (0, [])
    assert "changed" in (built / "_build" / "html" / "assets" / "book.css").read_text(encoding="utf-8")


def test_failure_names_the_cell_and_leaves_the_last_good_page(built):
    before = html(built, "02_second")
    write(built, "02_second", "x = 1\nraise KeyError('missing hyperparameter')", "print('never reached')")
    code, executed, output = make(built)
    assert code != 0
    assert "FAILED     02_second, cell 2 of 3:" in output
    assert "KeyError: 'missing hyperparameter'" in output
    assert "1 of 1 notebooks failed; their last good pages stay" in output
    assert html(built, "02_second") == before
    write(built, "02_second", "print('mended')")
    assert make(built)[:2] == (0, ["02_second"])


def test_notebook_that_does_not_end_is_stopped(built):
    runner = built / "book" / "run.py"
    patient = runner.read_text(encoding="utf-8")
    runner.write_text(patient.replace("TIME_LIMIT = 300", "TIME_LIMIT = 2"), encoding="utf-8")
    write(built, "01_first", "import time\ntime.sleep(600)")
    code, _, output = make(built)
    runner.write_text(patient, encoding="utf-8")
    assert code != 0
    assert "FAILED     01_first, cell 2 of 2" in output
    assert "did not end within 2 s" in output
    write(built, "01_first", "print('hello')")
    assert make(built)[0] == 0


def test_without_network_make_says_so_once_and_goes_on(built):
    write(built, "01_first", "from d2l_utils import data\ndata.airfoil()[0].shape")
    offline = {"D2L_OFFLINE": "", "D2L_DATA_MIRROR": "/no/such/folder", "http_proxy": "http://127.0.0.1:9"}
    code, executed, output = make(built, **offline)
    assert (code, "01_first" in executed) == (0, True), output
    assert output.count("is not to be had. Looked at:") == 1
    assert "Going on with 3" in output
    assert "Stand-in data." in html(built, "01_first")
    assert "Stand-in data." not in html(built, "02_second")


def test_data_that_arrive_replace_the_stand_in(built):
    offline = {"D2L_OFFLINE": "0", "D2L_DATA_MIRROR": "/no/such/folder", "http_proxy": "http://127.0.0.1:9"}
    write(built, "02_second", "from d2l_utils import data\ndata.offline()")
    assert make(built, **offline)[0] == 0
    assert "True" in html(built, "02_second")
    (built / "data" / "airfoil_self_noise.dat").write_text("a file that arrives", encoding="utf-8")
    code, executed, output = make(built, **offline)
    assert (code, executed) == (0, []), output
    assert "is damaged: set aside" in output


def test_choosing_the_stand_in_builds_anew_and_so_does_going_back(built):
    assert make(built)[0] == 0
    before = (built / "_build" / "html" / ".built-stand-in").stat().st_mtime
    unreachable = {"D2L_DATA_MIRROR": "/no/such/folder", "http_proxy": "http://127.0.0.1:9"}
    assert "python -m book html" in make(built, D2L_OFFLINE="0", **unreachable)[2]
    assert "python -m book html" in make(built)[2]
    assert (built / "_build" / "html" / ".built-stand-in").stat().st_mtime > before


def test_new_pins_run_everything(built):
    with (built / "requirements.lock").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    (built / ".venv" / ".readers").touch()  # as if they had been installed
    assert make(built)[:2] == (0, sorted(NAMES))


def test_refresh_refuses_the_stand_in(built):
    code, _, output = make(built, "refresh")
    assert code != 0
    assert "The stored outputs come from the real data: unset D2L_OFFLINE" in output


def test_help_lists_every_target(built):
    _, _, output = make(built, "help")
    targets = re.findall(r"^([a-z]+):", (built / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [line.split()[1] for line in output.splitlines()] == targets


def test_python_is_found_or_chosen(built):
    install = "-n", "-W", "requirements.lock", ".venv/.readers"
    assert re.search(r"^python3[.\d]* -m venv", make(built, *install)[2], flags=re.MULTILINE)
    assert "/opt/other -m venv" in make(built, *install, "PYTHON=/opt/other")[2]
