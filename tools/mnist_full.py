"""The chapter's eight runs on MNIST to the end, from five seeds, with and without the ReLU: `make full`.

Each part, as many seeds as there are cores, goes to notebooks/15_mnist_full.csv as soon as it has ended. Whoever
stops the script loses only the part that was running: started again, it does the parts that are missing.
"""

import csv
import io
import os
import sys
from collections.abc import Callable
from time import perf_counter

from book import writing
from d2l_utils import data
from d2l_utils.chapters import NOTEBOOKS, definitions
from d2l_utils.rules import defaults
from d2l_utils.train import lockstep

from tqdm import tqdm

TABLE = NOTEBOOKS / "15_mnist_full.csv"
COLUMNS = ["optimizer", "rule", "output", "seed", "steps", "reason", "loss", "accuracy"]
OUTPUTS, SEEDS = ("ReLU", "linear"), range(5)
MOST_EPOCHS = 1100  # the slowest published run took 1,010
RUNS = definitions("15_mnist", "eight_runs")()


def described(rule: Callable, hyperparams: dict[str, float]) -> str:
    """A rule with all its knobs, those that keep their default included."""
    knobs = {**defaults(rule), **hyperparams}
    return f"{rule.__name__}({', '.join(f'{name}={value:g}' for name, value in knobs.items())})"


def stored() -> list[dict[str, str]]:
    """The rows of the table that fit the chapter's runs as they are now."""
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    current = {label: described(*update) for label, *update in RUNS}
    return [row for row in rows if current.get(row["optimizer"]) == row["rule"]]


def missing(rows: list[dict[str, str]], output: str) -> list[int]:
    """The seeds for which the rows do not have all runs."""
    there = [int(row["seed"]) for row in rows if row["output"] == output]
    return [seed for seed in SEEDS if there.count(seed) != len(RUNS)]


def train(output: str, seeds: list[int]) -> list[dict]:
    """The rows of one part."""
    found = lockstep(RUNS, *data.mnist(), relu=output == "ReLU", seeds=seeds, num_epochs=MOST_EPOCHS)
    rows = []
    for label, *update in RUNS:
        for run in found[label]:
            measured = run.steps[-1], run.reason, f"{run.losses[-1]:.6f}", f"{run.accuracies[-1]:.4f}"
            rows.append(dict(zip(COLUMNS, [label, described(*update), output, run.seed, *measured])))
    return rows


def save(rows: list[dict]) -> None:
    """Write the table in the chapter's order, and put it in its place when it is whole."""
    order = [label for label, *_ in RUNS]
    places = [(OUTPUTS.index(row["output"]), order.index(row["optimizer"]), int(row["seed"])) for row in rows]
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    table.writeheader()
    table.writerows(row for _, row in sorted(zip(places, rows), key=lambda pair: pair[0]))
    writing.write(TABLE, text.getvalue())


def parts() -> list[tuple[str, list[int]]]:
    """What is left to do, an output and as many seeds as there are cores at a time."""
    cores = os.cpu_count() or 1
    found = []
    for output in OUTPUTS:
        seeds = missing(stored(), output)
        found += [(output, seeds[i : i + cores]) for i in range(0, len(seeds), cores)]
    return found


def main() -> None:
    if data.offline():
        sys.exit("D2L_OFFLINE=1: the table is about MNIST itself, not about the digits that stand in for it")
    begin = perf_counter()
    to_do = parts()
    with tqdm(total=sum(len(seeds) for _, seeds in to_do), unit="seed", disable=None) as bar:  # for a terminal alone
        for output, seeds in to_do:
            kept = [row for row in stored() if row["output"] != output or int(row["seed"]) not in seeds]
            save(kept + train(output, seeds))
            bar.update(len(seeds))
            minutes = (perf_counter() - begin) / 60
            bar.write(f"{output}, seeds {', '.join(map(str, seeds))}: {minutes:.1f} minutes so far")
    print(f"The table is in {TABLE}")


if __name__ == "__main__":
    main()
