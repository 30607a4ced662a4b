"""book/python.sh: which Python make takes, how one is brought, and what is said where none can be had."""

import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

from book import notebook
from tools import lock

import pytest

SCRIPT = notebook.ROOT / "book" / "python.sh"
TOOLS = "sh", "awk", "cat", "env", "mkdir", "uname"
UV = Path(sys.executable).with_name("uv")
NO_NETWORK = dict.fromkeys(("http_proxy", "https_proxy", "all_proxy"), "http://127.0.0.1:9")
TOO_OLD = "import sys; sys.version_info = (3, 8, 18)"
OTHER_MACHINE = "import platform; platform.machine = lambda: 'riscv64'"
WITHOUT_VENV = "import sys; sys.modules['ensurepip'] = None"
# A Python that is this one, with a change in what it is asked.
CHANGED = """#!/bin/sh
case $1 in
d2l_utils/runtime.py) exec {0} -c '{1}; import runpy; runpy.run_path("d2l_utils/runtime.py", run_name="__main__")' ;;
-B) exec {0} -B -c '{1}
'"$3" ;;
-c) exec {0} -c '{1}
'"$2" ;;
*) exec {0} "$@" ;;
esac
"""
RELEASES = {
    "debian": 'ID=debian\nPRETTY_NAME="Debian GNU/Linux"',
    "mint": 'ID=linuxmint\nID_LIKE="ubuntu debian"',
    "fedora": "ID=fedora",
    "rocky": 'ID="rocky"\nID_LIKE="rhel centos fedora"',
    "arch": "ID=arch",
    "suse": 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"',
    "alpine": "ID=alpine",
    "other": "ID=other",
}


class Machine:
    """A machine with the few tools that the script needs, without a Python and a network, and a project on it."""

    def __init__(self, folder):
        self.folder, self.project, self.bin = folder, folder / "a project", folder / "bin"
        (self.project / "d2l_utils").mkdir(parents=True)
        (self.project / "book").mkdir()
        self.bin.mkdir()
        shutil.copy(notebook.ROOT / "d2l_utils" / "runtime.py", self.project / "d2l_utils")
        shutil.copy(lock.DEVELOPERS, self.project)
        for tool in TOOLS:
            self.add(tool, f'exec {shutil.which(tool)} "$@"')
        self.system("other")

    def add(self, name, *lines):
        """Put a program on the path."""
        (self.bin / name).write_text("\n".join(["#!/bin/sh", *lines]), encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def python(self, name, change="pass"):
        self.add(name, CHANGED.format(sys.executable, change.replace("'", '"')))

    def system(self, name):
        """Let the machine say that it runs this system."""
        (self.folder / "os-release").write_text(RELEASES[name], encoding="utf-8")
        text = SCRIPT.read_text(encoding="utf-8").replace("/etc/os-release", f"{self.folder}/os-release")
        (self.project / "book" / "python.sh").write_text(text, encoding="utf-8")

    def run(self, *arguments, **environment):
        """What the script prints, and what it says beside it."""
        env = {"PATH": str(self.bin), "HOME": str(self.folder / "home"), **NO_NETWORK, **environment}
        command = [shutil.which("sh"), "book/python.sh", *arguments]
        done = subprocess.run(command, cwd=self.project, env=env, capture_output=True, encoding="utf-8", timeout=60)
        assert (done.returncode == 0) == bool(done.stdout), done.stderr
        return done.stdout.strip(), done.stderr.strip()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_first_that_fits_is_taken(machine):
    machine.python("python3.11", TOO_OLD)
    machine.add(
        "python3.10", "echo 'pyenv: python3.10: command not found' >&2", "exit 127"
    )  # a shim that is not active
    machine.python("python3.12", WITHOUT_VENV)
    machine.python("python3")
    assert machine.run() == ("python3", "")


def test_one_that_is_asked_for_is_taken(machine):
    for name in ("python3.11", "other python"):
        machine.python(name)
    assert machine.run(f"{machine.bin}/other python") == (f"{machine.bin}/other python", "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (TOO_OLD, "it does not fit:\nMXNet cannot run here (.*): this project runs on Python 3"),
        (
            WITHOUT_VENV,
            "it does not fit:\nit cannot make environments. Do this and make again: apt-get install python",
        ),
        (OTHER_MACHINE, "MXNet cannot run here .*riscv64"),
        ("raise SystemExit('broken')", "it does not fit:\nbroken"),
    ],
)
def test_one_that_is_asked_for_and_does_not_fit_is_refused(change, message, machine):
    machine.system("debian")
    machine.python("python3.11")
    machine.python("mine", change)
    printed, said = machine.run("mine")
    assert printed == ""
    assert re.match(message if change == OTHER_MACHINE else f"PYTHON is 'mine'; {message}", said), said


def test_one_that_is_asked_for_and_does_not_exist_is_refused(machine):
    assert machine.run("nothing")[1].startswith("PYTHON is 'nothing'; there is no such program.")


def test_machine_that_mxnet_does_not_run_on_is_told_at_once(machine):
    machine.python("python3", OTHER_MACHINE)
    printed, said = machine.run()
    assert (printed, said.count("\n")) == ("", 0)
    assert "MXNet cannot run here" in said


@pytest.mark.parametrize(
    ("system", "advice"),
    [
        ("debian", "apt-get install python3 python3-venv"),
        ("mint", "apt-get install python3 python3-venv"),
        ("fedora", "dnf install python3.11"),
        ("rocky", "dnf install python3.11"),
        ("arch", "pacman -S python"),
        ("suse", "zypper install python311"),
        ("alpine", "use Debian, Ubuntu or Fedora, in a container"),
        ("other", "make PYTHON=/path/to/python3.11"),
    ],
)
def test_without_python_and_network_two_lines_say_what_to_do(system, advice, machine):
    machine.system(system)
    printed, said = machine.run()
    bringing, failed, what_to_do = said.splitlines()
    assert printed == ""
    assert bringing == "No Python on the path fits: bringing Python 3.11 into _build/python, by uv"
    assert failed == "No Python on the path fits, and uv could not bring one (_build/python.log says why)."
    assert advice in what_to_do
    assert "uv: not found" in (machine.project / "_build" / "python.log").read_text(encoding="utf-8")


def test_advice_on_macos_and_beside_conda(machine):
    (machine.folder / "os-release").unlink()
    machine.add("uname", "echo Darwin")
    assert machine.run()[1].endswith("brew install python@3.11")
    machine.add("uname", "echo Linux")
    machine.add("conda")
    assert machine.run()[1].endswith("&& conda activate rmsprop && pip install --no-deps --no-build-isolation -e .")


def test_debian_names_the_package_that_its_python_lacks(machine):
    """Before half an environment is made; and what cannot help is not advised."""
    machine.system("debian")
    machine.python("python3", WITHOUT_VENV)
    version = "python{}.{}".format(*sys.version_info)
    assert machine.run()[1].endswith(f"apt-get install {version}-venv")
    machine.python("python3", TOO_OLD)
    assert machine.run()[1].endswith("make PYTHON=/path/to/python3.11")


@pytest.fixture
def mirror(machine):
    """Stands in for uv's: one Python 3.11, which is this one under another name. Returns the address of its list."""
    if platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip("the pretended Python is one for Linux on x86-64 or ARM64")
    if not UV.exists():
        pytest.skip("uv is not installed")
    root = machine.folder / "archive" / "python"
    (root / "bin").mkdir(parents=True)
    (root / "lib" / "python3.11").mkdir(parents=True)
    (root / "bin" / "python3.11").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    (root / "bin" / "python3.11").chmod(0o755)
    header = "# system configuration generated and used by the sysconfig module\n"
    data = f"_sysconfigdata__linux_{platform.machine()}-linux-gnu.py"
    (root / "lib" / "python3.11" / data).write_text(f"{header}build_time_vars = {{}}\n", encoding="utf-8")
    with tarfile.open(machine.folder / "python.tar.gz", "w:gz") as archive:
        archive.add(root, "python")
    entry = {"name": "cpython", "major": 3, "minor": 11, "patch": 7, "prerelease": "", "variant": None}
    entry |= {"arch": {"family": platform.machine(), "variant": None}, "os": "linux", "libc": "gnu"}
    archive = machine.folder / "python.tar.gz"
    entry |= {"url": archive.as_uri(), "sha256": hashlib.sha256(archive.read_bytes()).hexdigest(), "build": "1"}
    listed = machine.folder / "downloads.json"
    listed.write_text(json.dumps({f"cpython-3.11.7-linux-{platform.machine()}-gnu": entry}), encoding="utf-8")
    return listed.as_uri()


def wheel_of_uv(machine):
    """A wheel that brings this uv under a version of its own, pinned by its hash in the project's lock."""
    info, path = "uv-0.0.1.dist-info", machine.folder / "wheels" / "uv-0.0.1-py3-none-any.whl"
    parts = {
        "uv-0.0.1.data/scripts/uv": f'#!/bin/sh\nexec {UV} "$@"\n',
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: uv\nVersion: 0.0.1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    path.parent.mkdir()
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in {**parts, f"{info}/RECORD": "".join(f"{name},,\n" for name in parts)}.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o100755 << 16  # a program
            wheel.writestr(entry, text)
    pins = "\n".join(["tqdm==1.0 \\", "    --hash=sha256:0", "uv==0.0.1 \\", "    --hash=sha256:{}", "xyz==1.0", ""])
    (machine.project / lock.DEVELOPERS.name).write_text(
        pins.format(hashlib.sha256(path.read_bytes()).hexdigest()), encoding="utf-8"
    )
    return {"PIP_FIND_LINKS": str(path.parent), "PIP_NO_INDEX": "1"}


def test_uv_on_the_path_brings_a_python_and_the_next_make_finds_it(machine, mirror):
    machine.add("uv", f'exec {UV} "$@"')
    printed, said = machine.run(UV_PYTHON_DOWNLOADS_JSON_URL=mirror)
    assert re.fullmatch(r"_build/python/cpython-3\.11\S*/bin/python3\.11", printed)
    assert said == "No Python on the path fits: bringing Python 3.11 into _build/python, by uv"
    assert not (machine.folder / "home").exists()  # nothing is left in the user's folders
    assert machine.run() == (printed, "")


def test_uv_comes_by_the_pip_of_a_python_that_does_not_fit(machine, mirror):
    machine.python("python3", TOO_OLD)
    (machine.folder / "home" / ".config" / "pip").mkdir(parents=True)
    (machine.folder / "home" / ".config" / "pip" / "pip.conf").write_text("[install]\nuser = true\n", encoding="utf-8")
    printed, _ = machine.run(UV_PYTHON_DOWNLOADS_JSON_URL=mirror, **wheel_of_uv(machine))
    assert printed.startswith("_build/python/"), (machine.project / "_build" / "python.log").read_text(
        encoding="utf-8"
    )


def test_uv_that_is_not_the_locked_one_is_refused(machine):
    machine.python("python3", TOO_OLD)
    index = wheel_of_uv(machine)
    (wheel,) = (machine.folder / "wheels").iterdir()
    with zipfile.ZipFile(wheel, "a") as archive:
        archive.writestr("more", "something else")
    assert machine.run(**index)[0] == ""
    assert "DO NOT MATCH THE HASHES" in (machine.project / "_build" / "python.log").read_text(encoding="utf-8")


def test_uv_without_a_network_fails_at_once(machine):
    if not UV.exists():
        pytest.skip("uv is not installed")
    machine.add("uv", f'exec {UV} "$@"')
    printed, said = machine.run()
    assert printed == ""
    assert "uv could not bring one" in said
    assert "Failed to download" in (machine.project / "_build" / "python.log").read_text(encoding="utf-8")


def test_lock_names_uv_with_its_hashes():
    wanted = re.search(
        r"^uv==[\d.]+ \\\n(    --hash=sha256:\w{64}.*\n)+", lock.DEVELOPERS.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert wanted


def test_script_is_portable():
    if not shutil.which("shellcheck"):
        pytest.skip("shellcheck is not installed")
    checked = subprocess.run(["shellcheck", SCRIPT], capture_output=True, encoding="utf-8")
    assert checked.returncode == 0, checked.stdout
