"""Notebooks, caches and processes that are against us: a build ends, says who was at fault, and leaves nothing."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from book import notebook, outputs
from book.printed import overwritten
from tiny_project import copy, html, write

import pytest

LIMIT = 120  # seconds for a build of this file; each takes a few
STOPPED = "Stopped. What was done is kept.\n"
STAMP = "_build/html/.built-test"

# The second code cell of a chapter -> what the last lines of the build say of it; nothing of those that are all right.
CELLS = {
    "30_one_line": ("print('x' * 9_000_000)", None),
    "31_returns": ("for i in range(100_000): print(i, end='\\r')", None),
    "32_many_outputs": ("for i in range(5_100): display(i)", None),
    "33_longer_than_a_page": ("print('x' * 5_000_000)", None),
    "34_leaves_a_child": (
        "import subprocess\nsubprocess.Popen(['sleep', '987'], start_new_session=True).pid > 0",
        None,
    ),
    "40_kills_itself": ("import os\nos.kill(os.getpid(), 9)", "cell 3: The kernel died while this cell was running."),
    "41_exits": ("import os\nos._exit(0)", "cell 3: The kernel died while this cell was running."),
    "42_kills_its_parent": ("import os\nos.kill(os.getppid(), 9)\nwhile True: pass", "cell 3: The kernel died"),
    "43_does_not_end": (
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, {2, 15})\nwhile True: pass",
        "cell 3: The notebook did not end within 15 s.",
    ),
    "44_long_error": ("raise ValueError('x' * 9_000_000)", "cell 3: TooLarge: a message of more than 8 MB"),
    "45_error": ("print('a')\n1 / 0", "cell 3: ZeroDivisionError: division by zero"),
}
FILES = {
    "50_empty": (b"", "notebooks/50_empty.ipynb is empty; right would be a notebook"),
    "51_torn_off": (b'{"cells": [', "notebooks/51_torn_off.ipynb is no JSON: "),
    "52_merged": (b"{\n<<<<<<< ours\n=======\n>>>>>>> theirs\n}", "52_merged.ipynb has merge marks (line 2)"),
    "53_no_heading": (
        b'{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}',
        "right would be a heading",
    ),
    "54_old": (b'{"cells": [], "metadata": {}, "nbformat": 3}', "54_old.ipynb has nbformat 3; right would be 4"),
    "55_latin": ("{'é'}".encode("latin-1"), "55_latin.ipynb is not UTF-8 (byte 3); right would be UTF-8"),
    "56_list": (b"[]", "56_list.ipynb has no list of cells; right would be a notebook of nbformat 4"),
    "57 blank": (b"{}", "digits, _ and -; right would be 57_blank.ipynb"),
    "58_pipe": (os.mkfifo, "58_pipe.ipynb is a pipe, a socket or a device; right would be a file"),
    "59_folder": (os.mkdir, "59_folder.ipynb is a folder; right would be a file"),
    "60_device": (lambda path: path.symlink_to("/dev/zero"), "60_device.ipynb is a pipe, a socket or a device"),
}


def environment(**chosen):
    """A process of its own kind, by which all that it starts can be found again."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("D2L_")}
    return {**ours, "D2L_OFFLINE": "1", "D2L_TEST_MARK": str(os.getpid()), **chosen}


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
    mark = f"D2L_TEST_MARK={os.getpid()}".encode()
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


def executed(folder, name):
    nb = json.loads((folder / "_build" / "executed" / f"{name}.ipynb").read_text(encoding="utf-8"))
    return nb["cells"][2]["outputs"]


def shorten(module, limit, shorter):
    text = module.read_text(encoding="utf-8")
    assert limit in text
    module.write_text(text.replace(limit, shorter), encoding="utf-8")


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A project in which each chapter has a fault of its own, built once."""
    folder = copy(tmp_path_factory.mktemp("broken"))
    shorten(folder / "book" / "run.py", "TIME_LIMIT = 300", "TIME_LIMIT = 15")
    shorten(folder / "book" / "kernel.py", "LARGEST = 64_000_000", "LARGEST = 8_000_000")
    for name, (source, _) in CELLS.items():
        write(folder, name, "x = 1", source, "print('next')")
    for name, (content, _) in FILES.items():
        path = folder / "notebooks" / f"{name}.ipynb"
        path.write_bytes(content) if isinstance(content, bytes) else content(path)
    return folder, build(folder)


FAILING = {name: said for name, (_, said) in {**CELLS, **FILES}.items() if said}


@pytest.mark.parametrize("name", FAILING)
def test_what_failed_is_named_in_the_last_lines(broken, name):
    _, (code, _, errors) = broken
    assert code == 1
    lines = [line for line in errors.splitlines() if line.startswith(f"  {name}")]
    assert len(lines) == 1, errors
    assert FAILING[name] in lines[0]


def test_last_lines_list_what_failed_and_nothing_else(broken):
    _, (_, _, errors) = broken
    last = errors.splitlines()[-len(FAILING) - 1 :]
    assert re.fullmatch(rf"{len(FAILING)} of \d+ notebooks failed; their last good pages stay", last[0])
    assert sorted(re.match(r"  (\d\d[_ ]\w+)", line)[1] for line in last[1:]) == sorted(FAILING)
    assert "Traceback" not in errors


def test_the_others_are_run_and_shown(broken):
    folder, (_, said, _) = broken
    fine = ["index", "01_first", "02_second", *(name for name in CELLS if name not in FAILING)]
    assert sorted(re.findall(r"^ *[\d.]+ s   (\w+)$", said, flags=re.MULTILINE)) == sorted(fine)
    assert all("next" in html(folder, name) for name in fine[3:])


def test_no_process_is_left(broken):
    """Not of the kernels that died, nor of the chapter that has left a child in a session of its own."""
    assert none_left(broken[0], 1), alive(broken[0])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("30_one_line", "\n... 9 MB more were not kept\n"),
        ("31_returns", "99999\r"),
        ("33_longer_than_a_page", "x" * 4_000_000 + "\n... 1 MB more were not kept\n"),
    ],
)
def test_what_is_printed_is_kept_as_far_as_a_page_can_bear_it(broken, name, text):
    (output,) = executed(broken[0], name)
    assert "".join(output["text"]) == text


def test_messages_are_counted(broken):
    *shown, last = executed(broken[0], "32_many_outputs")
    assert [output["data"]["text/plain"] for output in shown] == [[str(i)] for i in range(5000)]
    assert re.fullmatch(r"\n\.\.\. \d+ kB more were not kept\n", "".join(last["text"]))


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("a\rb", "b"),
        ("ab\r\nc", "ab\r\nc"),
        ("a\r\r\n", "\r\n"),
        ("a\rb\r", "b\r"),
        ("1\r2\n3\r4\r\n\r", "2\n4\r\n\r"),
        ("ab\bc", "ab\bc"),
    ],
)
def test_carriage_returns_are_taken_as_the_stored_outputs_were(printed, kept):
    """As nbclient takes them, whose expression is quadratic; \\b it leaves."""
    assert overwritten(printed) == kept
    assert re.sub(r".*\r(?=[^\n])", "", printed) == kept


def damage(path, kind):
    path.unlink()
    if kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a folder":
        (path / "inside").mkdir(parents=True)
    elif kind == "a socket":
        with socket.socket(socket.AF_UNIX) as server:
            os.chdir(path.parent)  # a socket's path may not be long
            server.bind(path.name)
            os.chdir(notebook.ROOT)
    else:
        path.write_bytes({"empty": b"", "torn off": b'{"cells": [{', "binary": bytes(range(256))}[kind])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A project of three chapters that is built."""
    folder = copy(tmp_path_factory.mktemp("whole"))
    code, _, errors = build(folder)
    assert code == 0, errors
    return folder


def test_damaged_caches_are_stale_and_the_stamp_may_be_anything(whole):
    kept = whole / "_build" / "executed"
    kinds = ("empty", "torn off", "binary", "a pipe", "a folder", "a socket")
    for i in range(3):
        write(whole, f"1{i}_more", "print('more')")
    assert build(whole)[0] == 0
    before = {path.name: path.read_bytes() for path in kept.iterdir()}
    for name, kind in zip(before, kinds):
        damage(kept / name, kind)
    (kept / ".index.ipynb.0.unfinished").touch()
    (whole / STAMP).unlink()
    (whole / STAMP).mkdir()
    code, said, errors = build(whole)
    assert code == 0, errors
    assert all(f"_build/executed/{name}" in said for name in before)
    assert {path.name: path.read_bytes() for path in kept.iterdir()} == before
    assert (whole / STAMP).is_file()


def test_a_lock_that_is_no_file_is_replaced(whole):
    (whole / "_build" / ".lock").unlink()
    os.mkfifo(whole / "_build" / ".lock")
    assert build(whole)[0] == 0


def wait_for(process, line):
    """Read what a process says until it says this."""
    while line not in (said := process.stdout.readline()):
        assert said, f"ended before it said {line!r}: {process.stderr.read()}"


@pytest.fixture
def slow(whole):
    """A project with a chapter that takes long, and has a child that would live on."""
    source = "import subprocess\nsubprocess.Popen(['sleep', '986'], start_new_session=True)\nprint('x', flush=True)\n"
    write(whole, "03_slow", f"{source}open('begun', 'w').close()\nwhile True: pass")
    begun = whole / "notebooks" / "begun"
    process = start(whole)
    deadline = time.monotonic() + LIMIT
    while not begun.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert begun.exists()
    yield whole, process
    process.kill()
    process.communicate()
    (whole / "notebooks" / "03_slow.ipynb").unlink()
    begun.unlink()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_build_at_once_with_one_line(slow, number):
    folder, process = slow
    process.send_signal(number)
    begin = time.monotonic()
    said, errors = process.communicate(timeout=LIMIT)
    assert time.monotonic() - begin < 3
    assert process.returncode == 128 + number
    assert errors == STOPPED
    assert "FAILED" not in said
    assert none_left(folder, 1), alive(folder)


def test_a_killed_build_leaves_no_process_and_frees_the_lock(slow):
    folder, process = slow
    waiting = start(folder)
    wait_for(waiting, "Another build is at work in this folder: waiting until it has ended")
    process.kill()
    process.wait(10)
    wait_for(waiting, "03_slow")
    waiting.terminate()
    assert waiting.communicate(timeout=LIMIT)[1] == STOPPED
    assert none_left(folder, 10), alive(folder)


def test_a_killed_guard_leaves_no_process(slow):
    """Its kernel's death is reported at the cell that was running."""
    folder, process = slow
    children = set()
    for thread in Path(f"/proc/{process.pid}/task").iterdir():
        children |= {*(thread / "children").read_text(encoding="utf-8").split()}
    for child in children:
        os.kill(int(child), signal.SIGKILL)
    _, errors = process.communicate(timeout=LIMIT)
    assert "03_slow, cell 2: The kernel died while this cell was running." in errors
    assert none_left(folder, 1), alive(folder)


FULL = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop()),) * 2)
runpy.run_module("book", run_name="__main__")
"""


def files(folder):
    return {path: path.read_bytes() for path in (folder / "_build").rglob("[!.]*") if path.is_file()}


@pytest.mark.parametrize("size", [600, 3000])
def test_no_space_leaves_the_last_good_state_and_names_the_file(whole, size):
    """Each file is the last good one or the new one, whole."""
    before = files(whole)
    write(whole, "02_second", f"print('{size}' * 1000)")
    command = [sys.executable, "-c", FULL, "html", STAMP, str(size)]
    done = subprocess.run(command, cwd=whole, env=environment(), capture_output=True, text=True, timeout=LIMIT)
    meanwhile = files(whole)
    assert done.returncode == 1
    assert re.search(r"File too large: '\S*_build/\S+'", done.stderr.splitlines()[-1])
    assert "Traceback" not in done.stderr
    assert build(whole)[0] == 0
    after = files(whole)
    assert str(size) in html(whole, "02_second")
    assert [path for path in before if meanwhile.get(path) not in (before[path], after.get(path))] == []


@pytest.mark.parametrize(
    "name",
    ["OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "MXNET_ENGINE_TYPE", "MXNET_SAFE_ACCUMULATION", "KERAS_BACKEND"],
)
def test_a_variable_that_changes_numbers_makes_outputs_stale(name, monkeypatch):
    monkeypatch.delenv(name, raising=False)
    before = outputs.key("index")
    monkeypatch.setenv(name, "3")
    assert outputs.key("index") != before


def test_the_clock_does_not_matter(whole):
    """A chapter that changes while the clock is set back is run all the same."""
    write(whole, "01_first", "print('of another age')")
    os.utime(whole / "notebooks" / "01_first.ipynb", (0, 0))
    assert build(whole)[0] == 0
    assert "of another age" in html(whole, "01_first")
