"""Outputs are current as long as nothing changes that they rest on."""

from book import notebook, outputs
from d2l_utils import chapters, optax

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook


def write(folder, name, *sources, tags=()):
    cells = [new_markdown_cell(f"# {name}"), *(new_code_cell(s, metadata={"tags": list(tags)}) for s in sources)]
    notebook.write(new_notebook(cells=cells), name, folder)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two notebooks; the second takes a definition of the first, and compares with a peer."""
    monkeypatch.setattr(chapters, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(notebook, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(notebook.read, "__defaults__", (tmp_path,))
    monkeypatch.setattr(outputs, "_version", lambda peer: "1.0")
    write(tmp_path, "first", "def rule():\n    pass")
    write(tmp_path, "second", 'rule = definitions("first", "rule")', 'parity.available("torch")')
    return tmp_path


def changed(name, change):
    """Whether a change gives a notebook another key."""
    before = outputs.key(name)
    assert outputs.key(name) == before
    change()
    return outputs.key(name) != before


def test_code_and_tags_of_what_it_rests_on_count(folder):
    assert changed("second", lambda: write(folder, "first", "def rule():\n    return 1"))
    assert changed("second", lambda: write(folder, "first", "def rule():\n    return 1", tags=["timing"]))
    assert not changed("first", lambda: write(folder, "second", "print(1)"))


def test_a_peer_of_another_version_counts_where_it_is_compared_with(folder, monkeypatch):
    def upgrade(version):
        monkeypatch.setattr(outputs, "_version", lambda peer: version)

    assert changed("second", lambda: upgrade("2.0"))
    assert not changed("first", lambda: upgrade("3.0"))


def test_every_file_of_the_package_counts(folder, tmp_path, monkeypatch):
    package = tmp_path / "d2l_utils" / "deep"
    package.mkdir(parents=True)
    (tmp_path / "requirements.lock").write_text("", encoding="utf-8")
    monkeypatch.setattr(outputs, "ROOT", tmp_path)
    for name in ("module.py", "facts.json"):
        assert changed("first", lambda path=package / name: path.write_text("1", encoding="utf-8"))
    assert not changed("first", lambda: (package / "page.css").write_text("1", encoding="utf-8"))


def test_what_has_a_module_of_its_own_is_a_peer_too():
    asked = [new_code_cell("if optax.available() and scale.available():"), new_code_cell('parity.available("torch")')]
    assert notebook.peers(asked) == ["distributed", "optax", "torch"]


def test_optax_has_its_version_where_it_is_installed():
    assert (outputs._version("optax") != "not installed") == (optax.FOLDER / "optax").is_dir()


def test_version_of_a_package():
    assert outputs._version("no_such_package") == "not installed"
    assert outputs._version("numpy")[0].isdigit()
