"""The stored table of the contest fits the chapter's definitions, and its maker resumes what was stopped."""

import re
import subprocess

from d2l_utils.chapters import ROOT
from tools import contest

import pytest


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table of its own, and in the place of training a list of what was trained."""
    trained = []

    def run(_, part):
        trained.append(part)
        return [row for row in rows if (row["problem"], row["optimizer"]) == part]

    rows = contest.stored()
    monkeypatch.setattr(contest, "TABLE", tmp_path / "table.csv")
    monkeypatch.setattr(contest, "run", run)
    monkeypatch.setattr(contest.os, "cpu_count", lambda: 1)
    monkeypatch.setenv("D2L_OFFLINE", "0")
    return rows, trained


def test_every_part_is_stored_once_and_its_best_try_entered_the_final():
    by_part = {}
    for row in contest.stored():
        by_part.setdefault((row["problem"], row["optimizer"]), []).append(row)
    assert list(by_part) == contest.PARTS
    for rows in by_part.values():
        tries = [row for row in rows if row["kind"] == "try"]
        final = [row for row in rows if row["kind"] == "final"]
        assert [row["factor"] for row in tries] == [f"{factor:.4f}" for factor in contest.FACTORS]
        assert [row["seed"] for row in final] == ["1", "2", "3", "4", "5"]
        best = min(tries, key=lambda row: float(row["loss"]))
        assert {row["factor"] for row in final} == {best["factor"]}
    assert contest.TABLE.stat().st_size < 100_000


def test_runs_that_the_chapter_has_changed_do_not_count_as_stored(monkeypatch):
    monkeypatch.setitem(contest.RULES, "Lion", "lion(lr=7)")
    assert contest.missing() == [(problem, "Lion") for problem in contest.PROBLEMS]


def test_only_what_is_missing_is_run(table):
    rows, trained = table
    lost = [("adding", "Adam"), ("softmax", "SOAP")]
    contest.save(row for row in rows if (row["problem"], row["optimizer"]) not in lost)
    contest.main()
    assert trained == lost
    assert contest.stored() == rows
    contest.main()
    assert len(trained) == 2


def test_stand_in_data_are_refused(table, monkeypatch):
    monkeypatch.setenv("D2L_OFFLINE", "1")
    with pytest.raises(SystemExit, match="D2L_OFFLINE=1"):
        contest.main()
    assert not table[1]


def test_a_part_is_a_row_for_each_run(monkeypatch):
    monkeypatch.setattr(contest, "definitions", lambda *_: lambda problem, name: ([0.5, 0.25], 3.0, [0.1] * 5))
    rows = contest.run(None, ("adding", "Adam"))
    assert [(row["kind"], row["seed"], row["loss"]) for row in rows[:3]] == [
        ("try", 0, "0.5"), ("try", 0, "0.25"), ("final", 1, "0.1")
    ]  # fmt: skip
    assert len(rows) == 7
    assert {row["rule"] for row in rows} == {contest.RULES["Adam"]}


def test_make_full_runs_the_makers_of_all_tables():
    done = subprocess.run(["make", "-n", "full"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert re.findall(r"-m (tools\.\w+)", done.stdout)[-3:] == ["tools.contest", "tools.mnist_full", "tools.million"]
