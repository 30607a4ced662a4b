"""One loop, several seeds: since one run ranks nothing."""

from collections.abc import Callable
from typing import Any

from ..runtime import GENERATORS, seed
from .task import check_count


def over_seeds(loop: Callable, *args: Any, num_seeds: int = 5, **kwargs: Any) -> list:
    """Run a training loop once for each of several seeds, since one run ranks nothing.

    In threads, one call waits for the other: they share the generators. Other draws beside it change its numbers.

    Args:
        loop: a training loop, such as train.stepwise.
        *args: what the loop takes by position, such as a rule and the data.
        num_seeds: how many runs (int, 1 or more); the seeds are 0, 1, 2 and so on.
        **kwargs: what the loop takes by name.

    Returns:
        What the loop returned, one entry for each seed (list).

    Raises:
        ValueError: num_seeds is below 1.

    Example:
        >>> import random
        >>> over_seeds(lambda: random.randrange(100), num_seeds=2)
        [49, 17]

    Source: Henderson and others (2018), "Deep Reinforcement Learning that Matters", on seeds.
    """
    check_count("num_seeds", num_seeds)
    runs = []
    with GENERATORS:
        for number in range(num_seeds):
            seed(number)
            runs.append(loop(*args, **kwargs))
    return runs
