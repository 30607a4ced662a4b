"""Our loops beside those of d2l 0.8.7, interleaved in one run: `make bench`.

The task is the textbook's: RMSProp on the airfoil data, 2 epochs of 150 steps, 31 recorded losses. A ratio is
taken within each round, so that what else the machine does falls on both sides; its median is the result.
"""

import contextlib
import gc
import io
import re
import statistics
import sys
from time import perf_counter

from d2l_utils import data, runtime, train
from d2l_utils.chapters import definitions

import d2l
from mxnet import nd

ROUNDS, SEED, STEPS = 15, 1, 300
# In float32, two orders of the same sums part by less than this after 300 steps.
LOSS_TOLERANCE = 2e-6
TARGETS = {"stepwise": 5.0, "gluon": 3.5}  # how many times faster than the textbook's loops, at least


class _NoPicture:
    """In the place of pyplot: the loops are compared, not the drawing."""

    def __getattr__(self, name):
        return lambda *args, **kwargs: None


RMSPROP, RMSPROP_IN_PLACE = definitions("05_rmsprop", "rmsprop", "rmsprop_in_place")


def textbook_loss(loop, *args):
    """Run one of d2l's loops and read the final loss from what it prints."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        loop(*args)
    return float(re.search(r"loss: ([\d.]+)", printed.getvalue())[1])


def contestants(features, labels):
    """What is compared: name -> (our run, their run); each returns its final loss."""
    gluon_settings = {"learning_rate": 0.01, "gamma1": 0.9, "epsilon": 1e-6}

    def states():
        return nd.zeros((features.shape[1], 1)), nd.zeros(1)

    return {
        "stepwise": (
            lambda: train.stepwise(RMSPROP, features, labels, lr=0.01, gamma=0.9).losses[-1],
            lambda: textbook_loss(
                d2l.train_ch7, RMSPROP_IN_PLACE, states(), {"lr": 0.01, "gamma": 0.9}, features, labels
            ),
        ),
        "gluon": (
            lambda: train.gluon("rmsprop", features, labels, **gluon_settings).losses[-1],
            lambda: textbook_loss(d2l.train_gluon_ch7, "rmsprop", dict(gluon_settings), features, labels),
        ),
    }


def timed(run):
    """Seconds and final loss of one run, from the same seed, its recorded losses included."""
    runtime.seed(SEED)
    nd.waitall()
    gc.collect()  # what the run before left behind is not this one's to clear
    start = perf_counter()
    loss = run()
    nd.waitall()
    return perf_counter() - start, loss


def main():
    d2l.utils.plt, d2l.utils.set_figsize = _NoPicture(), lambda *args: None
    features, labels = data.airfoil()
    runs = contestants(features, labels)
    times = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, (ours, theirs) in runs.items():
            (our_time, our_loss), (their_time, their_loss) = timed(ours), timed(theirs)
            if abs(our_loss - their_loss) > LOSS_TOLERANCE:
                sys.exit(f"{name}: our loss is {our_loss:.7f}, theirs {their_loss:.7f}: not the same work")
            times[name].append((our_time, their_time))
    print(f"{'loop':10} {'ours':>10} {'d2l 0.8.7':>10} {'ratio':>7} {'quartiles':>14} {'target':>7}")
    missed = False
    for name, pairs in times.items():
        ours, theirs = (statistics.median(column) / STEPS * 1e6 for column in zip(*pairs))
        low, ratio, high = statistics.quantiles([their / our for our, their in pairs], n=4)
        missed |= ratio < TARGETS[name]
        spread = f"{low:.1f} to {high:.1f}"
        print(f"{name:10} {ours:7.0f} µs {theirs:7.0f} µs {ratio:6.1f}x {spread:>14} {TARGETS[name]:6.1f}x")
    sys.exit("a target was missed" if missed else 0)


if __name__ == "__main__":
    main()
