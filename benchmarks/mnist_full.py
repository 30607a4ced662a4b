"""The chapter's eight runs on MNIST to the end, from five seeds, with and without the ReLU: `make full`.

Each part, as many seeds as there are cores, goes to notebooks/14_mnist_full.csv as soon as it has ended. Whoever
stops the script loses only the part that was running: started again, it does the parts that are missing.
"""

import csv
import os
from inspect import signature
from time import perf_counter

from d2l_utils import data, lockstep
from d2l_utils.chapters import NOTEBOOKS, definitions

TABLE = NOTEBOOKS / "14_mnist_full.csv"
COLUMNS = ["optimizer", "rule", "output", "seed", "steps", "reason", "loss", "accuracy"]
SEEDS, MOST_EPOCHS = range(5), 1100  # the slowest published run took 1,010
RUNS = definitions("14_mnist", "eight_runs")()


def described(rule, hyperparams):
    """A rule with all its knobs, those that keep their default included."""
    knobs = {name: parameter.default for name, parameter in signature(rule).parameters.items()}
    knobs = {
        name: hyperparams.get(name, default) for name, default in knobs.items() if name not in ("x", "g", "state")
    }
    return f"{rule.__name__}({', '.join(f'{name}={value:g}' for name, value in knobs.items())})"


def stored():
    """The rows of the table that fit the chapter's runs as they are now."""
    if not TABLE.exists():
        return []
    with TABLE.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    current = {label: described(*update) for label, *update in RUNS}
    return [row for row in rows if current.get(row["optimizer"]) == row["rule"]]


def train(output, seeds):
    """The rows of one part."""
    found = lockstep.train(RUNS, *data.mnist(), relu=output == "ReLU", seeds=seeds, num_epochs=MOST_EPOCHS)
    rules = {label: described(*update) for label, *update in RUNS}
    return [
        dict(zip(COLUMNS, [label, rules[label], output, run.seed, run.steps[-1], run.reason, *measured(run)]))
        for label, runs in found.items()
        for run in runs
    ]


def measured(run):
    """Its last loss and accuracy, as the table has them."""
    return f"{run.losses[-1]:.6f}", f"{run.accuracies[-1]:.4f}"


def save(rows):
    """Write the table in the chapter's order, and put it in its place when it is whole."""
    order = [label for label, *_ in RUNS]
    rows = sorted(rows, key=lambda row: (row["output"] != "ReLU", order.index(row["optimizer"]), int(row["seed"])))
    part = TABLE.with_suffix(".part")
    with part.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
    os.replace(part, TABLE)


def main():
    begin = perf_counter()
    for output in ("ReLU", "linear"):
        rows = stored()
        done = {
            seed for seed in SEEDS if sum(r["output"] == output and int(r["seed"]) == seed for r in rows) == len(RUNS)
        }
        missing, cores = [seed for seed in SEEDS if seed not in done], os.cpu_count() or 1
        for seeds in (missing[i : i + cores] for i in range(0, len(missing), cores)):
            rows = [r for r in rows if r["output"] != output or int(r["seed"]) not in seeds] + train(output, seeds)
            save(rows)
            print(f"{output}, seeds {seeds}: {(perf_counter() - begin) / 60:.1f} minutes so far", flush=True)


if __name__ == "__main__":
    main()
