"""Descent on a surface as a picture that moves, with a still one in its place on paper and without a script."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

from ..rules import name_of
from .bundle import script
from .setting import OWN, Run, checked, key_of, runs_of, surface_called
from .surfaces import Surface
from .written import Unwritable, written

if TYPE_CHECKING:
    from ..plot.figure import Figure
    from ..train import Trajectory


class Playground:
    """A setting that shows itself in a notebook as <optimizer-playground>, with its still figure inside.

    Attributes:
        setting: all that the picture depends on (dict): surface, start, num_steps, seed, runs (rule -> its
            hyperparameters), active (a rule) and step. The reader's own rule is called own, and stands in text.
        paths: the runs themselves, in the order in which they were given (list of Trajectory).
        figure: the still picture of them (Figure).
        alt: what it shows, in words (str).
        why_still: why nothing can move in it, in words, or "" where it can (str).
    """

    def __init__(self, setting: dict, paths: list[Trajectory], figure: Figure, why_still: str = "") -> None:
        self.setting = setting
        self.paths = paths
        self.figure = figure
        self.alt = figure.alt
        self.why_still = why_still

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
        bundle = {"image/svg+xml": svg, "text/plain": self.alt}
        metadata = self.figure.metadata()
        if self.why_still:
            bundle["text/html"] = f"{still}<p>{escape(self.why_still)}</p>"
        else:
            # JupyterLab must not take the keys that move a slider for its own.
            element = self.html(still, data_lm_suppress_shortcuts="true")
            bundle = {"text/html": f"{element}\n<script>{script()}</script>", **bundle}
            metadata["playground"] = self.setting
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
        *runs: those of the chapters' rules that the picture knows, each once, and at most one of your own: a rule, or
            a pair of a rule and its hyperparameters (dict); what is not given is the rule's own default. The first
            has the controls. Your own stands in a field where it can be changed, if its source has nothing but
            arithmetic; else the picture stays still, and says why.
        start: where all begin, in the picture (two numbers), or None for the surface's own start.
        num_steps: how many steps each takes (int, 1 to 500), or None for as many as the surface has of its own.
        seed: which noise the gradients have, on the surface "noisy" (int, 0 to 2**32 - 1).
        step: which step to show first (int, 0 to num_steps), or None for the last.

    Returns:
        A Playground; its alternative text describes each path as that of d2l_utils.plot.trajectories does, and its
        paths are the runs as train.descend returns them. A run that diverges gives a DivergenceWarning.

    Raises:
        TypeError: one of these is of another type, or a run is neither a rule nor a pair.
        ValueError: the surface, a rule or a hyperparameter is not known to the picture, a rule comes twice or another
            of your own, lacks a hyperparameter or fails, or a number lies outside its range.

    Example:
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> play = explore("ravine", (sgd, {"lr": 0.4}))
        >>> play.setting["runs"], play.paths[0].points.shape
        ({'sgd': {'lr': 0.4}}, (21, 2))

    Source: Goh (2017), "Why Momentum Really Works", Distill, whose pictures answer to the reader's hand.
    """
    its = surface_called(surface)
    pairs = runs_of(runs)
    setting = checked(its, pairs, start, num_steps, seed, step)
    # Late: who asks for the script alone, as the book does, need not wait for MXNet and matplotlib.
    from .still import still

    paths = [_path(rule, knobs, its, setting) for rule, knobs in pairs]
    return Playground(setting, paths, still(its, paths), _write_own(pairs, setting))


def _write_own(pairs: list[Run], setting: dict) -> str:
    """Put the text of the reader's own rule into the setting; returns why that cannot be done, or ""."""
    for rule, knobs in pairs:
        if key_of(rule) == OWN:
            try:
                setting["text"], setting["runs"][OWN] = written(rule, knobs)
            except Unwritable as error:
                return f"This picture does not move: the playground cannot show {name_of(rule)}, since {error}."
    return ""


def _path(rule: Callable, knobs: dict, its: Surface, setting: dict) -> Trajectory:
    """The way that a rule takes in this setting."""
    from ..train.descend import descend

    name = name_of(rule)
    where = (setting["start"], setting["num_steps"])
    try:
        return descend(rule, its.f, its.slope(setting["seed"]), *where, **knobs)
    except Warning:  # of divergence: the reader's filter makes it an error
        raise
    except Exception as error:  # a reader's own rule may raise anything
        raise ValueError(f"a run has the rule {name!r}, which fails: {type(error).__name__}: {error}") from error
