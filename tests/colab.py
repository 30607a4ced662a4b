"""Runs chapters as Colab and Kaggle do: each alone in an empty folder, in a kernel without the book. `make colab`.

What the first cell clones is this repository's last commit. Needs Python 3.13 and a package index: a minute or two.
"""

import subprocess
import sys
from functools import cache
from shutil import copy

from book import address, notebook
from book.compare import TIMING, as_text, differences
from d2l_utils.data import files

import pytest
from nbclient import NotebookClient

# What Colab had installed in the autumn of 2026, as far as the chapters use it.
COLAB = (
    *("numpy==2.1.3", "scipy==1.16.3", "scikit-learn==1.6.1", "matplotlib==3.10.0"),
    *("ipython==7.34.0", "ipykernel==6.17.1", "jupyter-client==7.4.9", "tornado==6.5.1"),
    *("requests==2.32.4", "tqdm==4.67.1", "ipywidgets==7.7.1", "pooch==1.8.2", "setuptools==75.2.0"),
)
BARE = ("ipykernel",)  # a reader's own Jupyter
MACHINES = {"colab": ("3.13", COLAB), "bare": ("3.11", BARE)}  # the Python of each, and what is installed
TIME_LIMIT = 600  # seconds for one notebook, its installation included


@pytest.fixture(scope="module")
def kernel():
    """Makes an environment with a kernel of its name, in which the book is not installed."""

    @cache
    def make(name):
        version, packages = MACHINES[name]
        found = [sys.executable, "-m", "uv", "python", "find", "--system", version]
        folder = notebook.BUILD / name
        python = folder / "bin" / "python"
        for command in (
            [subprocess.check_output(found, text=True).strip(), "-m", "venv", "--clear", folder],
            [python, "-m", "pip", "install", "--quiet", *packages],
            [python, "-m", "ipykernel", "install", "--prefix", folder, "--name", name],
        ):
            subprocess.run(command, check=True)
        return folder / "share" / "jupyter"

    return make


def said(cell):
    """A cell's outputs as texts, without the word that data are fetched: the stored ones come from a later run."""
    return [text for text in map(as_text, cell.outputs) if "Downloading data from" not in text]


@pytest.mark.parametrize(
    ("machine", "chapter"),
    [
        ("colab", "06_rmsprop"),
        ("colab", "07_rmsprop_linear_regression"),
        ("colab", "11_adam"),
        ("bare", "06_rmsprop"),
    ],
)
def test_a_chapter_alone_gives_its_stored_outputs(machine, chapter, kernel, airfoil, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("JUPYTER_PATH", str(kernel(machine)))
    monkeypatch.setenv("D2L_DATA_MIRROR", str(files.DATA))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{notebook.ROOT.as_uri()}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", f"https://github.com/{address.stored()}")
    copy(notebook.NOTEBOOKS / f"{chapter}.ipynb", tmp_path)
    stored, nb = (notebook.read(chapter, folder) for folder in (notebook.NOTEBOOKS, tmp_path))
    settings = {"timeout": TIME_LIMIT, "coalesce_streams": True, "resources": {"metadata": {"path": str(tmp_path)}}}
    NotebookClient(nb, kernel_name=machine, **settings).execute()
    pairs = list(zip(notebook.code_cells(stored), notebook.code_cells(notebook.cleaned(nb))))
    timed = [TIMING in old.metadata.get("tags", []) for old, _ in pairs]
    comparable = [pair for pair, varies in zip(pairs, timed) if not varies and not notebook.peers(pair)]
    texts = [[said(cell) for cell in pair] for pair in comparable]
    with capsys.disabled():
        same = sum(old == new for old, new in texts)
        print(f"\n{machine}, {chapter}: {same} of {len(pairs)} cells gave the same to the letter", end=" ")
    for old, new in texts:
        assert len(old) == len(new), (old, new)
        assert [differences(*outputs) for outputs in zip(old, new)] == [[]] * len(old)
