"""The stored table of long MNIST runs fits the chapter's definitions, and its maker resumes what was stopped."""

import fcntl
import itertools
import os
import re
import struct
import termios

from d2l_utils import train
from d2l_utils.fast.run import Run
from tools import mnist_full

import pytest
from mxnet import nd


@pytest.fixture
def table(tmp_path, monkeypatch):
    """Tables of its own, and in the place of training a list of what was trained."""
    trained = []

    def train(protocol, labels, seeds):
        trained.append((protocol, labels, [*seeds]))
        points = [point for point in mnist_points if protocol == "published" and int(point["seed"]) in seeds]
        found = [row for row in mnist_rows if row["protocol"] == protocol and int(row["seed"]) in seeds]
        return [row for row in found if row["optimizer"] in labels], points

    mnist_rows, mnist_points = mnist_full.stored(), mnist_full.read(mnist_full.CURVES)
    monkeypatch.setattr(mnist_full, "TABLE", tmp_path / "table.csv")
    monkeypatch.setattr(mnist_full, "CURVES", tmp_path / "curves.csv")
    monkeypatch.setattr(mnist_full, "train", train)
    monkeypatch.setattr(mnist_full.os, "cpu_count", lambda: 2)
    monkeypatch.setenv("D2L_OFFLINE", "0")
    return mnist_rows, mnist_points, trained


def keep(rows):
    mnist_full.save(mnist_full.TABLE, mnist_full.COLUMNS, rows)


def test_every_run_of_the_chapter_is_stored_once_with_all_its_knobs():
    expected = list(itertools.product(mnist_full.PROTOCOLS, mnist_full.LABELS, map(str, mnist_full.SEEDS)))
    assert [(row["protocol"], row["optimizer"], row["seed"]) for row in mnist_full.stored()] == expected


def test_the_curves_have_their_ends_and_what_the_table_says():
    points = {}
    for point in mnist_full.read(mnist_full.CURVES):
        points.setdefault((point["optimizer"], point["seed"]), []).append(point)
    assert set(points) == set(itertools.product(mnist_full.LABELS, map(str, mnist_full.SEEDS)))
    for row in mnist_full.stored():
        if row["protocol"] == mnist_full.DRAWN:
            curve = points[row["optimizer"], row["seed"]]
            epochs = [int(point["epoch"]) for point in curve]
            assert epochs == sorted(set(epochs))
            assert (epochs[0], 938 * epochs[-1]) == (1, int(row["steps"]))
            assert (curve[-1]["loss"], curve[-1]["accuracy"]) == (row["loss"], row["accuracy"])
            assert len(curve) <= mnist_full.MOST_POINTS + 3
    assert mnist_full.CURVES.stat().st_size < 300_000


def test_a_thinned_curve_keeps_its_ends_and_its_best():
    run = Run("SGD", 3)
    for i in range(1000):
        best = i == 501
        run.record(938, 2.0 - 1.5 * best, 1.0 - 0.5 * best, 0.5 + 0.25 * best, seconds=1.0)
    rows = mnist_full.thinned(run)
    assert [rows[0]["epoch"], rows[-1]["epoch"]] == [1, 1000]
    assert {"optimizer": "SGD", "seed": 3, "epoch": 502, "batch_loss": "0.500000", "loss": "0.500000",
            "accuracy": "0.7500"} in rows  # fmt: skip
    assert 80 <= len(rows) <= 83


def test_runs_that_the_chapter_has_changed_do_not_count_as_stored(monkeypatch):
    monkeypatch.setattr(
        mnist_full, "RUNS", [(k, r, {**h, "lr": 0.5} if k == "Adam" else h) for k, r, h in mnist_full.RUNS]
    )
    assert {row["optimizer"] for row in mnist_full.stored()} == {*mnist_full.LABELS} - {"Adam"}
    assert mnist_full.missing("linear") == {"Adam": [*mnist_full.SEEDS]}


def test_defaults_are_among_the_knobs():
    def rule(x, g, state=(), lr=0.1, eps=1e-6):
        return x, state

    assert mnist_full.described(rule, {"lr": 2.0}) == "rule(lr=2, eps=1e-06)"


def test_a_run_that_was_stopped_is_resumed(table):
    rows, points, trained = table
    keep([row for row in rows if row["protocol"] == "today" or row["seed"] in "13"])
    mnist_full.main()
    everything = mnist_full.LABELS
    assert trained == [
        (protocol, everything, seeds) for protocol in ("published", "linear") for seeds in ([0, 2], [4])
    ]
    assert mnist_full.stored() == rows
    assert mnist_full.read(mnist_full.CURVES) == [point for point in points if point["seed"] in "024"]
    mnist_full.main()
    assert len(trained) == 4


def test_only_the_missing_rules_are_trained(table):
    rows, _, trained = table
    keep([row for row in rows if row["optimizer"] != "Adam" or row["protocol"] != "linear"])
    mnist_full.main()
    assert trained == [("linear", ["Adam"], seeds) for seeds in ([0, 1], [2, 3], [4])]
    assert mnist_full.stored() == rows


def test_a_bar_is_shown_in_a_terminal_alone(table, monkeypatch, capsys):
    rows, _, _ = table
    mnist_full.main()
    assert capsys.readouterr().err == ""
    keep([row for row in rows if row["protocol"] != "linear"])
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
    assert not table[2]


@pytest.mark.parametrize("protocol", ["published", "linear"])
def test_a_stored_run_comes_out_again(mnist, protocol):
    images, labels, test_images, test_labels = map(nd.array, mnist)
    arrays = images, labels.astype("int32"), test_images, test_labels.astype("int32")
    label = "SGD, large"  # the shortest
    runs = [run for run in mnist_full.RUNS if run[0] == label]
    (run,) = train.lockstep(runs, *arrays, seeds=[0], num_epochs=40, **mnist_full.PROTOCOLS[protocol])[label]
    row = next(r for r in mnist_full.stored() if (r["optimizer"], r["protocol"], r["seed"]) == (label, protocol, "0"))
    # Another processor sums in another order; an accuracy at the mark may then fall on its other side.
    assert run.steps[-1] == pytest.approx(int(row["steps"]), abs=2 * 938)
    assert run.reason == row["reason"]
    assert run.losses[-1] == pytest.approx(float(row["loss"]), rel=0.01)
    assert run.accuracies[-1] == pytest.approx(float(row["accuracy"]), abs=0.003)
