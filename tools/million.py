"""Chapter 20's map of a million settings, as its definitions say, on a cluster: a part of `make full`.

It starts workers on this machine's cores, or takes the cluster at the address that stands behind it, as in
`python -m tools.million tcp://host:8786`. The pieces are kept in _build/million: started again, it does what is
missing.
"""

import os
import shutil
import sys
from time import perf_counter

from d2l_utils import data, linear, scale
from d2l_utils.chapters import NOTEBOOKS, ROOT, definitions

import numpy as np

MAP = NOTEBOOKS / "20_many_machines_map.npz"
PIECES = ROOT / "_build" / "million"


def summed_up(excess: np.ndarray, start: float) -> dict[str, np.ndarray]:
    """What is stored of the excess of all runs.

    Args:
        excess: the final excess, float array (num_seeds, rows of gamma, columns of lr), not finite after a divergence.
        start: the excess before training (float).

    Returns:
        median: the median over the seeds as a power of ten, in hundredths, int16 array (rows, columns).
        lost: how many seeds ended above the start, uint8 array (rows, columns).
    """
    lost = ~(excess <= start)
    median = np.median(np.where(np.isfinite(excess), excess, 1e9), axis=0)
    return {"median": np.round(100 * np.log10(median)).astype(np.int16), "lost": lost.sum(axis=0).astype(np.uint8)}


def main(address: str | None = None) -> None:
    if data.offline():
        sys.exit("D2L_OFFLINE=1: the map is about the airfoil's noise, not about the rows that stand in for it")
    begin = perf_counter()
    features, labels = data.airfoil()
    rmsprop, settings = definitions("20_many_machines", "rmsprop", "million")
    runs = scale.sweep(rmsprop, features, labels, address, store=PIECES, **settings())
    optimum = linear.least_squares(features, labels)
    start = float(np.mean(labels.asnumpy() ** 2) / 2) - optimum
    beside = MAP.with_suffix(".part.npz")
    np.savez_compressed(beside, **summed_up(runs.losses[-1] - optimum, start))
    os.replace(beside, MAP)
    shutil.rmtree(PIECES)
    print(f"{runs.losses[-1].size:,} runs in {perf_counter() - begin:.0f} s; the map is in {MAP.name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
