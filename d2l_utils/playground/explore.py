"""Descent on a surface as a picture that moves, with a still one in its place on paper and without a script."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from .bundle import script
from .setting import checked, runs_of
from .surfaces import SURFACES

if TYPE_CHECKING:
    from ..plot.figure import Figure


class Playground:
    """A setting that shows itself in a notebook as <optimizer-playground>, with its still figure inside.

    Attributes:
        setting: all that the picture depends on (dict): surface, start, num_steps, seed, runs (rule -> its
            hyperparameters), active (a rule) and step.
        figure: the still picture of the same runs (Figure).
        alt: what it shows, in words (str).
    """

    def __init__(self, setting: dict, figure: Figure) -> None:
        self.setting = setting
        self.figure = figure
        self.alt = figure.alt

    def svg(self) -> str:
        """The still picture as SVG, half as long: to a hundredth of a point, without the names of ten fonts a text."""
        text = re.sub(r"(\.\d\d)\d+", r"\1", self.figure.svg())
        return re.sub(r" \n([LCz]) ?", r"\1", re.sub(r"font-family: [^;\"]*", "font-family: sans-serif", text))

    def html(self, inside: str, **attributes: str) -> str:
        """The element with this setting and these attributes; what is inside shows where no script runs."""
        named = {"setting": json.dumps(self.setting), **attributes}
        written = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in named.items())
        return f"<optimizer-playground{written}>{inside}</optimizer-playground>"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        svg = self.svg()
        encoded = base64.b64encode(svg.encode()).decode()
        still = f'<img alt="{escape(self.alt)}" src="data:image/svg+xml;base64,{encoded}">'
        # JupyterLab must not take the keys that move a slider for its own.
        element = self.html(still, data_lm_suppress_shortcuts="true")
        bundle = {
            "text/html": f"{element}\n<script>{script()}</script>",
            "image/svg+xml": svg,
            "text/plain": self.alt,
        }
        metadata = {"image/svg+xml": {"alt": self.alt}, "playground": self.setting}
        display(bundle, raw=True, metadata=metadata)


def explore(
    surface: str,
    *runs: Callable | tuple[Callable, dict],
    start: tuple[float, float] | None = None,
    num_steps: int | None = None,
    seed: int = 0,
    step: int | None = None,
) -> Playground:
    """Run rules on a surface and show their paths as a picture that moves: other starts, other rates, step by step.

    Args:
        surface: the name of one of d2l_utils.playground.SURFACES (str).
        *runs: up to seven of the chapters' rules, each once: a rule, or a pair of a rule and its hyperparameters
            (dict); what is not given is the rule's own default. The first has the controls.
        start: where all begin, in the picture (two numbers), or None for the surface's own start.
        num_steps: how many steps each takes (int, 1 to 500), or None for as many as the surface has of its own.
        seed: which noise the gradients have, on the surface "noisy" (int, 0 to 2**32 - 1).
        step: which step to show first (int, 0 to num_steps), or None for the last.

    Returns:
        A Playground; its alternative text describes each path as that of d2l_utils.plot.trajectories does.

    Raises:
        TypeError: one of these is of another type, or a run is neither a rule nor a pair.
        ValueError: the surface, a rule or a hyperparameter is not known to the picture, a rule comes twice, or a
            number lies outside its range.

    Example:
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> explore("ravine", (sgd, {"lr": 0.4})).setting["runs"]
        {'sgd': {'lr': 0.4}}

    Source: Goh (2017), "Why Momentum Really Works", Distill, whose pictures answer to the reader's hand.
    """
    rules = runs_of(runs)
    setting = checked(surface, rules, start, num_steps, seed, step)
    # Late: who asks for the script alone, as the book does, need not wait for MXNet and pyplot.
    from ..train import descend
    from .still import still

    its = SURFACES[surface]
    where = (setting["start"], setting["num_steps"])
    paths = [descend(rule, its.f, its.slope(seed), *where, **setting["runs"][rule.__name__]) for rule, _ in rules]
    return Playground(setting, still(its, paths))
