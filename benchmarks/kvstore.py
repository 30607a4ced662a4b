"""How long a step takes by several workers on MXNet's parameter server, beside one process that trains alone.

All is measured in one run, in turns, on one machine: what the workers gain by sharing the arithmetic and lose by
talking. The times are those of worker 0, evaluation not counted.
"""

from functools import partial
from time import perf_counter

from d2l_utils import linear, runtime, scale, train

import numpy as np
from mxnet import gluon, init, nd

from .bench import machine, short, store

ROUNDS = 3
WORKERS = 1, 2, 4
FEATURES = 100
BATCH_SIZE, STEPS = 64, 50
WIDTHS = 0, 100, 1000  # of two hidden layers; 0 for linear regression
SGD = {"learning_rate": 0.01}


def net(width):
    """A network with two hidden layers of this width."""
    if not width:
        return linear.net(FEATURES)
    made = gluon.nn.HybridSequential()
    made.add(*(gluon.nn.Dense(width, activation="relu") for _ in range(2)), gluon.nn.Dense(1))
    made.initialize(init.Xavier())
    return made


def data():
    draw = np.random.RandomState(0)
    num_examples = BATCH_SIZE * STEPS
    return nd.array(draw.normal(size=(num_examples, FEATURES))), nd.array(draw.normal(size=num_examples))


def settings():
    """Two epochs of which the second counts: in the first, graphs are made and memory is found."""
    return {"batch_size": BATCH_SIZE, "num_epochs": 2, "record_every": BATCH_SIZE * STEPS, **SGD}


def per_step(history):
    """Microseconds of a step in the second epoch."""
    _, first, last = history.seconds
    return (last - first) / STEPS * 1e6


def alone(width):
    runtime.seed(0)
    return per_step(train.gluon("sgd", *data(), net=net(width), **settings()))


def together(width, num_workers, kvstore):
    """Microseconds of a step, and the seconds of the whole call."""
    start = perf_counter()
    made = partial(net, width)
    trained = scale.train("sgd", *data(), make_net=made, num_workers=num_workers, kvstore=kvstore, **settings())
    return per_step(trained.history), perf_counter() - start


def rows():
    """The lines of the table, one for each size and way."""
    yield "| parameters | kvstore | workers | µs per step | times as long as alone | the whole call / s |"
    yield "|--:|---|--:|--:|--:|--:|"
    ways = [(kvstore, number) for kvstore in ("dist_sync", "dist_async") for number in WORKERS]
    for width in WIDTHS:
        found = {way: [] for way in ways}
        base = []
        for _ in range(ROUNDS):
            base.append(alone(width))
            for kvstore, number in ways:
                found[kvstore, number].append(together(width, number, kvstore))
        size = sum(param.data().size for param in probe(width).collect_params().values())
        yield f"| {size:,} | none | alone | {short(np.median(base))} | 1 | |"
        for (kvstore, number), measured in found.items():
            steps, calls = np.transpose(measured)
            times = short(np.median(steps)), short(np.median(steps / base)), f"{np.median(calls):.1f}"
            yield f"| {size:,} | {kvstore} | {number} | {' | '.join(times)} |"


def probe(width):
    """A network that knows its shapes."""
    made = net(width)
    made(nd.zeros((1, FEATURES)))
    return made


def main():
    lines = [machine(), "", *rows()]
    print("\n".join(lines))
    store(lines, "by several workers")


if __name__ == "__main__":
    main()
