"""One command, one table: our ways of running a rule beside everybody else's, interleaved in one run.

`make bench` prints the tables, stores them in benchmarks/README.md and, with pictures, in _build/bench/. It fails
where a target is missed or where the contestants do not end at the same loss.
"""

import gc
import os
import platform
import re
import statistics
import sys
import types
from datetime import date
from pathlib import Path
from time import perf_counter

from book.writing import write
from d2l_utils import data, plot, runtime, train
from d2l_utils.chapters import ROOT

import numpy as np
from mxnet import nd

from . import contestants, growth, mnist

OUTPUT = ROOT / "_build" / "bench"
README = ROOT / "benchmarks" / "README.md"
ROUNDS, SEED, STEPS = 15, 1, 300
AT_LEAST = 0.05  # seconds; what is faster runs several times in each round, and its fastest run counts
# In float32, two orders of the same sums part by less than this after 300 steps.
LOSS_TOLERANCE = 2e-6
TARGETS = [  # ours, theirs, how many times faster ours is to be
    ("stepwise", "d2l 0.8.7, scratch", 6),
    ("gluon", "d2l 0.8.7, Gluon", 4),
    ("textbook, scratch", "d2l 0.8.7, scratch", 2),
    ("textbook, Gluon", "d2l 0.8.7, Gluon", 3.5),
    ("compiled", "d2l 0.8.7, scratch", 100),
    ("compiled", "NumPy by hand", 1),
    ("compiled", "d2l 1.0.3, PyTorch", 12),
    ("sweep, 1,024", "compiled", 60),
    ("sweep, 4,096", "compiled", 90),
]
COMPILING, MEMORY = 100, 200  # ms of a first call and MB of a sweep over 4,096 settings, at most


def timed(run, features, labels):
    """Seconds of one run, the fastest of a few where it is short, and its final loss."""
    times = []
    while sum(times) < AT_LEAST:
        runtime.seed(SEED)
        nd.waitall()
        start = perf_counter()
        loss = run(features, labels)
        nd.waitall()
        times.append(perf_counter() - start)
    return min(times), loss


def measure(features, labels):
    """name -> seconds for one run of 300 steps, one for each round; and name -> final loss."""
    runs = contestants.contestants()
    times, losses = {name: [] for name in runs}, {}
    for run in runs.values():
        run(features, labels)  # compiles what there is to compile
    gc.freeze()  # each Gluon DataLoader collects garbage: what the others' packages hold is not its to search
    for _ in range(ROUNDS):
        for name, run in runs.items():
            gc.collect()  # what the run before left behind is not this one's to clear
            seconds, losses[name] = timed(run, features, labels)
            times[name].append(seconds / contestants.SETTINGS.get(name, 1))
    return {name: np.array(column) for name, column in times.items()}, losses


def compiling(features, labels):
    """Milliseconds of a first call of compiled: the median over rules that it has not seen."""
    times = []
    for _ in range(5):
        fresh = types.FunctionType(contestants.RMSPROP.__code__, contestants.RMSPROP.__globals__, "rmsprop")
        fresh.__defaults__ = contestants.RMSPROP.__defaults__
        start = perf_counter()
        train.compiled(fresh, features, labels, lr=contestants.LR, gamma=contestants.GAMMA)
        times.append(perf_counter() - start)
    return statistics.median(times) * 1e3


def table(times, losses):
    """The measurements as lines of Markdown."""
    base = times["d2l 0.8.7, scratch"]
    yield "| way | µs per step | quartiles | times as fast as d2l 0.8.7 | final loss |"
    yield "|---|--:|--:|--:|--:|"
    for name, seconds in sorted(times.items(), key=lambda item: -np.median(item[1])):
        low, middle, high = np.quantile(seconds, [0.25, 0.5, 0.75]) / STEPS * 1e6
        ratio = np.median(base / seconds)
        yield f"| {name} | {short(middle)} | {short(low)} to {short(high)} | {short(ratio)} | {losses[name]:.6f} |"


def short(number):
    """Three digits, or all that stand before the point."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


def verdicts(times, first_call, memory, images):
    """(what, measured, target, met) for everything that has a target."""
    for ours, theirs, target in TARGETS:
        if theirs not in times:
            yield f"{ours} against {theirs}", "not installed: make peers", f"{target}x", False
            continue
        ratio = np.median(times[theirs] / times[ours])
        yield f"{ours} against {theirs}", f"{ratio:.3g}x", f"{target}x", ratio >= target
    for what, pairs in images.items():
        theirs, ours = np.transpose(pairs) * 1e6
        ratio, target = np.median(theirs / ours), mnist.TARGETS[what]
        measured = f"{ratio:.3g}x ({np.median(theirs):.0f} against {np.median(ours):.0f} µs)"
        yield what, measured, f"{target}x", ratio >= target
    yield "first call of compiled", f"{first_call:.0f} ms", f"{COMPILING} ms", first_call < COMPILING
    yield "extra memory of 4,096 settings", f"{memory:.0f} MB", f"{MEMORY} MB", memory < MEMORY


def machine():
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))[1]
    threads = f"{os.cpu_count()} cores, one arithmetic thread"
    return f"{date.today()}, {model}, {threads}, Python {platform.python_version()}"


def store(report, mark="measured"):
    """Put tables into benchmarks/README.md, in the place of those of the last run, behind their mark."""
    tables = "\n".join(report) + "\n"
    place = re.compile(rf"(?<=<!-- {mark} -->\n).*?(?=<!-- end -->)", re.DOTALL)
    before = README.read_text(encoding="utf-8")
    write(README, place.sub(lambda _: tables, before, count=1))  # where nothing stands yet it would go on behind it


def main():
    features, labels = data.airfoil()
    times, losses = measure(features, labels)
    apart = {name: loss for name, loss in losses.items() if abs(loss - losses["compiled"]) > LOSS_TOLERANCE}
    if apart:
        sys.exit(f"not the same work: compiled ends at {losses['compiled']:.7f}, but {apart}")
    checked = list(verdicts(times, compiling(features, labels), growth.memory(), mnist.measure()))
    report = [machine(), "", *table(times, losses), "", "| what | measured | target |", "|---|--:|--:|"]
    report += [f"| {what} | {got}{'' if met else ' (missed)'} | {target} |" for what, got, target, met in checked]
    print("\n".join(report))
    store(report)
    slopes, picture = growth.measure()
    print("", *slopes, sep="\n")
    write(OUTPUT / "table.md", "\n".join([*report, "", *slopes]) + "\n")
    write(OUTPUT / "growth.svg", picture.svg())
    rows = [
        (name, "ours" if name in contestants.OURS else "others", *np.quantile(t, [0.5, 0.25, 0.75]) / STEPS * 1e6)
        for name, t in times.items()
    ]
    write(OUTPUT / "speed.svg", plot.marks(rows, "time per step / µs").svg())
    print(f"\nThe tables are in {README.relative_to(ROOT)}, the pictures in {OUTPUT.relative_to(ROOT)}")
    sys.exit(0 if all(met for *_, met in checked) else "a target was missed")


if __name__ == "__main__":
    main()
