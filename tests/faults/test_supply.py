"""What comes from outside: text that make or the shell would run, files that are not the locked ones."""

import hashlib
import os
import subprocess
import sys
import zipfile

from book.notebook import ROOT
from tiny_project import make

import pytest
import yaml

TEXT = "$(shell touch made) ${shell touch made} `touch made` $$(touch made)'; touch made; '\"\ntouch made"


@pytest.mark.parametrize("through", ["environment", "command line"])
@pytest.mark.parametrize("name", ["D2L_REPOSITORY", "D2L_OFFLINE", "D2L_DATA_MIRROR", "PYTHON"])
def test_nothing_runs_out_of_a_choice(name, through, project):
    """Make and the shell hand it on as text, and whoever it is for sees it."""
    line, given = ([f"{name}={TEXT}"], {}) if through == "command line" else ([], {name: TEXT})
    target = ["VENV=_build/none", "_build/none/.readers"] if name == "PYTHON" else ["data"]
    code, _, output = make(project, *line, *target, **given)
    assert name == "D2L_DATA_MIRROR" or (code != 0 and f"{name} is " in output), output
    for target in ("help", "-n"):
        assert make(project, *line, target, **given)[0] == 0
    assert not (project / "made").exists()


@pytest.mark.parametrize("through", ["environment", "command line"])
def test_a_choice_reaches_whom_it_is_for(through, project):
    line, given = (["D2L_OFFLINE=no"], {}) if through == "command line" else ([], {"D2L_OFFLINE": "no"})
    assert "D2L_OFFLINE is 'no'" in make(project, "data", *line, **given)[2]


def test_a_copied_project_cannot_clear_the_real_environment(project):
    """A rule that makes its environment anew takes the links away."""
    real = (project / ".venv" / "bin").resolve()
    assert real != project / ".venv" / "bin"
    pretended = project / "_build" / "links"
    pretended.mkdir(parents=True)
    for path in (project / ".venv").iterdir():
        (pretended / path.name).symlink_to(path.resolve())
    subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", pretended], check=True, timeout=60)
    assert not (pretended / "bin").is_symlink()
    assert (real / "python").exists()


def wheel(folder, name, version):
    """Make a wheel of one module, which tells its version; its line for a lock, with its hash."""
    path = folder / f"{name}-{version}-py3-none-any.whl"
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}.py", f"version = {version!r}\n")
        file.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{about}/RECORD", "")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


@pytest.fixture(scope="module")
def shop(project, tmp_path_factory):
    """A folder of wheels that the project's lists name, and an environment of its own to install them into."""
    folder = tmp_path_factory.mktemp("shop")
    lists = {
        "peers.lock": wheel(folder, "keras", "1.0"),
        "cpu.txt": wheel(folder, "torch", "2.0+cpu"),
        "cuda.lock": wheel(folder, "torch", "2.0") + wheel(folder, "triton", "3.0"),
        "d2l.txt": wheel(folder, "d2l", "1.0.3"),
        "optax.lock": wheel(folder, "optax", "0.2"),
    }
    for name, text in lists.items():
        (project / f"requirements-{name}").write_text(text, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", project / "_build" / "shop"], check=True, timeout=120)
    (project / "_build" / "shop" / ".readers").touch()
    return folder


def peers(project, shop, *arguments):
    (project / "_build" / "shop" / ".peers").unlink(missing_ok=True)
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(shop)}
    return make(project, "VENV=_build/shop", *arguments, "peers", **index)


def installed(project):
    command = [project / "_build" / "shop" / "bin" / "python", "-m", "pip", "list", "--format=freeze"]
    listed = subprocess.check_output(command, encoding="utf-8", timeout=60).split()
    return {line for line in listed if line.startswith(("keras", "torch", "triton", "d2l"))}


def test_peers_are_the_locked_files_and_pytorch_the_small_build_where_it_is(project, shop):
    cpu = shop / "torch-2.0+cpu-py3-none-any.whl"
    cpu.rename(shop / "elsewhere")
    assert peers(project, shop)[0] == 0
    assert installed(project) == {"keras==1.0", "torch==2.0", "triton==3.0"}
    (shop / "elsewhere").rename(cpu)
    code, _, output = peers(project, shop)
    assert code == 0, output
    assert installed(project) == {"keras==1.0", "torch==2.0+cpu", "triton==3.0"}
    assert (project / "_build" / "shop" / "d2l-1.0.3" / "d2l.py").exists()
    assert (project / "_build" / "shop" / "optax" / "optax.py").exists()


def test_a_file_of_another_hash_is_not_installed(project, shop):
    python = project / "_build" / "shop" / "bin" / "python"
    for name in ("d2l-1.0.3", "keras-1.0"):
        subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "keras"], check=True, timeout=60)
        path = shop / f"{name}-py3-none-any.whl"
        good = path.read_bytes()
        with zipfile.ZipFile(path, "a") as file:
            file.writestr("more.py", "")
        code, _, output = peers(project, shop)
        path.write_bytes(good)
        assert code != 0, output
        assert "THESE PACKAGES DO NOT MATCH THE HASHES" in output
        assert not (project / "_build" / "shop" / ".peers").exists()
        assert peers(project, shop)[0] == 0


def test_conda_lets_pip_take_nothing_without_its_hash(project, shop):
    """As conda does it: what stands under pip goes into a file beside environment.yml, for pip to read."""
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    asked = "\n".join(environment["dependencies"][-1]["pip"])
    (project / "condaenv.requirements.txt").write_text(asked, encoding="utf-8")
    command = [project / "_build" / "shop" / "bin" / "python", "-m", "pip", "install", "-U", "--no-index"]
    command += ["--find-links", shop, "-r", "condaenv.requirements.txt"]
    locked = (project / "requirements-d2l.txt").read_text(encoding="utf-8")
    for text, refused in ((locked.split(" --hash")[0], True), (locked, False)):
        (project / "requirements.lock").write_text(text, encoding="utf-8")
        done = subprocess.run(command, cwd=project, capture_output=True, encoding="utf-8", timeout=60)
        assert (done.returncode != 0, "Hashes are required" in done.stderr) == (refused, refused), done.stderr


def test_installation_shows_itself_in_a_terminal_alone(project):
    ours, theirs = os.openpty()
    command = ["make", "-n", "VENV=_build/none", "_build/none/.readers"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MAKE")}
    subprocess.run(command, cwd=project, env=environment, stdout=theirs, check=True, timeout=60)
    os.close(theirs)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    logged = subprocess.check_output(command, cwd=project, env=environment, encoding="utf-8", timeout=60)
    assert "pip install" in shown
    assert "--quiet" not in shown
    assert "pip install --quiet" in logged
