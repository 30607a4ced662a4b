"""Builds that are stopped, killed, kept waiting or out of space: nothing is lost, and nothing is left."""

import fcntl
import os
import pty
import py_compile
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from contextlib import suppress
from pathlib import Path

from tiny_project import LIMIT, STAMP, alive, build, environment, html, none_left, start, write

import pytest

SECONDS = 10  # until all is over, at most: a signal is heard at once, and the machine may be busy
STOPPED = "Stopped. What was done is kept.\n"


def test_a_lock_that_is_no_file_is_replaced(whole):
    (whole / "_build" / ".lock").unlink()
    os.mkfifo(whole / "_build" / ".lock")
    assert build(whole)[0] == 0


def wait_for(process, line):
    """Read what a process says until it says this."""
    while line not in (said := process.stdout.readline()):
        assert said, f"ended before it said {line!r}: {process.stderr.read()}"


@pytest.fixture(params=["anew", "forked"])
def slow(whole, request):
    """A project with a chapter that takes long, and has a child that would live on; its kernel starts either way."""
    if request.param == "forked" and sys.platform != "linux":
        pytest.skip("kernels are forked on Linux alone")
    nursery = whole / "book" / "nursery.py"
    code = nursery.read_text(encoding="utf-8")
    nursery.write_text(code.replace("WORTH = 4", f"WORTH = {1 if request.param == 'forked' else 9}"), encoding="utf-8")
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
    nursery.write_text(code, encoding="utf-8")
    py_compile.compile(str(nursery))  # here, and not in a build that has no space for it


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_a_build_at_once_with_one_line(slow, number):
    folder, process = slow
    process.send_signal(number)
    begin = time.monotonic()
    said, errors = process.communicate(timeout=LIMIT)
    assert time.monotonic() - begin < SECONDS
    assert process.returncode == 128 + number
    assert errors == STOPPED
    assert "FAILED" not in said
    assert none_left(folder, 1), alive(folder)


@pytest.mark.skipif(sys.platform != "linux", reason="threads are known by number on Linux alone")
def test_a_signal_that_does_not_wake_the_main_thread_ends_a_build_too(slow):
    """It may come in the moment before that begins to wait. Here another thread gets it, which is the same to it."""
    folder, process = slow
    threads = {int(path.name) for path in Path(f"/proc/{process.pid}/task").iterdir()} - {process.pid}
    os.kill(max(threads), signal.SIGTERM)
    assert process.communicate(timeout=SECONDS)[1] == STOPPED
    assert none_left(folder, 1), alive(folder)


def test_a_killed_build_leaves_no_process_and_frees_the_lock(slow):
    folder, process = slow
    waiting = start(folder)
    try:
        wait_for(waiting, "Another build is at work in this folder: waiting until it has ended")
        process.kill()
        process.wait(10)
        wait_for(waiting, "03_slow")
        waiting.terminate()
        assert waiting.communicate(timeout=LIMIT)[1] == STOPPED
    finally:
        waiting.kill()
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
    """All that is built, without the notices of what failed."""
    found = {}
    for path in (folder / "_build").rglob("[!.]*"):
        if path.is_file():
            found[path] = re.sub(rb'<p class="notice".*?</p>', b"", path.read_bytes(), flags=re.DOTALL)
    return found


@pytest.mark.parametrize("size", [600, 3000])
def test_no_space_leaves_the_last_good_state_and_names_the_file(whole, size):
    """Each file is the last good one or the new one, whole."""
    assert build(whole)[0] == 0  # pages of what was there before would change, too
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


def in_a_terminal(folder):
    """What a build says in a terminal of 80 columns."""
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    command = [sys.executable, "-m", "book", "html", STAMP]
    process = subprocess.Popen(command, cwd=folder, env=environment(), stdout=terminal, stderr=terminal)
    os.close(terminal)
    said = b""
    with suppress(OSError):  # the other end is closed
        while select.select([main], [], [], LIMIT)[0] and (more := os.read(main, 1000)):
            said += more
    os.close(main)
    assert process.wait(LIMIT) == 0
    return said.decode()


def test_a_terminal_shows_how_much_is_left_and_a_log_does_not(whole):
    write(whole, "01_first", "print('once more')")
    said = in_a_terminal(whole)
    assert re.search(r"0 of 1 notebooks, about \? left.*1 of 1 notebooks, about 00:00 left", said, re.DOTALL)
    assert re.search(r"^ *[\d.]+ s   01_first\r$", said.replace("\r ", "\n "), re.MULTILINE)
    write(whole, "01_first", "print('hello')")
    assert "left" not in "".join(build(whole)[1:])
