"""The chapter's eight runs on MNIST to the end, from five seeds, under each of its protocols: `make full`.

Each part, as many seeds as there are cores, goes to notebooks/18_mnist_full.csv as soon as it has ended, and the
curves of the published protocol to notebooks/18_mnist_curves.csv. Whoever stops the script loses only the part that
was running: started again, it does what is missing.
"""

import csv
import io
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from time import perf_counter

from book import writing
from d2l_utils import data
from d2l_utils.chapters import NOTEBOOKS, definitions
from d2l_utils.fast.run import Run
from d2l_utils.rules import defaults
from d2l_utils.train import lockstep

import numpy as np
from tqdm import tqdm

TABLE = NOTEBOOKS / "18_mnist_full.csv"
COLUMNS = ["optimizer", "rule", "protocol", "seed", "steps", "reason", "loss", "accuracy"]
CURVES = NOTEBOOKS / "18_mnist_curves.csv"
POINTS = ["optimizer", "seed", "epoch", "batch_loss", "loss", "accuracy"]
SEEDS = range(5)
MOST_EPOCHS = 1100  # the slowest published run took 1,010
MOST_POINTS = 80  # of a curve: a page is drawn no finer
DRAWN = "published"  # the protocol whose curves are kept
RUNS, PROTOCOLS = (define() for define in definitions("18_mnist", "eight_runs", "protocols"))
LABELS = [label for label, *_ in RUNS]


def described(rule: Callable, hyperparams: dict[str, float]) -> str:
    """A rule with all its knobs, those that keep their default included."""
    knobs = {**defaults(rule), **hyperparams}
    return f"{rule.__name__}({', '.join(f'{name}={value:g}' for name, value in knobs.items())})"


def read(path: Path) -> list[dict[str, str]]:
    """The rows of a table, none where there is no file yet."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def stored() -> list[dict[str, str]]:
    """The rows of the table that fit the chapter's runs as they are now."""
    current = {label: described(*update) for label, *update in RUNS}
    return [row for row in read(TABLE) if current.get(row["optimizer"]) == row["rule"]]


def missing(protocol: str) -> dict[str, list[int]]:
    """The seeds for which the table lacks a run: {label: seeds}."""
    rows = {(row["optimizer"], row["protocol"], int(row["seed"])) for row in stored()}
    found = {label: [seed for seed in SEEDS if (label, protocol, seed) not in rows] for label in LABELS}
    return {label: seeds for label, seeds in found.items() if seeds}


def parts() -> list[tuple[str, list[str], list[int]]]:
    """What is left to do: a protocol, what to run, and as many seeds as there are cores."""
    cores = os.cpu_count() or 1
    found = []
    for protocol in PROTOCOLS:
        labels = missing(protocol)
        seeds = sorted({seed for lacking in labels.values() for seed in lacking})
        found += [(protocol, [*labels], seeds[i : i + cores]) for i in range(0, len(seeds), cores)]
    return found


def train(protocol: str, labels: list[str], seeds: list[int]) -> tuple[list[dict], list[dict]]:
    """The rows of one part: of the table, and of the curves."""
    runs = [run for run in RUNS if run[0] in labels]
    found = lockstep(runs, *data.mnist(), seeds=seeds, num_epochs=MOST_EPOCHS, **PROTOCOLS[protocol])
    rows, points = [], []
    for label, *update in runs:
        for run in found[label]:
            measured = run.steps[-1], run.reason, f"{run.losses[-1]:.6f}", f"{run.accuracies[-1]:.4f}"
            rows.append(dict(zip(COLUMNS, [label, described(*update), protocol, run.seed, *measured])))
            if protocol == DRAWN:
                points += thinned(run)
    return rows, points


def thinned(run: Run) -> list[dict]:
    """Some epochs of a run, evenly spread, with the first, the last, and the best of each curve among them."""
    last = len(run.losses) - 1
    kept = set(np.linspace(0, last, MOST_POINTS).round().astype(int).tolist())
    kept |= {int(np.argmin(run.batch_losses)), int(np.argmin(run.losses)), int(np.argmax(run.accuracies))}
    rows = []
    for i in sorted(kept):
        measured = f"{run.batch_losses[i]:.6f}", f"{run.losses[i]:.6f}", f"{run.accuracies[i]:.4f}"
        rows.append(dict(zip(POINTS, [run.label, run.seed, i + 1, *measured])))
    return rows


def place(row: Mapping) -> tuple[int, int, int, int]:
    """Where a row stands in the chapter's order."""
    protocol = [*PROTOCOLS].index(row.get("protocol", DRAWN))
    return protocol, LABELS.index(row["optimizer"]), int(row["seed"]), int(row.get("epoch", 0))


def save(path: Path, columns: list[str], rows: Iterable[dict], order: Callable = place) -> None:
    """Write rows in their order, and put the file in its place when it is whole."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, columns, lineterminator="\n")
    table.writeheader()
    table.writerows(sorted(rows, key=order))
    writing.write(path, text.getvalue())


def add(protocol: str, labels: list[str], seeds: list[int]) -> None:
    """Do one part, and store it in the place of what was stored of it."""

    def replaced(row: dict) -> bool:
        return row.get("protocol", DRAWN) == protocol and row["optimizer"] in labels and int(row["seed"]) in seeds

    rows, points = train(protocol, labels, seeds)
    if points:
        save(CURVES, POINTS, [point for point in read(CURVES) if not replaced(point)] + points)
    save(TABLE, COLUMNS, [row for row in stored() if not replaced(row)] + rows)


def main() -> None:
    if data.offline():
        sys.exit("D2L_OFFLINE=1: the table is about MNIST itself, not about the digits that stand in for it")
    begin = perf_counter()
    to_do = parts()
    with tqdm(total=sum(len(seeds) for *_, seeds in to_do), unit="seed", disable=None) as bar:  # for a terminal alone
        for protocol, labels, seeds in to_do:
            add(protocol, labels, seeds)
            bar.update(len(seeds))
            minutes = (perf_counter() - begin) / 60
            bar.write(f"{protocol}, seeds {', '.join(map(str, seeds))}: {minutes:.1f} minutes so far")
    print(f"The table is in {TABLE}, the curves are in {CURVES}")


if __name__ == "__main__":
    main()
