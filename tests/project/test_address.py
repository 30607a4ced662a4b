"""The first cell of each notebook: it brings the book where it is missing, and does nothing where it is not."""

import os
import shutil
import subprocess
import sys
import sysconfig

from book import address, notebook, page
from book.edition import editions

import pytest

NAMES = notebook.names()
LINE = address.line(address.stored())
# A kernel as Colab's: everything is installed but our package, which -S leaves out with all that is linked.
KERNEL = f"""
import sys
sys.path[:0] = ["", {sysconfig.get_path("purelib")!r}]
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for cell in sys.argv[1:]:
    shell.run_cell(cell).raise_error()
"""


@pytest.mark.parametrize("name", NAMES)
def test_every_notebook_with_code_begins_with_the_line(name):
    nb = notebook.read(name)
    setups = [cell for cell in nb.cells if notebook.is_setup(cell)]
    assert [cell.source for cell in setups] == [LINE] * bool(notebook.code_cells(nb))
    if setups:
        assert nb.cells.index(setups[0]) == nb.cells.index(notebook.code_cells(nb)[0]) - 1
        assert setups[0].outputs == []
        assert "find_spec" not in page.body(nb)


def test_it_does_nothing_where_the_package_is_installed():
    exec(LINE, {})  # it would ask for get_ipython


def test_no_stranger_can_own_the_address_that_is_not_set(monkeypatch):
    """User names on GitHub have letters, digits and hyphens."""
    assert "_" in address.UNSET.partition("/")[0]
    monkeypatch.setattr(address, "stored", lambda: address.UNSET)
    assert address.published() is None
    monkeypatch.setattr(address, "stored", lambda: "octocat/rmsprop")
    assert address.published() == "octocat/rmsprop"


@pytest.fixture
def project(tmp_path):
    """A copy of the project, as a repository."""
    for name in ("book", "d2l_utils", "notebooks", "tools"):
        shutil.copytree(notebook.ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.lock"):
        shutil.copy(notebook.ROOT / name, tmp_path)
    if not shutil.which("git"):
        pytest.skip("git is not installed")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@localhost", "-C", tmp_path]
    for arguments in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "all"]):
        subprocess.run([*git, *arguments], check=True)
    return tmp_path


def changed(project):
    """The files that differ from those committed."""
    return subprocess.run(
        ["git", "-C", project, "diff", "--name-only"], capture_output=True, text=True, check=True
    ).stdout.split()


def test_one_command_writes_the_address_everywhere(project):
    command = [sys.executable, "-m", "tools.address"]
    subprocess.run(command, cwd=project, env={**os.environ, "D2L_REPOSITORY": ""}, check=True)
    assert changed(project) == []
    subprocess.run(command, cwd=project, env={**os.environ, "D2L_REPOSITORY": "octocat/optimizers"}, check=True)
    named = [name for name in NAMES if notebook.code_cells(notebook.read(name))]
    with_code = [f"{edition.source}/{name}.ipynb" for edition in editions() for name in named]
    assert changed(project) == [*sorted(with_code), "pyproject.toml"]
    texts = [(project / path).read_text(encoding="utf-8") for path in changed(project)]
    assert all("https://github.com/octocat/optimizers" in text for text in texts)
    assert not any(address.UNSET in text for text in texts)


def kernel(folder, repository, *cells):
    """Run cells in an empty folder, where the address on GitHub leads to a repository on this machine."""
    folder.mkdir()
    redirected = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{repository.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": f"https://github.com/{address.stored()}",
    }
    command = [sys.executable, "-S", "-c", KERNEL, *cells]
    return subprocess.run(command, cwd=folder, env={**os.environ, **redirected}, capture_output=True, text=True)


def test_a_notebook_alone_in_an_empty_folder_gets_the_book(project, tmp_path):
    asks = "import d2l_utils; print(d2l_utils.chapters.ROOT, d2l_utils.chapters.NOTEBOOKS)"
    folder = tmp_path / "empty"
    done = kernel(folder, project, LINE, asks, "print(d2l_utils.chapters.definitions('06_rmsprop', 'rmsprop'))")
    assert done.returncode == 0, done.stderr
    clone = folder / address.stored().partition("/")[2]
    assert f"{clone} {clone / 'notebooks'}" in done.stdout
    assert "<function rmsprop" in done.stdout
    assert "fatal" not in done.stdout + done.stderr


def test_a_clone_that_fails_says_so(tmp_path):
    done = kernel(tmp_path / "empty", tmp_path / "nowhere", LINE)
    said = done.stdout + done.stderr
    assert "nowhere' does not appear to be a git repository" in said
    assert "can't open file" in said
