"""Optax's optimizers along the gradients of a walk, in a process of their own: they need another NumPy than MXNet.

`make peers` puts Optax and JAX into a folder beside the other packages. Run as a script, this file is that process: it
reads a walk from its input and writes the path to its output.
"""

import io
import json
import os
import subprocess
import sys
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(sys.prefix) / "optax"


def available() -> bool:
    """Tell whether Optax is installed; print that it is not compared with where it is not.

    Returns:
        True or False.
    """
    found = (FOLDER / "optax").is_dir()
    if not found:
        print("optax is not installed: this comparison was not run (see `make peers`).")
    return found


def walk(optimizer: str, start: np.ndarray, gradients: np.ndarray, **options: Any) -> np.ndarray:
    """Walk by one of Optax's optimizers, along gradients that are given.

    Args:
        optimizer: its name in optax, such as 'lion' or 'contrib.muon' (str).
        start: the first parameter, a NumPy array of float32 or float64.
        gradients: one for each step, a NumPy array (num_steps, *start.shape).
        **options: what the optimizer takes by name, such as learning_rate: numbers, texts, True, False or None.

    Returns:
        The parameter before and after each step: a NumPy array (num_steps + 1, *start.shape).

    Raises:
        RuntimeError: the process failed, or Optax is not installed (ask available() first); shows its last line.

    Example:
        >>> if (FOLDER / "optax").is_dir():  # it is optional
        ...     assert walk("sgd", np.ones(1), np.ones((2, 1)), learning_rate=0.5)[-1] == 0
    """
    given = io.BytesIO()
    np.savez(given, start=start, gradients=gradients.astype(start.dtype), settings=json.dumps([optimizer, options]))
    environment = {**os.environ, "PYTHONPATH": str(FOLDER), "JAX_PLATFORMS": "cpu", "JAX_ENABLE_X64": "1"}
    command = [sys.executable, "-P", __file__]  # without -P it would find our modules in the place of others
    done = subprocess.run(command, input=given.getvalue(), capture_output=True, env=environment)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise RuntimeError(f"optax.{optimizer} ended with {said[-1]}")
    return np.load(io.BytesIO(done.stdout))


def _answer(given: bytes) -> bytes:
    """The path for a walk, both as files of NumPy's."""
    import jax
    import optax

    asked = np.load(io.BytesIO(given))
    name, options = json.loads(str(asked["settings"]))
    optimizer = attrgetter(name)(optax)(**options)

    def step(carried, g):
        x, state = carried
        moves, state = optimizer.update(g, state, x)
        x = optax.apply_updates(x, moves)
        return (x, state), x

    x = jax.numpy.asarray(asked["start"])
    _, path = jax.lax.scan(step, (x, optimizer.init(x)), asked["gradients"])
    answer = io.BytesIO()
    np.save(answer, np.concatenate([asked["start"][None], np.asarray(path)]))
    return answer.getvalue()


if __name__ == "__main__":
    sys.stdout.buffer.write(_answer(sys.stdin.buffer.read()))
