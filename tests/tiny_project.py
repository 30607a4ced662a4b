"""A copy of the project with three tiny notebooks, for tests of what make does, and of a build without make."""

import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import suppress
from html import unescape
from pathlib import Path

from book import notebook

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

NAMES = "index", "01_first", "02_second"
STAMPS = ".readers", ".developers", ".peers", ".cluster"
STAMP = "_build/html/.built-test"
LIMIT = 120  # seconds for a build; it takes a few


def copy(folder):
    """Lay a copy of what make needs into an empty folder; the environment is the real one."""
    for name in ("Makefile", *sorted(path.name for path in notebook.ROOT.glob("requirements*")), "pyproject.toml"):
        shutil.copy2(notebook.ROOT / name, folder)
    for name in ("book", "d2l_utils", "tools"):
        shutil.copytree(notebook.ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    link_environment(folder / ".venv")
    (folder / "data").mkdir()
    for name in NAMES:
        write(folder, name, "print('hello')")
    return folder


def link_environment(folder):
    """Lay the real environment into a folder by links: a rule that clears the folder removes them, and no more."""
    folder.mkdir()
    for path in (notebook.ROOT / ".venv").iterdir():
        if path.name in STAMPS:
            (folder / path.name).touch()  # newer than the copied locks: there is nothing to install
        else:
            (folder / path.name).symlink_to(path)


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
    # What these rules install would go through the links, into the real environment.
    command = ["make", "-o.venv/.developers", "-o.venv/.peers", "-o.venv/.cluster", *arguments]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)
    executed = re.findall(r"^ *[\d.]+ s   (\w+)$", done.stdout, flags=re.MULTILINE)
    return done.returncode, sorted(executed), done.stdout + done.stderr


def html(folder, name):
    return (folder / "_build" / "html" / f"{name}.html").read_text(encoding="utf-8")


def write_cells(folder, name, *cells):
    """Write a notebook of these cells, under a heading."""
    notebook.write(new_notebook(cells=[new_markdown_cell(f"# {name}"), *cells]), name, folder / "notebooks")


def notice(text):
    """The notice at the head of a page, as people read it."""
    found = re.search(r'<p class="notice" role="note">(.*?)</p>', text, re.DOTALL)
    assert found, "this page has no notice"
    assert text.index("<h1") > found.start()
    return " ".join(unescape(re.sub("<.*?>", "", found[1])).split())


def environment(**chosen):
    """A process of its own kind, by which all that it starts can be found again."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("D2L_")}
    return {**ours, "D2L_OFFLINE": "1", "D2L_TEST_OF": str(os.getpid()), **chosen}


def start(folder, **chosen):
    command = [sys.executable, "-m", "book", "html", STAMP]
    return subprocess.Popen(
        command, cwd=folder, env=environment(**chosen), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def build(folder, **chosen):
    """Build the book of a folder; its exit code, what it said, and the last lines on what failed."""
    process = start(folder, **chosen)
    said, errors = process.communicate(timeout=LIMIT)
    return process.returncode, said, errors


def alive(folder):
    """The processes that a build of this folder has left: those that work in it and have our mark."""
    mark = f"D2L_TEST_OF={os.getpid()}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has just ended
            works_there = os.readlink(process / "cwd").startswith(str(folder))
            if works_there and mark in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text(encoding="utf-8"))
    return found


def none_left(folder, seconds):
    """Wait until a build has left no process, but not for long."""
    deadline = time.monotonic() + seconds
    while alive(folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    return alive(folder) == []
