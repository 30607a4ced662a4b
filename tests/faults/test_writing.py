"""A file that we write is the old one or the new one, whoever is killed and wherever space runs out."""

import os
import resource
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from book import notebook, writing

import pytest

OLD = "old\n" * 100_000
NEW = "new\n" * 100_000
WRITE = """
import sys
from pathlib import Path
from book.writing import write
while True:
    for text in ("old", "new"):
        write(Path(sys.argv[1]), f"{text}\\n" * 100_000)
        print(text, flush=True)
"""


def left_over(folder):
    return [path.name for path in folder.iterdir() if path.name.endswith(writing.UNFINISHED)]


def test_text_and_bytes_as_they_are_in_a_folder_that_is_made(tmp_path):
    path = tmp_path / "new" / "page.html"
    writing.write(path, "η\r\n")
    assert path.read_bytes() == "η\r\n".encode()
    writing.write(path, b"\0\xff")
    assert path.read_bytes() == b"\0\xff"
    assert left_over(path.parent) == []


@pytest.mark.parametrize("seconds", [0, 0.003, 0.01, 0.03, 0.07])
def test_killed_at_any_moment(tmp_path, seconds):
    path = tmp_path / "page.html"
    process = subprocess.Popen([sys.executable, "-c", WRITE, path], cwd=notebook.ROOT, stdout=subprocess.PIPE)
    process.stdout.readline()
    time.sleep(seconds)
    process.kill()
    process.wait(10)
    process.stdout.close()
    assert path.read_text(encoding="utf-8") in (OLD, NEW)
    assert len(left_over(tmp_path)) <= 1
    writing.clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def write_often(path, text):
    for _ in range(100):
        writing.write(path, text)
        assert path.read_text(encoding="utf-8") in (OLD, NEW)


def test_two_writers_at_once(tmp_path):
    path = tmp_path / "page.html"
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        for done in [pool.submit(write_often, path, text) for text in (OLD, NEW)]:
            done.result(60)
    assert left_over(tmp_path) == []


@pytest.fixture
def small_files():
    """No file may grow beyond 1,000 bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_no_space_leaves_the_old_file_and_names_it(tmp_path, small_files):
    path = tmp_path / "page.html"
    writing.write(path, "old")
    with pytest.raises(OSError, match=r"page\.html"):
        writing.write(path, NEW)
    assert path.read_text(encoding="utf-8") == "old"
    assert left_over(tmp_path) == []


def test_a_folder_in_the_way_is_named_and_kept(tmp_path):
    (tmp_path / "page.html" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match=r"page\.html'$"):
        writing.write(tmp_path / "page.html", "text")
    assert left_over(tmp_path) == []
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match=r"file/page\.html'$"):
        writing.write(tmp_path / "file" / "page.html", "text")


def test_a_pipe_or_a_link_in_the_way_is_replaced_at_once(tmp_path):
    """Writing into a pipe that nobody reads would wait for ever."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("pipe", "link"):
        writing.write(tmp_path / name, "text")
        assert (tmp_path / name).is_file()
        assert not (tmp_path / name).is_symlink()


def test_interrupted_in_the_middle(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: os.kill(os.getpid(), signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        writing.write(tmp_path / "page.html", "text")
    assert list(tmp_path.iterdir()) == []
