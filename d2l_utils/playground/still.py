"""The still picture that stands in the playground's place on paper and without a script, and its words."""

import numpy as np
from matplotlib import rc_context

from ..colours import GREY, INK
from ..plot import alt_text
from ..plot.figure import STYLE, Figure, grid, legend
from ..train.history import Trajectory
from ..words import gettext as _
from .facts import FACTS
from .surfaces import Surface


def still(surface: Surface, paths: list[Trajectory]) -> Figure:
    """The figure that stands for the playground on paper: the same view of the same paths, and their losses."""
    with rc_context(STYLE):
        figure, (left, right) = grid(2, 2, 2.6)
        a, b = np.meshgrid(np.linspace(*surface.x1, 90), np.linspace(*surface.x2, 64))
        # First, or matplotlib would look for limits of its own, and overflow where a run diverges.
        right.set(yscale="log", xlabel="step", ylabel="loss", ylim=_loss_range(paths))
        left.contour(a, b, surface.f(a, b), levels=surface.levels, colors=GREY, linewidths=0.6)
        for path in paths:
            left.plot(*_in_reach(path.points, surface).T, **_pen(path), **_marks(path))
            right.plot(np.where(path.losses > 0, path.losses, np.nan), **_pen(path))
        left.plot(*paths[0].points[0], marker="o", markersize=8, markerfacecolor="none", color=INK)
        left.set(xlim=surface.x1, ylim=surface.x2, aspect="equal", xlabel="x1", ylabel="x2")
        legend(figure)
    return figure.saying(words, paths)


def _facts(path: Trajectory) -> dict:
    return FACTS["rules"].get(path.rule, FACTS["own"])


def _pen(path: Trajectory) -> dict:
    """How to draw a path's line."""
    facts = _facts(path)
    dash = (0, facts["dash"]) if facts["dash"] else "-"
    return {"color": facts["colour"], "linestyle": dash, "linewidth": 1.2}


def _marks(path: Trajectory) -> dict:
    """How to draw the marks on a path, about ten, and what the legend calls it."""
    facts = _facts(path)
    apart = -(-len(path.points) // 10)
    size = 6.5 if facts["marker"] == "*" else 4  # a star fills least of its size
    marks = {"marker": facts["marker"], "markersize": size, "markeredgewidth": 0, "markevery": apart}
    return {**marks, "label": facts["title"]}


def _finite(points: np.ndarray) -> np.ndarray:
    return points[np.isfinite(points).all(axis=1)]


def _in_reach(points: np.ndarray, surface: Surface) -> np.ndarray:
    """The finite points, none farther out than a renderer's own numbers reach."""
    farthest = 100 * np.ptp([surface.x1, surface.x2], axis=1)
    return np.clip(_finite(points), -farthest, farthest)


def _loss_range(paths: list[Trajectory]) -> tuple[float, float]:
    """Whole decades around all losses, but no run that diverges may flatten the others."""
    losses = np.concatenate([path.losses for path in paths])
    losses = losses[np.isfinite(losses) & (losses > 0)]
    if not losses.size:
        return 0.1, 1  # all paths stay at a minimum
    highest = min(losses.max(), 1000 * max(paths[0].losses[0], losses.min()))
    high = 10 ** (np.floor(np.log10(highest)) + 1)
    return max(10 ** np.floor(np.log10(losses.min())), high * 1e-16), high


def words(paths: list[Trajectory]) -> str:
    """What the picture shows: each path as d2l_utils.plot.trajectories tells it, and its losses."""
    titled = {_facts(path)["title"]: path for path in paths}
    ways = {title: _finite(path.points) for title, path in titled.items()}
    told = [alt_text.paths(ways), _("Beside them the loss.")]
    for title, path in titled.items():
        losses = path.losses[np.isfinite(path.losses)]
        curve = alt_text.curve(np.arange(len(losses)), losses, "step")
        told.append(_("{name}: {told}.").format(name=title, told=curve))
        if path.diverged_at is not None:
            told.append(_("{name} is not finite after step {step}.").format(name=title, step=path.diverged_at))
    return alt_text.sentences(told)
