"""How time and memory grow: with rows, features and settings."""

import subprocess
import sys
from time import perf_counter

from d2l_utils import data, runtime, train
from d2l_utils.chapters import ROOT
from d2l_utils.plot.figure import COLOURS, LINES, MARKERS, STYLE, grid

import numpy as np
from matplotlib import rc_context

from .contestants import GAMMA, LR, RMSPROP

REPEATS = 5
ROWS, FEATURES = (500, 1000, 2000, 4000, 8000), (5, 10, 20, 40, 80)
SETTINGS = (64, 256, 1024, 4096, 16384)
# What a sweep leaves at its highest point, in a process of its own: the airfoil data, then 4,096 settings.
PEAK = """
import re
from d2l_utils import data, train
from benchmarks.contestants import RMSPROP, sweep
features, labels = data.airfoil()
def peak():
    return int(re.search("VmHWM: *(.*) kB", open("/proc/self/status", encoding="utf-8").read())[1])
train.compiled(RMSPROP, features, labels)
before = peak()
sweep(4096)(features, labels)
print(peak() - before)
"""


def memory():
    """Megabytes that a sweep over 4,096 settings takes beyond a single run."""
    done = subprocess.run([sys.executable, "-c", PEAK], cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def seconds(run):
    """The median time of a run, after one that compiles."""
    times = []
    for _ in range(REPEATS + 1):
        runtime.seed(1)
        start = perf_counter()
        run()
        times.append(perf_counter() - start)
    return np.median(times[1:])


def regression(num_examples=1500, num_features=5):
    return data.synthetic_regression(num_examples, w=np.ones(num_features))


def stepwise(size):
    return lambda: train.stepwise(RMSPROP, *size, lr=LR, gamma=GAMMA)


def compiled(size):
    return lambda: train.compiled(RMSPROP, *size, lr=LR, gamma=GAMMA)


def swept(num_settings):
    features, labels = regression()
    rates = np.geomspace(1e-4, 1, num_settings)
    return lambda: train.sweep(RMSPROP, features, labels, lr=rates, gamma=GAMMA)


def measure():
    """Lines that tell the slopes on logarithmic axes, and a Figure of the curves."""
    panels = {
        "rows": (ROWS, {f.__name__: [f(regression(n)) for n in ROWS] for f in (stepwise, compiled)}),
        "features": (FEATURES, {f.__name__: [f(regression(1500, d)) for d in FEATURES] for f in (stepwise, compiled)}),
        "settings": (SETTINGS, {"sweep": [swept(n) for n in SETTINGS]}),
    }
    lines = ["| growth with | way | seconds, from the smallest to the largest | slope |", "|---|---|--:|--:|"]
    with rc_context(STYLE):
        figure, places = grid(len(panels), len(panels), 2.4)
        for axes, (what, (sizes, ways)) in zip(places, panels.items()):
            for i, (way, runs) in enumerate(ways.items()):
                times = [seconds(run) for run in runs]
                slope = np.polyfit(np.log(sizes), np.log(times), 1)[0]
                lines.append(f"| {what} | {way} | {', '.join(f'{t:.2g}' for t in times)} | {slope:.2f} |")
                axes.loglog(sizes, times, color=COLOURS[i], linestyle=LINES[i], marker=MARKERS[i], label=way)
            axes.set(xlabel=what, ylabel="time / s")
            axes.legend()
    figure.alt = "Time against the number of rows, features and settings, logarithmic. " + " ".join(lines[2:])
    return lines, figure
