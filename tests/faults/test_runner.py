"""Notebooks, caches and processes that are against us: a build ends, says who was at fault, and leaves nothing."""

import json
import os
import re
import socket
import sys

from book import notebook, outputs
from book.printed import overwritten
from tiny_project import STAMP, alive, build, copy, html, none_left, write, write_cells

import pytest
from nbformat.v4 import new_code_cell

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
    "46_takes_from_a_broken_one": (
        "from d2l_utils.chapters import definitions\ndefinitions('51_torn_off', 'f')",
        "46_takes_from_a_broken_one: notebooks/51_torn_off.ipynb is no notebook: ",
    ),
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
    shorten(folder / "book" / "run.py", "TIME_LIMIT = 1_200", "TIME_LIMIT = 15")
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


@pytest.mark.parametrize(
    "name",
    ["OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "MXNET_ENGINE_TYPE", "MXNET_SAFE_ACCUMULATION", "KERAS_BACKEND"],
)
def test_a_variable_that_changes_numbers_makes_outputs_stale(name, monkeypatch):
    monkeypatch.delenv(name, raising=False)
    before = outputs.key("index")
    monkeypatch.setenv(name, "3")
    assert outputs.key("index") != before


def test_another_python_makes_outputs_stale(monkeypatch):
    before = outputs.key("index")
    monkeypatch.setattr(sys, "version", "4.0")
    assert outputs.key("index") != before


@pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")
def test_operations_are_queued_where_a_notebook_is_about_the_queue_and_done_at_once_elsewhere(tmp_path):
    """A queue is worked off by a thread, which the first operation starts; MXNet would tell of an engine in C."""
    source = """
import os
from d2l_utils import runtime
from mxnet import nd
before = os.listdir("/proc/self/task")
nd.ones(1).wait_to_read()
print("threads begun:", len(os.listdir("/proc/self/task")) - len(before))
"""
    folder = copy(tmp_path)
    write(folder, "03_third", "print('one more, so that a nursery is worth its while')")
    write_cells(folder, "01_first", new_code_cell(source))
    write_cells(folder, "02_second", new_code_cell(source, metadata={"tags": [notebook.QUEUE]}))
    code, said, errors = build(folder)
    assert code == 0, errors
    at_once, queued = html(folder, "01_first"), html(folder, "02_second")
    assert "threads begun: 0" in at_once
    assert re.search("threads begun: [1-9]", queued)
    assert "using engine" not in said + errors + at_once + queued


def test_the_clock_does_not_matter(whole):
    """A chapter that changes while the clock is set back is run all the same."""
    write(whole, "01_first", "print('of another age')")
    os.utime(whole / "notebooks" / "01_first.ipynb", (0, 0))
    assert build(whole)[0] == 0
    assert "of another age" in html(whole, "01_first")
