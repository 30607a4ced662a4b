"""Lockstep beside a training loop as small teaching frameworks have it: chapter 14's runs on MNIST."""

from time import perf_counter

from d2l_utils import data, lockstep
from d2l_utils.chapters import definitions

import numpy as np

ROUNDS, NUM_EPOCHS, BATCH_SIZE = 3, 5, 64
NUM_SEEDS = 5
ONE_RUN, TABLE = "one RMSProp run on MNIST, against a loop by layers", "8 runs x 5 seeds in lockstep, per run and step"
TARGETS = {ONE_RUN: 2, TABLE: 8}


def loop_by_layers(images, labels, rule, knobs):
    """Seconds per step of one epoch: a layer with a ReLU, a loss and an optimizer that know nothing of each other.

    Everything is float64, as NumPy has it by default, the images are not shuffled, and nothing is validated or
    printed: what a loop of this kind cannot do without.
    """
    draw = np.random.RandomState(0)
    params = [draw.uniform(-0.1, 0.1, (images.shape[1], 10)), np.zeros(10)]
    states = [tuple(np.zeros_like(x) for _ in rule.__defaults__[0]) for x in params]
    start, steps = perf_counter(), range(0, len(images), BATCH_SIZE)
    for i in steps:
        X, y = images[i : i + BATCH_SIZE], labels[i : i + BATCH_SIZE]
        z = X @ params[0] + params[1]
        dead = z <= 0
        z[dead] = 0
        e = np.exp(z)
        p = e / e.sum(axis=1, keepdims=True)
        (-y * np.log(p + 1e-12)).sum(axis=1).mean()  # the loss, which such a loop reports at each step
        g = (p - y) / len(y)
        g[dead] = 0
        grads = [X.T @ g, g.sum(axis=0)]
        g @ params[0].T  # the layer does not know that it is the first
        for j, (x, grad, state) in enumerate(zip(params, grads, states)):
            params[j], states[j] = rule(x, grad, state, **knobs)
    return (perf_counter() - start) / len(steps)


def measure():
    """what -> (seconds per step of the loop, of ours per run and step), one pair for each round; validation counts."""
    arrays = data.mnist()
    images, one_hot = arrays[0].asnumpy().astype(float), np.eye(10)[arrays[1].asnumpy()]
    runs = definitions("14_mnist", "eight_runs")()
    (rmsprop,) = [run for run in runs if run[0] == "RMSProp"]
    steps = NUM_EPOCHS * -(-len(images) // BATCH_SIZE)
    pairs = {ONE_RUN: [], TABLE: []}
    for _ in range(ROUNDS):
        theirs = min(loop_by_layers(images, one_hot, *rmsprop[1:]) for _ in range(3))
        (single,) = lockstep.train([rmsprop], *arrays, relu=True, seeds=[0], num_epochs=NUM_EPOCHS)["RMSProp"]
        pairs[ONE_RUN].append((theirs, single.seconds[-1] / steps))
        start = perf_counter()
        lockstep.train(runs, *arrays, relu=True, seeds=range(NUM_SEEDS), num_epochs=NUM_EPOCHS)
        pairs[TABLE].append((theirs, (perf_counter() - start) / (steps * len(runs) * NUM_SEEDS)))
    return pairs
