"""What a sweep costs on a cluster of this machine's cores, beside train.sweep, in one run."""

import re
from time import perf_counter

from d2l_utils import data, parity, scale, train
from d2l_utils.fast.plan import make_plan
from d2l_utils.scale.cluster import local_cluster
from d2l_utils.train.task import Task

import numpy as np

from .bench import machine, store
from .contestants import RMSPROP
from .numba_sweep import WIDTH, compiled, train_columns

SETTINGS, MILLION = 65_536, 1_048_576
SWEPT = "lr", "gamma"
PIECE = 16_384  # settings: the fastest for NumPy
LITTLE = 2**25  # bytes for a piece, where memory is measured; a worker has two
REPEATS = 3


def knobs(num_settings):
    return {"lr": np.geomspace(1e-4, 1, num_settings), "gamma": np.linspace(0.5, 0.999, num_settings), "eps": 1e-6}


def cluster(num_workers):
    """A running LocalCluster, with a client to close it by."""
    from distributed import Client

    return Client(local_cluster(num_workers))


def seconds(loop, num_settings, *client):
    """The shortest time of a sweep over so many settings; what disturbs a run makes it longer."""
    times = []
    for _ in range(REPEATS):
        start = perf_counter()
        loop(RMSPROP, *data.airfoil(), *client, record_every=1500, **knobs(num_settings))
        times.append(perf_counter() - start)
    return min(times)


def speed():
    """(what, measured, target) of throughput and of what a call costs."""
    alone = seconds(train.sweep, SETTINGS)
    few = seconds(train.sweep, 64)
    for num_workers in (1, 2):
        with cluster(num_workers) as client, client.cluster:
            taken = seconds(scale.sweep, SETTINGS, client)
            call = seconds(scale.sweep, 64, client) - few
        efficiency = alone / taken / num_workers
        yield f"{SETTINGS:,} settings, efficiency, workers: {num_workers}", f"{efficiency:.2f}", "0.85"
    yield "a call on a running cluster beside one of train.sweep, 64 settings", f"{call:.2f} s", "1.5 s"


def peak():
    """The most memory that this process has had (bytes)."""
    with open("/proc/self/status", encoding="utf-8") as file:
        return 1024 * int(re.search(r"VmHWM:\s*(\d+) kB", file.read())[1])


def memory():
    """(what, measured, target): how a worker's memory grows with the grid, one worker after another."""
    for num_settings in (4096, SETTINGS, MILLION // 4, MILLION):
        with cluster(1) as client, client.cluster:
            scale.sweep(RMSPROP, *data.airfoil(), client, record_every=1500, **knobs(64))
            (before,) = client.run(peak).values()
            plan = {"memory_per_worker": LITTLE, "record_every": 1500}
            scale.sweep(RMSPROP, *data.airfoil(), client, **plan, **knobs(num_settings))
            (after,) = client.run(peak).values()
        what = f"{num_settings:,} settings, memory of a worker beyond an idle one"
        yield what, f"{(after - before) / 2**20:.0f} MB", f"{2 * LITTLE / 2**20:.0f} MB"


def by_numba():
    """(what, measured, target): the same sweep compiled by Numba, beside NumPy in pieces, on one core each."""
    shared = make_plan(RMSPROP, Task(*data.airfoil(), record_every=1500), None, knobs(1)).draw()
    settings = {name: np.asarray(value, dtype=np.float32) for name, value in knobs(MILLION).items()}
    pieces = [
        {**settings, **{name: settings[name][i : i + PIECE] for name in SWEPT}} for i in range(0, MILLION, PIECE)
    ]
    run = compiled(RMSPROP)
    train_columns(run, shared, {**settings, **{name: settings[name][:WIDTH] for name in SWEPT}})  # it compiles
    start = perf_counter()
    theirs = train_columns(run, shared, settings)
    middle = perf_counter()
    ours = np.concatenate([shared.train(RMSPROP, piece)[1] for piece in pieces], axis=-1)
    ratio = (perf_counter() - middle) / (middle - start)
    apart = np.abs(ours - theirs)[:, settings["lr"] < 0.01].max()
    yield (
        f"{MILLION:,} settings by Numba, beside NumPy, one core each",
        f"{ratio:.2f}x, {apart:.0e} apart",
        "4x to adopt",
    )


def main():
    rows = [*speed(), *memory()]
    rows += by_numba() if parity.available("numba") else []
    lines = [machine(), "", "| what | measured | target |", "|---|--:|--:|"]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    print("\n".join(lines))
    store(lines, "on a cluster")


if __name__ == "__main__":
    if scale.available():
        main()
