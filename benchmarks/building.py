"""How long `make` takes in a copy of the project: with nothing built, and with nothing to do."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from .bench import OUTPUT, ROOT


def make_times():
    """Lines that tell how long `make` takes without anything built, and when there is nothing to do."""
    with tempfile.TemporaryDirectory() as folder:
        for name in subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).splitlines():
            (Path(folder) / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, Path(folder) / name)
        (Path(folder) / ".venv").symlink_to(Path(sys.prefix))
        # The environment is not made anew: how long that takes is the network's doing.
        kept = [f"-o.venv/.{stamp}" for stamp in ("readers", "developers", "peers")]
        env = {**os.environ, "D2L_DATA_MIRROR": str(ROOT / "data"), "MAKEFLAGS": ""}
        for what in ("cold", "warm"):
            start = perf_counter()
            subprocess.run(
                ["make", *kept], cwd=folder, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            yield f"make, {what}: {perf_counter() - start:.1f} s (the packages were installed before)"


if __name__ == "__main__":
    with (OUTPUT / "table.md").open("a", encoding="utf-8") as table:
        table.write("\n")
        for line in make_times():
            print(line, flush=True)
            table.write(f"{line}\n")
