"""Data files: found in order, verified always, never half there; and the stand-in for want of them."""

import contextlib
import hashlib
import http.server
import os
import shutil
import socket
import subprocess
import sys
import time

from d2l_utils import data, linear
from d2l_utils.data import files, stand_in
from local_server import serving

import numpy as np
import pytest

GOOD = bytes(range(256)) * 400  # 100 kB
NAME = "numbers.bin"
SHA256 = hashlib.sha256(GOOD).hexdigest()
DEAD = "http://127.0.0.1:9"  # the discard port: nobody listens


class Server(http.server.BaseHTTPRequestHandler):
    """Serves GOOD whole, short, altered, or slowly, as the first part of the path says; notes what was asked."""

    asked = []

    def do_GET(self):
        kind = self.path.split("/")[1]
        self.asked.append(kind)
        body = {"short": GOOD[:50_000], "altered": b"?" + GOOD[1:]}.get(kind, GOOD)
        self.send_response(404 if kind == "missing" else 200)
        # A short answer that promises the whole is a connection that broke.
        self.send_header("Content-Length", str(len(GOOD)))
        self.end_headers()
        for i in range(0, len(body), 10_000):
            self.wfile.write(body[i : i + 10_000])
            time.sleep(0.15 if kind == "slow" else 0)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with serving(Server) as address:
        yield f"http://{address}"


@pytest.fixture
def folder(tmp_path, monkeypatch, server):
    """An empty data folder, an empty cache, no mirror, and one known file whose public address is dead."""
    for name in ("D2L_DATA_MIRROR", "D2L_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(files, "DATA", tmp_path / "data")
    monkeypatch.setattr(files, "CACHE", tmp_path / "cache")
    publish(monkeypatch, f"{DEAD}/{NAME}")
    Server.asked.clear()
    return tmp_path / "data"


def publish(monkeypatch, *addresses, name=NAME):
    monkeypatch.setattr(files, "FILES", {name: files.Known(len(GOOD), SHA256, addresses)})


def entries(folder):
    return sorted(path.name for path in folder.iterdir())


def test_public_address(folder, server, monkeypatch):
    publish(monkeypatch, f"{server}/whole/{NAME}")
    assert files.fetch(NAME).read_bytes() == GOOD
    assert entries(folder) == [NAME]


def test_folder_as_mirror_comes_before_the_public_address(folder, tmp_path, monkeypatch):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / NAME).write_bytes(GOOD)
    monkeypatch.setenv("D2L_DATA_MIRROR", str(tmp_path / "mirror"))
    assert files.fetch(NAME).read_bytes() == GOOD


@pytest.mark.parametrize("named", ["file://{}/a%20%23%E4%B8%AD", "{}/a #中", "~/a #中"])
def test_ways_to_name_a_folder_as_mirror(named, folder, tmp_path, monkeypatch):
    mirror = tmp_path / "a #中"
    mirror.mkdir()
    (mirror / NAME).write_bytes(GOOD)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("D2L_DATA_MIRROR", named.format(tmp_path))
    assert files.fetch(NAME) == folder / NAME


def test_relative_mirror_counts_from_the_project(folder, monkeypatch):
    monkeypatch.setenv("D2L_DATA_MIRROR", "../elsewhere")
    assert next(files._sources(NAME)) == files.ROOT / "../elsewhere" / NAME


@pytest.mark.parametrize("mirror", ["file://stick/data", "ftp://127.0.0.1/data"])
def test_mirror_that_is_neither_folder_nor_url(mirror, folder, monkeypatch):
    monkeypatch.setenv("D2L_DATA_MIRROR", mirror)
    with pytest.raises(ValueError, match=f"D2L_DATA_MIRROR is '{mirror}'; it must be a folder, or begin with http"):
        files.fetch(NAME)


def test_url_as_mirror(folder, server, monkeypatch):
    monkeypatch.setenv("D2L_DATA_MIRROR", f"{server}/whole/")
    assert files.fetch(NAME).read_bytes() == GOOD


def test_cache_needs_no_source(folder):
    folder.mkdir()
    (folder / NAME).write_bytes(GOOD)
    assert files.fetch(NAME) == folder / NAME


@pytest.mark.parametrize("damaged", [GOOD[:-1], b"?" + GOOD[1:], b""])
def test_damaged_cache_is_set_aside_and_fetched_again(damaged, folder, server, monkeypatch):
    publish(monkeypatch, f"{server}/whole/{NAME}")
    folder.mkdir()
    (folder / NAME).write_bytes(damaged)
    with pytest.warns(UserWarning, match=r"is damaged: set aside as numbers\.bin\.rejected"):
        assert files.fetch(NAME).read_bytes() == GOOD
    assert (folder / f"{NAME}.rejected").read_bytes() == damaged


def test_damaged_cache_is_not_used_where_nothing_better_is_found(folder):
    folder.mkdir()
    (folder / NAME).write_bytes(GOOD[:-1])
    with pytest.warns(UserWarning, match="damaged"), pytest.raises(data.DataUnavailable):
        files.fetch(NAME)
    assert entries(folder) == [f"{NAME}.rejected"]


@pytest.mark.parametrize("kind", ["short", "altered", "missing"])
def test_bad_mirror_is_passed_over(kind, folder, server, monkeypatch):
    publish(monkeypatch, f"{server}/whole/{NAME}")
    monkeypatch.setenv("D2L_DATA_MIRROR", f"{server}/{kind}")
    assert files.fetch(NAME).read_bytes() == GOOD
    assert entries(folder) == [NAME]


@pytest.mark.parametrize("mirror", [DEAD, "/no/such/folder"])
def test_dead_mirror_is_passed_over(mirror, folder, server, monkeypatch):
    publish(monkeypatch, f"{server}/whole/{NAME}")
    monkeypatch.setenv("D2L_DATA_MIRROR", mirror)
    assert files.fetch(NAME).read_bytes() == GOOD


@pytest.mark.parametrize("kind", ["short", "altered", "missing"])
def test_second_address_is_asked_where_the_first_fails(kind, folder, server, monkeypatch):
    publish(monkeypatch, f"{server}/{kind}/{NAME}", f"{server}/whole/{NAME}")
    assert files.fetch(NAME).read_bytes() == GOOD
    assert Server.asked == [kind, "whole"]
    assert entries(folder) == [NAME]


def test_second_address_is_left_alone_where_the_first_answers(folder, server, monkeypatch):
    publish(monkeypatch, f"{server}/whole/{NAME}", f"{server}/slow/{NAME}")
    assert files.fetch(NAME).read_bytes() == GOOD
    assert Server.asked == ["whole"]


def test_mirror_comes_before_both_addresses_and_all_are_named(folder, server, monkeypatch):
    places = [f"{server}/{kind}/{NAME}" for kind in ("missing", "short", "altered")]
    publish(monkeypatch, *places[1:])
    monkeypatch.setenv("D2L_DATA_MIRROR", f"{server}/missing")
    with pytest.raises(data.DataUnavailable) as refusal:
        files.fetch(NAME)
    assert Server.asked == ["missing", "short", "altered"]
    lines = str(refusal.value).splitlines()
    assert [line.split(": ")[0] for line in lines if server in line] == [f"  - {place}" for place in places]


def test_file_in_a_folder_of_its_own(folder, tmp_path, monkeypatch):
    name = f"deep/{NAME}"
    publish(monkeypatch, f"{DEAD}/{NAME}", name=name)
    (tmp_path / "mirror" / "deep").mkdir(parents=True)
    (tmp_path / "mirror" / name).write_bytes(GOOD)
    monkeypatch.setenv("D2L_DATA_MIRROR", str(tmp_path / "mirror"))
    assert files.fetch(name) == folder / name
    (folder / name).write_bytes(GOOD[:-1])
    with pytest.warns(UserWarning, match=r"is damaged: set aside as numbers\.bin\.rejected"):
        assert files.fetch(name).read_bytes() == GOOD
    assert entries(folder / "deep") == [NAME, f"{NAME}.rejected"]


@pytest.mark.parametrize("kind", ["short", "altered"])
def test_nothing_is_left_of_a_bad_download(kind, folder, server, monkeypatch):
    publish(monkeypatch, f"{server}/{kind}/{NAME}")
    with pytest.raises(data.DataUnavailable):
        files.fetch(NAME)
    assert entries(folder) == []


def test_unavailable_says_where_it_looked_and_how_to_go_on(folder, monkeypatch):
    monkeypatch.setenv("D2L_DATA_MIRROR", "/no/such/folder")
    with pytest.raises(data.DataUnavailable) as refusal:
        files.fetch(NAME)
    message = str(refusal.value)
    places = [str(folder / NAME), "/no/such/folder", DEAD]
    ways = ["put the file there", SHA256, "D2L_DATA_MIRROR=", "D2L_OFFLINE=1"]
    assert all(words in message for words in places + ways)


passed_over = pytest.mark.filterwarnings("ignore:.*/file is there and is no folder; passed over")


@pytest.fixture
def unwritable(folder, monkeypatch):
    """A data folder that nobody can write: root may write anywhere but in a file."""
    (folder.parent / "file").touch()
    monkeypatch.setattr(files, "DATA", folder.parent / "file" / "data")


@passed_over
def test_unwritable_folder_leaves_a_mirrors_file_in_its_place(unwritable, tmp_path, monkeypatch):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / NAME).write_bytes(GOOD)
    assert not files.kept(NAME)
    monkeypatch.setenv("D2L_DATA_MIRROR", str(tmp_path / "mirror"))
    assert files.fetch(NAME) == tmp_path / "mirror" / NAME
    assert files.kept(NAME)
    assert not (tmp_path / "cache" / NAME).exists()


@passed_over
def test_unwritable_folder_sends_downloads_to_the_cache(unwritable, server, tmp_path, monkeypatch):
    publish(monkeypatch, f"{server}/whole/{NAME}")
    for _ in range(2):
        assert files.fetch(NAME) == tmp_path / "cache" / NAME
        assert files.kept(NAME)
    assert Server.asked == ["whole"]


@passed_over
def test_unwritable_folder_and_a_damaged_mirror(unwritable, server, tmp_path, monkeypatch):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / NAME).write_bytes(GOOD[1:])
    monkeypatch.setenv("D2L_DATA_MIRROR", str(tmp_path / "mirror"))
    with pytest.raises(data.DataUnavailable, match=f"mirror/{NAME}: its SHA-256 is not {SHA256}") as refusal:
        files.fetch(NAME)
    assert f"put the file there yourself: {tmp_path / 'cache' / NAME} " in str(refusal.value)
    publish(monkeypatch, f"{server}/whole/{NAME}")
    assert files.fetch(NAME) == tmp_path / "cache" / NAME


READ = """
from d2l_utils.data import airfoil, files, mnist
airfoil()
mnist()
print(files.fetch("airfoil_self_noise.dat"))
"""


def test_read_only_checkout_reads_a_mirror_in_its_place(mnist, tmp_path):
    """As a system that cannot be written sees it: a mount, since root can write into any other folder."""
    mounting = ["unshare", "--mount", "--map-root-user", "sh", "-c"]
    read_only = "mount --bind $0 $0 && mount -o remount,ro,bind $0 && "
    checkout, cache = tmp_path / "checkout", tmp_path / "cache"
    shutil.copytree(files.ROOT / "d2l_utils", checkout / "d2l_utils", ignore=shutil.ignore_patterns("__pycache__"))
    if not shutil.which("unshare") or subprocess.run([*mounting, f"{read_only} true", checkout]).returncode:
        pytest.skip("nothing can be mounted here")
    env = {**os.environ, "D2L_DATA_MIRROR": files.DATA.as_uri(), "XDG_CACHE_HOME": str(cache), "D2L_OFFLINE": ""}
    command = [*mounting, f'{read_only} cd $0 && exec "$@"', checkout, sys.executable, "-c", READ]
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8", timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(files.DATA / "airfoil_self_noise.dat")
    assert not (cache / "d2l_utils").exists()


@passed_over
def test_nothing_can_be_written(unwritable, server, monkeypatch):
    publish(monkeypatch, f"{server}/whole/{NAME}")
    monkeypatch.setattr(files, "CACHE", files.DATA)
    with pytest.raises(data.DataUnavailable, match="/file is there and is no folder"):
        files.fetch(NAME)


def test_unknown_file(folder):
    with pytest.raises(ValueError, match=r"name is 'nothing\.dat'; the known files are numbers\.bin"):
        files.fetch("nothing.dat")


def test_file_that_another_process_mended_meanwhile_is_kept(folder):
    folder.mkdir()
    (folder / NAME).write_bytes(GOOD)
    assert files._set_aside(folder / NAME, files.FILES[NAME])
    assert entries(folder) == [NAME]
    (folder / NAME).unlink()
    assert not files._set_aside(folder / NAME, files.FILES[NAME])


def fetching(folder, address):
    code = (
        "import pathlib; from d2l_utils.data import files; "
        f"files.DATA = pathlib.Path({str(folder)!r}); files.FILES = {{{NAME!r}: "
        f"files.Known({len(GOOD)}, {SHA256!r}, [{address!r}])}}; "
        f"print(files.fetch({NAME!r}))"
    )
    env = {key: value for key, value in os.environ.items() if not key.startswith("D2L_")}
    return subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_two_processes_at_once(folder, server):
    both = [fetching(folder, f"{server}/slow/{NAME}") for _ in range(2)]
    for process in both:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    assert (folder / NAME).read_bytes() == GOOD
    assert entries(folder) == [NAME]


def begun(folder):
    """Whether a file in a folder has been begun; one may get its final name while we look."""
    with contextlib.suppress(FileNotFoundError):
        return any(path.stat().st_size for path in folder.iterdir())
    return False


def test_killed_halfway(folder, server, monkeypatch):
    process = fetching(folder, f"{server}/slow/{NAME}")
    deadline = time.monotonic() + 60
    while Server.asked != ["slow"] or not begun(folder):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert NAME not in entries(folder)
    publish(monkeypatch, f"{server}/whole/{NAME}")
    assert files.fetch(NAME).read_bytes() == GOOD


@pytest.fixture
def no_sockets(monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError("no network in this test")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def test_no_network_at_all(folder, no_sockets):
    with pytest.raises(data.DataUnavailable, match="Three ways on"):
        files.fetch(NAME)


def test_offline_needs_no_network(folder, no_sockets, monkeypatch):
    monkeypatch.setenv("D2L_OFFLINE", "1")
    with pytest.warns(data.StandInWarning, match="synthetic data with the moments of the airfoil"):
        features, labels = data.airfoil()
    assert (features.shape, labels.shape) == ((1500, 5), (1500,))
    # Six printed digits; float32 data.
    assert linear.least_squares(features, labels) == pytest.approx(0.241688, abs=1e-6)


def test_digits_stand_in_without_network(folder, no_sockets, monkeypatch):
    monkeypatch.setenv("D2L_OFFLINE", "1")
    with pytest.warns(data.StandInWarning, match="scikit-learn's handwritten digits, 1,797 images of 8 x 8") as warned:
        arrays = data.mnist()
    assert warned[0].filename == __file__  # it points at the caller
    assert [array.shape for array in arrays] == [(1437, 64), (1437,), (360, 64), (360,)]
    assert not folder.exists()


def test_stand_in_optimum_for_all_rows(monkeypatch):
    monkeypatch.setenv("D2L_OFFLINE", "1")
    with pytest.warns(data.StandInWarning):
        assert linear.least_squares(*data.airfoil(1503)) == pytest.approx(0.242145, abs=1e-6)


@pytest.mark.parametrize("rows", [1500, 1503])
def test_stand_in_has_the_moments_of_the_real_data(rows, airfoil):
    real = np.loadtxt(files.fetch("airfoil_self_noise.dat"))[:rows]
    made = stand_in.airfoil_stand_in()[:rows]
    # Float64 sums over 1,500 rows: 1e-11 of each moment is a thousand times their rounding.
    np.testing.assert_allclose(made.mean(axis=0), real.mean(axis=0), rtol=1e-11)
    np.testing.assert_allclose(np.cov(made.T), np.cov(real.T), rtol=1e-9)
    assert not np.allclose(made[:1500], real[:1500])


def test_airfoil_is_standardised(airfoil):
    for array in data.airfoil(1503):
        np.testing.assert_allclose(array.asnumpy().mean(axis=0), 0, atol=1e-5)  # float32 sums
        np.testing.assert_allclose(array.asnumpy().std(axis=0), 1, rtol=1e-5)


@pytest.mark.parametrize("num_examples", [0, 1504, 10.0, "all"])
def test_airfoil_refuses(num_examples):
    with pytest.raises(ValueError, match="num_examples is .*; it must be an integer from 1 to 1503"):
        data.airfoil(num_examples)


def test_offline_takes_0_or_1(monkeypatch):
    monkeypatch.setenv("D2L_OFFLINE", "yes")
    with pytest.raises(ValueError, match="D2L_OFFLINE is 'yes'; 1 chooses the stand-in"):
        data.airfoil()


@pytest.mark.parametrize(
    ("changes", "message"),
    [({"num_examples": 0}, "num_examples is 0"), ({"w": ()}, "w is"), ({"noise": -1}, "noise is -1")],
)
def test_synthetic_regression_refuses(changes, message):
    with pytest.raises(ValueError, match=message):
        data.synthetic_regression(**changes)


def test_data_readme_tells_of_every_file():
    text = (files.ROOT / "data" / "README.md").read_text(encoding="utf-8")
    for name, (_, sha256, addresses) in files.FILES.items():
        assert all(words in text for words in (name, sha256, *addresses)), name
