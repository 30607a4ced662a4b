"""Disturbs builds of a tiny book, again and again: `python -m tools.faults [--number 200] [--seed N]`.

A build is killed, told to stop, robbed of a process or of its space on the disk, at a random moment. Then no process
may be left, each file must be whole, the last good one or the new one, and the next build must repair the rest.
"""

import argparse
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory

from book import guard, notebook, stop
from book.writing import UNFINISHED
from d2l_utils.chapters import ROOT

from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from tqdm import tqdm

CHAPTERS = "01_first", "02_second"
STATES = "one", "other"  # what the chapters print: each trial leads from one state to the other
STAMP = "_build/html/.built-faults"
MARK = "D2L_FAULTS_OF"  # by this variable all that a build has started is found
TOO_LONG = 60  # seconds after which a build counts as hung; it takes a few
SOON = 10  # seconds after which no process may be left
LARGEST = 1_000_000  # bytes; no file of this book is larger
OUTCOMES = "survived", "lost", "hung", "orphans"
Files = dict[Path, bytes]
Fault = Callable[[subprocess.Popen, random.Random], None]


class Lost(Exception):
    """A file is not whole, or is not what an undisturbed build makes it."""


class Orphans(Exception):
    """A process has outlived its build."""


def send(number: int, process: subprocess.Popen, chance: random.Random) -> None:
    process.send_signal(number)


def kill_one_below(process: subprocess.Popen, chance: random.Random) -> None:
    """Kill a kernel, what guards one, or what one has started."""
    below = guard.descendants(process.pid)
    if below:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(below), signal.SIGKILL)


def fill_the_disk(process: subprocess.Popen, chance: random.Random) -> None:
    """From now on no file can grow beyond some size, small ones the likeliest."""
    size = int(LARGEST ** chance.random())
    with suppress(ProcessLookupError):
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, size))


FAULTS: dict[str, Fault] = {
    "kill -9": partial(send, signal.SIGKILL),
    "kill": partial(send, signal.SIGTERM),
    "Ctrl-C": partial(send, signal.SIGINT),
    "kill -9 of a kernel": kill_one_below,
    "disk full": fill_the_disk,
}


class Project:
    """A tiny book in a folder of its own, with what an undisturbed build makes of each of its states."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = STATES[0]
        for name in ("book", "d2l_utils"):
            copytree(ROOT / name, folder / name, ignore=ignore_patterns("__pycache__"))
        for name in ("requirements.lock", "pyproject.toml"):
            (folder / name).write_bytes((ROOT / name).read_bytes())
        (folder / "data").mkdir()
        self.lay(notebook.INDEX, "hello")
        self.good = {state: self.turn(state) for state in reversed(STATES)}
        begin = time.perf_counter()
        self.turn(STATES[1])
        self.seconds = time.perf_counter() - begin

    def lay(self, name: str, word: str) -> None:
        cells = [new_markdown_cell(f"# {name}", id="a"), new_code_cell(f"print('{word} ' * 100)", id="b")]
        notebook.write(new_notebook(cells=cells), name, self.folder / "notebooks")

    def turn(self, state: str) -> Files:
        """Bring the chapters into a state and build; what that gave."""
        self.change(state)
        process = self.start()
        said = end_of(process)
        if process.returncode:
            raise Lost(f"an undisturbed build failed: {said[-2000:]}")
        return self.files()

    def change(self, state: str) -> None:
        self.state = state
        for name in CHAPTERS:
            self.lay(name, state)

    def start(self) -> subprocess.Popen:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("D2L_")}
        return subprocess.Popen(
            [sys.executable, "-m", "book", "html", STAMP],
            cwd=self.folder,
            env={**kept, "D2L_OFFLINE": "1", MARK: str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def files(self) -> Files:
        """All that is built and kept, but for the stamp and the lock."""
        built = self.folder / "_build"
        return {path: path.read_bytes() for path in built.rglob("[!.]*") if path.is_file()}

    def left(self) -> list[str]:
        """The processes that have not ended with their build."""
        mark = f"{MARK}={self.folder}".encode()
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):  # it has just ended
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_text(encoding="utf-8").replace("\0", " "))
        return found


def end_of(process: subprocess.Popen) -> str:
    """Wait until a build has ended, but not for ever; what it said."""
    try:
        return process.communicate(timeout=TOO_LONG)[0]
    finally:
        process.kill()


def disturbed(project: Project, kind: str, chance: random.Random) -> bool:
    """Build with a fault at a random moment; whether the build could tell of a chapter that failed."""
    process = project.start()
    with suppress(subprocess.TimeoutExpired):
        process.wait(chance.uniform(0, 1.2 * project.seconds))
    FAULTS[kind](process, chance)
    end_of(process)
    return process.returncode == 1


def check_processes(project: Project) -> None:
    deadline = time.monotonic() + SOON
    while (left := project.left()) and time.monotonic() < deadline:
        time.sleep(0.05)
    if left:
        raise Orphans(f"{len(left)} processes are left: {left}")


def check_whole(project: Project, told: bool) -> None:
    """Each file is that of one of the two states; where a chapter failed, a page may say so."""
    for path, content in project.files().items():
        states = [files.get(path) for files in project.good.values()]
        whole = content in states
        if not whole and told and states[0] and path.suffix in (".html", ".js"):
            whole = (content[:15], content[-8:]) == (states[0][:15], states[0][-8:])
        if not whole:
            raise Lost(f"{path} is not whole: {len(content)} bytes that end in {content[-50:]!r}")


def check_repaired(project: Project) -> None:
    """The next build gives what an undisturbed one gives, and clears what was left."""
    wanted = project.good[project.state]
    found = project.turn(project.state)
    other = [str(path) for path in {*wanted, *found} if wanted.get(path) != found.get(path)]
    other += [str(path) for path in project.folder.rglob(f"*{UNFINISHED}")]
    if other:
        raise Lost(f"the next build has not repaired {', '.join(sorted(other))}")


def trial(project: Project, kind: str, chance: random.Random) -> tuple[str, str]:
    """Lead the project to its other state with a fault on the way: the outcome, and what there is to say of it."""
    project.change(STATES[project.state == STATES[0]])
    try:
        told = disturbed(project, kind, chance)
        check_processes(project)
        check_whole(project, told)
        check_repaired(project)
        check_processes(project)
    except Lost as loss:
        return "lost", str(loss)
    except Orphans as orphans:
        return "orphans", str(orphans)
    except subprocess.TimeoutExpired:
        return "hung", f"a build did not end within {TOO_LONG} s"
    return "survived", ""


def series(place: str, number: int, seed: str, counter: tqdm) -> Counter:
    """A number of trials in a project of their own; how often each outcome was seen."""
    chance = random.Random(seed)
    project = Project(Path(place))
    counts: Counter = Counter()
    for _ in range(number):
        kind = chance.choice(list(FAULTS))
        outcome, said = trial(project, kind, chance)
        counts[outcome] += 1
        counts[f"{kind}: {outcome}"] += 1
        counter.update()
        if outcome != "survived":
            tqdm.write(f"{outcome} ({kind}, seed {seed}): {said}")
            Path(place, "_build").rename(Path(place, f"_build-{sum(counts.values())}"))
            project.turn(project.state)
    return counts


def main() -> None:
    stop.when_told()
    parser = argparse.ArgumentParser(description="Disturb builds of a tiny book at random moments.")
    parser.add_argument("--number", type=int, default=200, help="of trials (200)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="of the random moments")
    asked = parser.parse_args()
    cores = os.cpu_count() or 1
    shares = [asked.number // cores + (i < asked.number % cores) for i in range(cores)]
    bar = "{n} of {total} trials, about {remaining} left"
    print(f"seed {asked.seed}", flush=True)
    with TemporaryDirectory() as place, tqdm(total=asked.number, bar_format=bar, disable=None) as counter:
        run = [(f"{place}/{i}", share, f"{asked.seed}-{i}", counter) for i, share in enumerate(shares)]
        with ThreadPoolExecutor(cores) as pool:
            counts = sum(pool.map(lambda each: series(*each), run), Counter())
    for kind in sorted(name for name in counts if ":" in name):
        print(f"{kind:32} {counts[kind]:4}")
    print(f"tried {asked.number}, " + ", ".join(f"{name} {counts[name]}" for name in OUTCOMES))
    sys.exit(counts["survived"] != asked.number)


if __name__ == "__main__":
    main()
