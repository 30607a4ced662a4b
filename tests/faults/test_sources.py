"""Data files from sources that are slow, endless or odd, into places that are none: each fault for real."""

import base64
import collections
import contextlib
import gzip
import hashlib
import http.server
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

import book.data
from d2l_utils import data
from d2l_utils.data import download, files
from local_server import serving

import pooch
import pytest

GOOD = bytes(range(256)) * 400  # 100 kB
BOMB = gzip.compress(bytes(10**7))  # 10 kB
NAME = "numbers.bin"
KNOWN = files.Known(len(GOOD), hashlib.sha256(GOOD).hexdigest(), ())
MOST = 10**7  # bytes: what the kernel keeps between two sockets, and far less than what an endless source sends
LIMIT = 20  # seconds for each test
OLD = download.STALE + 60


class Server(http.server.BaseHTTPRequestHandler):
    """Sends GOOD, or something worse, as the first part of the path says; counts what it gets rid of of each kind."""

    sent = collections.Counter()
    allowed = None  # the only name and password, where it asks for them

    def do_GET(self):
        kind = self.kind = self.path.removeprefix("http://").split("/")[1]
        with contextlib.suppress(ConnectionError):
            getattr(self, kind)()

    def head(self, status=200, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def send(self, part):
        self.sent[self.kind] += len(part)  # first: who has got it may ask at once
        self.wfile.write(part)

    def whole(self):
        asked = self.headers.get("Authorization", "")
        if self.allowed and base64.b64decode(asked.removeprefix("Basic ")).decode() != self.allowed:
            return self.missing()
        self.head(Content_Length=str(len(GOOD)))
        self.send(GOOD)

    def missing(self):
        self.head(404)

    def altered(self):
        self.head()
        self.send(b"?" + GOOD[1:])

    def silent(self):
        time.sleep(LIMIT)

    def drip(self):
        self.head(Content_Length=str(len(GOOD)))
        while True:
            self.send(b"?")
            time.sleep(0.2)

    def drip_of_headers(self):
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
        self.drip_on()

    def drip_of_chunks(self):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.drip_on()

    def drip_on(self):
        while True:
            self.send(b"1")
            time.sleep(0.2)

    def endless(self):
        self.head()
        while True:
            self.send(GOOD)

    def bomb(self):
        self.head(Content_Encoding="gzip")
        self.send(BOMB)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with serving(Server) as address:
        yield address


@pytest.fixture(autouse=True)
def limit():
    """Whoever waits for ever in a test is interrupted."""

    def late(*_):
        raise AssertionError(f"did not end within {LIMIT} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty data folder, an empty cache, a short patience, and one known file that has no address."""
    for name in ("D2L_DATA_MIRROR", "D2L_OFFLINE"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(files, "DATA", tmp_path / "data")
    monkeypatch.setattr(files, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(files, "FILES", {NAME: KNOWN})
    monkeypatch.setattr(download, "TIMEOUT", 1)
    monkeypatch.setattr(download, "SLOWEST", 10**6)
    Server.sent.clear()
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def publish(monkeypatch, *addresses):
    monkeypatch.setattr(files, "FILES", {NAME: KNOWN._replace(addresses=addresses)})


def entries(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("kind", ["silent", "drip", "drip_of_headers", "drip_of_chunks"])
def test_slow_source_is_given_up(kind, folder, server, monkeypatch):
    publish(monkeypatch, f"http://{server}/{kind}/{NAME}")
    start = time.monotonic()
    with pytest.raises(data.DataUnavailable, match=r"timed out|did not arrive within 1 seconds"):
        files.fetch(NAME)
    assert time.monotonic() - start < LIMIT / 2
    assert entries(folder) == []


def test_second_address_is_asked_where_the_first_is_slow(folder, server, monkeypatch):
    publish(monkeypatch, *(f"http://{server}/{kind}/{NAME}" for kind in ("drip", "whole")))
    assert files.fetch(NAME).read_bytes() == GOOD


def test_endless_source_is_cut_at_the_known_size(folder, server, monkeypatch):
    publish(monkeypatch, f"http://{server}/endless/{NAME}")
    with pytest.raises(data.DataUnavailable, match="it sends more than the 102,400 bytes of the file"):
        files.fetch(NAME)
    assert 0 < Server.sent["endless"] < MOST
    assert entries(folder) == []


def test_bomb_is_not_unpacked(folder, server, monkeypatch):
    publish(monkeypatch, f"http://{server}/bomb/{NAME}")
    with pytest.raises(data.DataUnavailable, match="does not match the known hash"):
        files.fetch(NAME)


def test_proxy_is_asked(folder, server, monkeypatch):
    publish(monkeypatch, f"http://nowhere.invalid/whole/{NAME}")
    monkeypatch.setenv("http_proxy", f"http://{server}")
    assert files.fetch(NAME).read_bytes() == GOOD


def test_secure_addresses_come_first():
    known = download.Path(files.__file__).with_name("files.json").read_text(encoding="utf-8")
    assert "http://" not in known
    assert known.count("https://") == 9


def fifo(path):
    os.mkfifo(path)


def listening(path):
    with socket.socket(socket.AF_UNIX) as one:
        here = os.getcwd()
        os.chdir(path.parent)  # an address of this kind is short
        one.bind(path.name)
        os.chdir(here)


def device(path):
    path.symlink_to("/dev/zero")


def dangling(path):
    path.symlink_to("/no/such/file")


def directory(path):
    path.mkdir()


ODD = [fifo, listening, device, dangling, directory]


@pytest.mark.parametrize("odd", ODD)
def test_what_is_no_file_is_named_and_passed_over(odd, folder, server, monkeypatch):
    publish(monkeypatch, f"http://{server}/whole/{NAME}")
    odd(folder / NAME)
    before = (folder / NAME).lstat()
    for _ in range(2):
        with pytest.warns(UserWarning, match=rf"data/{NAME} is there and is no file; passed over"):
            assert files.fetch(NAME) == files.CACHE / NAME
    assert (folder / NAME).lstat() == before
    assert Server.sent["whole"] == len(GOOD)
    assert files.kept(NAME)
    (files.CACHE / NAME).unlink()
    assert not files.kept(NAME)


@pytest.mark.parametrize("odd", ODD)
def test_mirrors_file_that_is_none_is_passed_over(odd, folder, server, tmp_path, monkeypatch):
    odd(tmp_path / NAME)
    monkeypatch.setenv("D2L_DATA_MIRROR", str(tmp_path))
    with pytest.raises(data.DataUnavailable, match=rf"{tmp_path}/{NAME} is there and is no file"):
        files.fetch(NAME)
    publish(monkeypatch, f"http://{server}/whole/{NAME}")
    assert files.fetch(NAME) == folder / NAME


@pytest.mark.parametrize("odd", [fifo, listening, device, dangling])
def test_data_that_is_no_folder_is_named_and_passed_over(odd, folder, server, monkeypatch):
    publish(monkeypatch, f"http://{server}/whole/{NAME}")
    folder.rmdir()
    odd(folder)
    with pytest.warns(UserWarning, match=r"/data is there and is no folder; passed over"):
        assert files.fetch(NAME) == files.CACHE / NAME


def test_no_place_at_all(folder, server, monkeypatch):
    publish(monkeypatch, f"http://{server}/whole/{NAME}")
    fifo(folder / NAME)
    dangling(files.CACHE)
    with (
        pytest.warns(UserWarning, match="no f"),
        pytest.raises(data.DataUnavailable, match="no place that it could be written to"),
    ):
        files.fetch(NAME)


@pytest.mark.parametrize("size", [0, len(GOOD) - 1, 10**12])
def test_file_of_another_size_is_not_read(size, folder, server, monkeypatch):
    publish(monkeypatch, f"http://{server}/whole/{NAME}")
    (folder / NAME).touch()
    os.truncate(folder / NAME, size)  # a sparse file takes no space
    with pytest.warns(UserWarning, match="is damaged"):
        assert files.fetch(NAME).read_bytes() == GOOD


FETCH = """
import pathlib, sys
from d2l_utils.data import files
folder, address, size, sha256 = sys.argv[1:]
files.DATA = pathlib.Path(folder)
files.CACHE = files.DATA / "none" / "cache"
files.FILES = {"numbers.bin": files.Known(int(size), sha256, [address])}
print(files.fetch("numbers.bin"))
"""


def fetching(folder, address, *before):
    command = [*before, sys.executable, "-c", FETCH, folder, address, str(KNOWN.size), KNOWN.sha256]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=files.ROOT, stdout=pipe, stderr=pipe, encoding="utf-8")


@pytest.mark.parametrize("number", [2, 8])
def test_processes_at_once(number, folder, server):
    for process in [fetching(folder, f"http://{server}/whole/{NAME}") for _ in range(number)]:
        _, errors = process.communicate(timeout=LIMIT)
        assert process.returncode == 0, errors
    assert entries(folder) == [NAME]
    assert (folder / NAME).read_bytes() == GOOD


def test_what_a_killed_process_leaves_is_cleared(folder, server, monkeypatch):
    process = fetching(folder, f"http://{server}/drip/{NAME}")
    while not entries(folder):
        time.sleep(0.02)
    process.kill()
    process.communicate()
    (left,) = folder.iterdir()
    assert left.name != NAME
    publish(monkeypatch, f"http://{server}/whole/{NAME}")
    files.fetch(NAME)
    assert entries(folder) == sorted([NAME, left.name])  # another process could still be at it
    os.utime(left, times=(time.time() - OLD,) * 2)
    files.fetch(NAME)
    assert entries(folder) == [NAME]


def test_full_disk_leaves_what_was_there(folder, server):
    """A disk of its own, of 64 kB: a file system in memory, which the command alone sees."""
    mounting = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    small = f"mount -t tmpfs -o size=64k none {folder}"
    if not shutil.which("unshare") or subprocess.run([*mounting, small], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    then = f'{small} && echo kept > {folder}/other && "$@"; ls {folder}; cat {folder}/other'
    process = fetching(folder, f"http://{server}/whole/{NAME}", *mounting, then, "sh")
    printed, errors = process.communicate(timeout=LIMIT)
    assert printed == "other\nkept\n"
    assert f"{NAME} is not to be had" in errors
    assert "No space left on device" in errors


@pytest.mark.parametrize("kind", ["whole", "missing", "altered", "drip"])
@pytest.mark.parametrize("password", ["secret", "se%40cret", "se@cret"])
def test_password_is_sent_and_never_shown(kind, password, folder, server, monkeypatch, capfd):
    monkeypatch.setattr(Server, "allowed", f"user:{password.replace('%40', '@')}")
    monkeypatch.setenv("D2L_DATA_MIRROR", f"http://user:{password}@{server}/{kind}")
    monkeypatch.setattr(pooch.get_logger().handlers[0], "stream", sys.stderr)  # it took hold of the one before capfd
    book.data.fetch_or_stand_in()  # as `make data` does
    shown = "".join(capfd.readouterr())
    assert "cret" not in shown
    assert "user:" not in shown
    assert f"***@{server}/{kind}/{NAME}" in shown
    assert (folder / NAME).exists() == (kind == "whole")


@pytest.mark.parametrize("mirror", ["ftp://user:secret@host/x", "file://user:se/cret@host/x"])
def test_password_is_not_shown_where_the_mirror_is_refused(mirror, monkeypatch):
    monkeypatch.setenv("D2L_DATA_MIRROR", mirror)
    with pytest.raises(ValueError, match=r"D2L_DATA_MIRROR is '(ftp|file)://\*\*\*@host/x'; it must be a folder"):
        files.fetch(NAME)


@pytest.mark.parametrize(
    "mirror", ["http://user:se/cret@127.0.0.1:9", "http://user:secret@[bad", "http://user:secret@a b"]
)
def test_password_of_a_mangled_address_is_not_shown(mirror, monkeypatch):
    monkeypatch.setenv("D2L_DATA_MIRROR", mirror)
    with pytest.raises(data.DataUnavailable) as refusal:
        files.fetch(NAME)
    assert "cret" not in str(refusal.value)
