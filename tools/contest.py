"""Chapter 16's contest of the descendants, as its definitions say: a part of `make full`.

An optimizer's runs on one problem go to notebooks/16_matrix_contest.csv as soon as they have ended. Whoever stops
the script loses only the parts that were running: started again, it does what is missing.
"""

import os
import sys
import warnings
from collections import deque
from collections.abc import Iterable
from itertools import product
from time import perf_counter

from d2l_utils import data
from d2l_utils.chapters import NOTEBOOKS, definitions
from d2l_utils.workers import Workers
from tools import mnist_full

from tqdm import tqdm

TABLE = NOTEBOOKS / "16_matrix_contest.csv"
COLUMNS = ["problem", "optimizer", "rule", "kind", "seed", "factor", "loss"]
ENTRANTS, PROBLEMS, FACTORS = (define() for define in definitions("16_matrix", "entrants", "problems", "tries"))
PARTS = [*product(PROBLEMS, ENTRANTS)]
RULES = {name: mnist_full.described(*entrant) for name, entrant in ENTRANTS.items()}


def stored() -> list[dict[str, str]]:
    """The rows of the table that fit the chapter's optimizers as they are now."""
    return [row for row in mnist_full.read(TABLE) if RULES.get(row["optimizer"]) == row["rule"]]


def missing() -> list[tuple[str, str]]:
    """The problems and optimizers of which the table has nothing: a part is stored whole or not at all."""
    found = {(row["problem"], row["optimizer"]) for row in stored()}
    return [part for part in PARTS if part not in found]


def run(_: None, part: tuple[str, str]) -> list[dict]:
    """The rows of one part: its tries, and the best of them from new seeds."""
    problem, name = part
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it diverged: its loss says so
        tried, best, final = definitions("16_matrix", "tuned")(problem, name)
    runs = [("try", 0, factor, loss) for factor, loss in zip(FACTORS, tried)]
    runs += [("final", seed, best, loss) for seed, loss in enumerate(final, start=1)]
    same = problem, name, RULES[name]
    return [dict(zip(COLUMNS, [*same, kind, seed, f"{x:.4f}", f"{loss:.6g}"])) for kind, seed, x, loss in runs]


def save(rows: Iterable[dict]) -> None:
    """Write the table, in the chapter's order."""
    mnist_full.save(TABLE, COLUMNS, rows, lambda row: PARTS.index((row["problem"], row["optimizer"])))


def main() -> None:
    if data.offline():
        sys.exit("D2L_OFFLINE=1: the table is about MNIST itself, not about the digits that stand in for it")
    begin = perf_counter()
    to_do = deque(missing())
    workers = Workers(min(os.cpu_count() or 1, len(to_do)))
    with workers, tqdm(total=len(to_do), unit="part", disable=None) as bar:  # for a terminal alone
        for rows in workers.do(run, None, to_do):
            save([*stored(), *rows])
            bar.update()
            minutes = (perf_counter() - begin) / 60
            bar.write(f"{rows[0]['problem']}, {rows[0]['optimizer']}: {minutes:.1f} minutes so far")
    print(f"The table is in {TABLE}")


if __name__ == "__main__":
    main()
