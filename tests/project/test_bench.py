"""The benchmark compares the same work, and tells when a target is missed. Its times are not tested."""

import re

from benchmarks import bench, contestants, mnist
from d2l_utils import parity, runtime
from d2l_utils.chapters import definitions

import numpy as np
import pytest

EVERYBODY = {**contestants.OURS, **contestants.OTHERS, **{name: run for name, (_, run) in contestants.PEERS.items()}}


@pytest.mark.parametrize("name", EVERYBODY)
def test_everybody_does_the_same_work(name, airfoil):
    if name in contestants.PEERS and not parity.available(contestants.PEERS[name][0]):
        pytest.skip("PyTorch or Keras is not installed: nor is Numba")
    losses = []
    for run in (contestants.compiled, EVERYBODY[name]):
        runtime.seed(bench.SEED)
        losses.append(run(*airfoil))
    assert losses[0] == pytest.approx(losses[1], abs=bench.LOSS_TOLERANCE)


def made_up(**changes):
    """Times in which every target is just met: seconds by way, of the slowest first."""
    times = {"d2l 0.8.7, scratch": 100.0, "d2l 0.8.7, Gluon": 64.0, "d2l 1.0.3, PyTorch": 12.0, "NumPy by hand": 1.0}
    times.update({"textbook, scratch": 50.0, "textbook, Gluon": 18.0})
    times.update({"stepwise": 16.0, "gluon": 16.0, "compiled": 1.0, "sweep, 1,024": 1 / 64, "sweep, 4,096": 1 / 90})
    return {name: np.full(3, seconds) for name, seconds in {**times, **changes}.items()}


def missed(times, first_call=99, memory=199, images=None):
    images = images or {mnist.ONE_RUN: [(2.0, 1.0)], mnist.TABLE: [(8.0, 1.0)]}
    return [what for what, _, _, met in bench.verdicts(times, first_call, memory, images) if not met]


def test_targets_are_those_asked_for_and_their_misses_are_told():
    assert missed(made_up()) == []
    assert missed(made_up(stepwise=17.0)) == ["stepwise against d2l 0.8.7, scratch"]
    assert missed(made_up(gluon=16.1)) == ["gluon against d2l 0.8.7, Gluon"]
    assert missed(made_up(**{"textbook, scratch": 50.1})) == ["textbook, scratch against d2l 0.8.7, scratch"]
    assert missed(made_up(**{"textbook, Gluon": 18.3})) == ["textbook, Gluon against d2l 0.8.7, Gluon"]
    assert missed(made_up(**{"NumPy by hand": 0.99})) == ["compiled against NumPy by hand"]
    assert missed(made_up(**{"d2l 1.0.3, PyTorch": 11.9})) == ["compiled against d2l 1.0.3, PyTorch"]
    assert missed(made_up(**{"sweep, 1,024": 1 / 59})) == ["sweep, 1,024 against compiled"]
    assert missed(made_up(**{"sweep, 4,096": 1 / 89})) == ["sweep, 4,096 against compiled"]
    assert missed(made_up(), first_call=101) == ["first call of compiled"]
    assert missed(made_up(), memory=201) == ["extra memory of 4,096 settings"]
    assert missed(made_up(), images={mnist.ONE_RUN: [(1.9, 1.0)], mnist.TABLE: [(8.0, 1.0)]}) == [mnist.ONE_RUN]
    without_torch = {name: times for name, times in made_up().items() if "PyTorch" not in name}
    assert missed(without_torch) == ["compiled against d2l 1.0.3, PyTorch"]


def test_table_has_a_line_for_everybody_the_slowest_first():
    times = made_up()
    lines = list(bench.table(times, dict.fromkeys(times, 0.25)))[2:]
    assert len(lines) == len(times)
    assert lines[0].startswith("| d2l 0.8.7, scratch | 333,333 |")
    assert re.search(r"\| compiled \| .* \| 100 \| 0\.250000 \|", "\n".join(lines))


def test_loop_by_layers_is_softmax_regression():
    """The reference trains: on images that tell their class the loss by layers must fall as ours does."""
    draw = np.random.RandomState(0)
    labels = draw.randint(10, size=640)
    images, one_hot = np.eye(10)[labels] + draw.normal(0, 0.1, (640, 10)), np.eye(10)[labels]
    seen = []

    def rule(x, g, state=(0,)):
        seen.append(np.abs(g).max())
        return x - 5.0 * g, state

    assert mnist.loop_by_layers(images, one_hot, images, one_hot, rule, {}) > 0
    assert len(seen) == 2 * 10
    assert seen[-2] < seen[0]


def test_benchmark_runs_the_chapters_eight_runs():
    labels = [label for label, _, _ in definitions("18_mnist", "eight_runs")()]
    assert len(labels) == 8
    assert "RMSProp" in labels


def test_the_first_tables_leave_what_stands_behind_them(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "README", tmp_path / "README.md")
    bench.README.write_text("<!-- a -->\n<!-- end -->\nwords\n<!-- b -->\nold\n<!-- end -->\n", encoding="utf-8")
    bench.store(["new"], "a")
    after = bench.README.read_text(encoding="utf-8")
    assert after == "<!-- a -->\nnew\n<!-- end -->\nwords\n<!-- b -->\nold\n<!-- end -->\n"


def test_tables_are_stored_in_the_place_of_the_last_ones(tmp_path, monkeypatch):
    before = bench.README.read_text(encoding="utf-8")
    monkeypatch.setattr(bench, "README", tmp_path / "README.md")
    bench.README.write_text(before, encoding="utf-8")
    bench.store(["today", "", r"| a\1 | 2 |"])
    after = bench.README.read_text(encoding="utf-8")
    head, _, rest = before.partition("<!-- measured -->\n")
    assert after == head + "<!-- measured -->\ntoday\n\n| a\\1 | 2 |\n<!-- end -->" + rest.partition("<!-- end -->")[2]
