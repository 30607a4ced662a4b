"""The stored table of long MNIST runs fits the chapter's definitions, and its maker resumes what was stopped."""

import fcntl
import itertools
import os
import re
import struct
import termios

from d2l_utils import train
from tools import mnist_full

import pytest
from mxnet import nd


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A table of its own, and in the place of training a list of what was trained."""
    trained = []

    def train(output, seeds):
        trained.append((output, [*seeds]))
        return [row for row in mnist_rows if row["output"] == output and int(row["seed"]) in seeds]

    mnist_rows = mnist_full.stored()
    monkeypatch.setattr(mnist_full, "TABLE", tmp_path / "table.csv")
    monkeypatch.setattr(mnist_full, "train", train)
    monkeypatch.setattr(mnist_full.os, "cpu_count", lambda: 2)
    monkeypatch.setenv("D2L_OFFLINE", "0")
    return mnist_rows, trained


def test_every_run_of_the_chapter_is_stored_once_with_all_its_knobs():
    labels = [label for label, *_ in mnist_full.RUNS]
    expected = list(itertools.product(mnist_full.OUTPUTS, labels, map(str, mnist_full.SEEDS)))
    assert [(row["output"], row["optimizer"], row["seed"]) for row in mnist_full.stored()] == expected


def test_runs_that_the_chapter_has_changed_do_not_count_as_stored(monkeypatch):
    monkeypatch.setattr(
        mnist_full, "RUNS", [(k, r, {**h, "lr": 0.5} if k == "Adam" else h) for k, r, h in mnist_full.RUNS]
    )
    assert {row["optimizer"] for row in mnist_full.stored()} == {label for label, *_ in mnist_full.RUNS} - {"Adam"}
    assert mnist_full.missing(mnist_full.stored(), "ReLU") == [*mnist_full.SEEDS]


def test_defaults_are_among_the_knobs():
    def rule(x, g, state=(), lr=0.1, eps=1e-6):
        return x, state

    assert mnist_full.described(rule, {"lr": 2.0}) == "rule(lr=2, eps=1e-06)"


def test_a_run_that_was_stopped_is_resumed(table):
    rows, trained = table
    mnist_full.save([row for row in rows if row["output"] == "ReLU" and row["seed"] in "13"])
    mnist_full.main()
    assert trained == [("ReLU", [0, 2]), ("ReLU", [4]), ("linear", [0, 1]), ("linear", [2, 3]), ("linear", [4])]
    assert mnist_full.stored() == rows
    mnist_full.main()
    assert len(trained) == 5


def test_a_bar_is_shown_in_a_terminal_alone(table, monkeypatch, capsys):
    rows, _ = table
    mnist_full.main()
    assert capsys.readouterr().err == ""
    mnist_full.save([row for row in rows if row["output"] == "ReLU"])
    ours, theirs = os.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 30, 100, 0, 0))  # lines, columns, pixels
    with open(theirs, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr(mnist_full.sys, "stderr", terminal)
        mnist_full.main()
        shown = os.read(ours, 10_000).decode()
    os.close(ours)
    assert re.search(r"[1-5]/5 \[\d\d:\d\d<\d\d:\d\d, ", shown)  # the time so far and the time left


def test_stand_in_data_are_refused(table, monkeypatch):
    monkeypatch.setenv("D2L_OFFLINE", "1")
    with pytest.raises(SystemExit, match="D2L_OFFLINE=1"):
        mnist_full.main()
    assert not table[1]


def test_a_stored_run_comes_out_again(mnist):
    images, labels, test_images, test_labels = map(nd.array, mnist)
    arrays = images, labels.astype("int32"), test_images, test_labels.astype("int32")
    label = "SGD, large"  # the shortest
    runs = [run for run in mnist_full.RUNS if run[0] == label]
    (run,) = train.lockstep(runs, *arrays, seeds=[0], num_epochs=40)[label]
    row = next(r for r in mnist_full.stored() if (r["optimizer"], r["output"], r["seed"]) == (label, "linear", "0"))
    # Another processor sums in another order; an accuracy at the mark may then fall on its other side.
    assert run.steps[-1] == pytest.approx(int(row["steps"]), abs=2 * 938)
    assert run.reason == row["reason"]
    assert run.losses[-1] == pytest.approx(float(row["loss"]), rel=0.01)
