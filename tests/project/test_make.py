"""The make rules: what runs again when, in a copy of the project with three tiny notebooks."""

import re
import sys
import time

from tiny_project import NAMES, html, make, write

import pytest

DEAD = "http://127.0.0.1:9"  # the discard port: nobody listens


@pytest.fixture(scope="module")
def built(project):
    code, executed, output = make(project)
    assert (code, executed) == (0, sorted(NAMES)), output
    assert "The book is in _build/html/index.html" in output
    return project


def stamp(project):
    (only,) = (project / "_build" / "html").glob(".built-*")
    return only


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
    taken = "def rule():\n    return definitions('01_first', 'rule')"  # never called: there is no 01_first
    write(built, "01_first", "def rule():\n    pass")
    write(built, "02_second", taken, 'print(open("table.csv", encoding="utf-8").read())')
    assert make(built)[:2] == (0, ["01_first", "02_second"])
    (built / "notebooks" / "table.csv").write_text("2\n", encoding="utf-8")
    assert make(built)[:2] == (0, ["02_second"])
    write(built, "01_first", "def rule():\n    return 1")
    assert make(built)[:2] == (0, ["01_first", "02_second"])


def test_what_a_chapter_rests_on_must_be_known(built):
    write(
        built,
        "02_second",
        "from d2l_utils.chapters import definitions",
        "name = '01_first'\ndefinitions(name, 'rule')",
    )
    code, executed, output = make(built)
    assert (code != 0, executed) == (True, [])
    assert "02_second, cell 3 calls definitions(name, 'rule')" in output
    assert "Traceback" not in output
    write(built, "02_second", "print('known')")
    assert make(built)[:2] == (0, ["02_second"])


def test_shared_code_changed_runs_all(built):
    with (built / "d2l_utils" / "plot" / "curves.py").open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert make(built)[:2] == (0, sorted(NAMES))


def test_template_changed_or_chapter_touched_runs_nothing_and_writes_the_pages(built):
    (built / "notebooks" / "02_second.ipynb").touch()
    with (built / "book" / "template" / "book.css").open("a", encoding="utf-8") as file:
        file.write("/* changed */\n")
    assert make(built)[:2] == (0, [])
    assert "changed" in (built / "_build" / "html" / "assets" / "book.css").read_text(encoding="utf-8")


def test_failure_names_the_cell_and_leaves_the_last_good_page(built):
    before = html(built, "02_second").partition('<p class="about">')[2]
    write(built, "02_second", "x = 1\nraise KeyError('missing hyperparameter')", "print('never reached')")
    code, executed, output = make(built)
    assert code != 0
    assert "FAILED     02_second, cell 2 of 3:" in output
    assert "KeyError: 'missing hyperparameter'" in output
    assert "1 of 1 notebooks failed; their last good pages stay" in output
    head, _, text = html(built, "02_second").partition('<p class="about">')
    assert "What you see comes from its last good run here." in head
    assert text == before
    write(built, "02_second", "print('mended')")
    assert make(built)[:2] == (0, ["02_second"])


def test_notebook_that_does_not_end_is_stopped(built):
    runner = built / "book" / "run.py"
    patient = runner.read_text(encoding="utf-8")
    runner.write_text(patient.replace("TIME_LIMIT = 1_200", "TIME_LIMIT = 2"), encoding="utf-8")
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
    offline = {"D2L_OFFLINE": "", "D2L_DATA_MIRROR": "/no/such/folder", "http_proxy": DEAD, "https_proxy": DEAD}
    code, executed, output = make(built, **offline)
    assert (code, "01_first" in executed) == (0, True), output
    assert output.count("is not to be had. Looked at:") == 1
    assert "Going on with 3" in output
    assert "Stand-in data." in html(built, "01_first")
    assert "Stand-in data." not in html(built, "02_second")


def test_data_that_arrive_replace_the_stand_in(built):
    offline = {"D2L_OFFLINE": "0", "D2L_DATA_MIRROR": "/no/such/folder", "http_proxy": DEAD, "https_proxy": DEAD}
    write(built, "02_second", "from d2l_utils import data\ndata.offline()")
    assert make(built, **offline)[0] == 0
    assert "True" in html(built, "02_second")
    (built / "data" / "airfoil_self_noise.dat").write_text("a file that arrives", encoding="utf-8")
    code, executed, output = make(built, **offline)
    assert (code, executed) == (0, []), output
    assert "is damaged: set aside" in output


def test_choosing_the_stand_in_builds_anew_and_so_does_going_back(built):
    assert make(built)[0] == 0
    before = stamp(built).stat().st_mtime
    unreachable = {"D2L_DATA_MIRROR": "/no/such/folder", "http_proxy": DEAD, "https_proxy": DEAD}
    assert "python -m book html" in make(built, D2L_OFFLINE="0", **unreachable)[2]
    assert "python -m book html" in make(built)[2]
    assert stamp(built).stat().st_mtime > before


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


def pretend_environment(folder, python):
    """Lay what make takes for an environment into a folder."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(python)
    (folder / ".readers").touch()


def test_python_that_does_not_fit_is_refused_before_the_old_environment_goes(built):
    old = built / "_build" / "old"
    pretend_environment(old, sys.executable)
    arguments = ["-W", "requirements.lock", "VENV=_build/old", "_build/old/.readers", "PYTHON=/opt/other"]
    code, _, output = make(built, *arguments)
    assert code != 0
    assert "PYTHON is '/opt/other'; there is no such program" in output
    assert (old / "bin" / "python").exists()


def test_environment_whose_python_is_gone_is_made_anew(built):
    pretend_environment(built / "_build" / "broken", "/no/such/python")
    assert "-m venv --clear _build/broken" in make(built, "-n", "VENV=_build/broken", "_build/broken/.readers")[2]
    assert "-m venv" not in make(built, "-n", ".venv/.readers")[2]


def test_repository_that_is_named_builds_anew_and_so_does_going_back(built):
    assert make(built)[0] == 0
    for repository in ("octocat/rmsprop", ""):
        assert "python -m book html" in make(built, D2L_REPOSITORY=repository)[2]
        assert make(built, D2L_REPOSITORY=repository)[2] == "The book is in _build/html/index.html\n"
        assert ("octocat/rmsprop" in html(built, "01_first")) == bool(repository)


def seen(project, **environment):
    """The environment that make gives to the Pythons that it runs."""
    pretended = project / "_build" / "pretended"
    (pretended / "bin").mkdir(parents=True, exist_ok=True)
    (pretended / "bin" / "python").write_text("#!/bin/sh\nexec env\n", encoding="utf-8")
    (pretended / "bin" / "python").chmod(0o755)
    (pretended / ".readers").touch()
    output = make(project, "VENV=_build/pretended", "data", **environment)[2]
    return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)


REACH = {"INDEX_URL", "EXTRA_INDEX_URL", "FIND_LINKS", "NO_INDEX", "CERT", "CLIENT_CERT", "PROXY", "TRUSTED_HOST"}
REACH |= {"TIMEOUT", "DEFAULT_TIMEOUT", "RETRIES", "CACHE_DIR", "CONFIG_FILE"}
BREAK = {"USER", "TARGET", "PREFIX", "ROOT", "NO_BINARY", "ONLY_BINARY", "REQUIRE_VIRTUALENV", "NO_DEPS", "CONSTRAINT"}


def test_of_pips_settings_go_on_those_that_reach_an_index(built):
    environment = seen(built, **dict.fromkeys([f"PIP_{name}" for name in REACH | BREAK], "theirs"))
    assert {name for name, value in environment.items() if value == "theirs"} == {f"PIP_{name}" for name in REACH}


def test_settings_of_python_and_active_environments_do_not_leak_in(built):
    names = ["PYTHONHOME", "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONOPTIMIZE"]
    names += ["VIRTUAL_ENV", "CONDA_PREFIX", "JUPYTER_PATH", "MPLBACKEND", "KEPT"]
    environment = seen(built, PYTHONUTF8="0", **dict.fromkeys(names, "theirs"))
    assert [name for name, value in environment.items() if value == "theirs"] == ["KEPT"]
    assert environment["PYTHONUTF8"] == "1"
