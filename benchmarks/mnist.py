"""Lockstep beside a training loop as small teaching frameworks have it: chapter 18's runs on MNIST."""

from time import perf_counter

from d2l_utils import data, train
from d2l_utils.chapters import definitions
from d2l_utils.rules import first_state

import numpy as np

ROUNDS, NUM_EPOCHS, BATCH_SIZE = 3, 5, 64
NUM_SEEDS = 5
ONE_RUN, TABLE = "one RMSProp run on MNIST, against a loop by layers", "8 runs x 5 seeds in lockstep, per run and step"
TARGETS = {ONE_RUN: 2, TABLE: 8}


def loop_by_layers(images, labels, test_images, test_labels, rule, knobs):
    """Seconds per step of one epoch: a layer with a ReLU, a loss and an optimizer that know nothing of each other.

    Everything is float64, as NumPy has it by default. As in lockstep, the images are shuffled, and the test images
    validate the epoch; nothing is printed.
    """
    draw = np.random.RandomState(0)
    params = [draw.uniform(-0.1, 0.1, (images.shape[1], 10)), np.zeros(10)]
    states = [tuple(np.zeros_like(x) for _ in first_state(rule)) for x in params]
    start, order = perf_counter(), draw.permutation(len(images))
    steps = range(0, len(images), BATCH_SIZE)
    for i in steps:
        rows = order[i : i + BATCH_SIZE]
        X, y = images[rows], labels[rows]
        z, p = forward(X, params)
        loss(p, y)  # such a loop reports it at each step
        g = (p - y) / len(y) * (z > 0)
        grads = [X.T @ g, g.sum(axis=0)]
        g @ params[0].T  # the layer does not know that it is the first
        for j, (x, grad, state) in enumerate(zip(params, grads, states)):
            params[j], states[j] = rule(x, grad, state, **knobs)
    for i in range(0, len(test_images), BATCH_SIZE):
        _, p = forward(test_images[i : i + BATCH_SIZE], params)
        loss(p, test_labels[i : i + BATCH_SIZE])
    return (perf_counter() - start) / len(steps)


def forward(X, params):
    """The outputs of the layer, and their softmax."""
    z = np.maximum(X @ params[0] + params[1], 0)
    e = np.exp(z)
    return z, e / e.sum(axis=1, keepdims=True)


def loss(p, y):
    return (-y * np.log(p + 1e-12)).sum(axis=1).mean()


def measure():
    """what -> (seconds per step of the loop, of ours per run and step), one pair for each round; validation counts."""
    arrays = data.mnist()
    images, test_images = (array.asnumpy().astype(float) for array in arrays[::2])
    labels, test_labels = (np.eye(10)[array.asnumpy()] for array in arrays[1::2])
    runs = definitions("18_mnist", "eight_runs")()
    (rmsprop,) = [run for run in runs if run[0] == "RMSProp"]
    steps = NUM_EPOCHS * -(-len(images) // BATCH_SIZE)
    pairs = {ONE_RUN: [], TABLE: []}
    for _ in range(ROUNDS):
        theirs = min(loop_by_layers(images, labels, test_images, test_labels, *rmsprop[1:]) for _ in range(3))
        (single,) = train.lockstep([rmsprop], *arrays, relu=True, seeds=[0], num_epochs=NUM_EPOCHS)["RMSProp"]
        fastest = np.diff([0, *single.seconds]).min()  # the fastest epoch, as for the loop
        pairs[ONE_RUN].append((theirs, fastest / single.steps[0]))
        start = perf_counter()
        train.lockstep(runs, *arrays, relu=True, seeds=range(NUM_SEEDS), num_epochs=NUM_EPOCHS)
        pairs[TABLE].append((theirs, (perf_counter() - start) / (steps * len(runs) * NUM_SEEDS)))
    return pairs
