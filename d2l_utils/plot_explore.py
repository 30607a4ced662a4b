"""The playground: a picture of paths that moves, with a still one in its place on paper and without a script."""

import base64
import json
import re
from html import escape
from numbers import Real

import numpy as np
from matplotlib import rc_context

from .plot import alt_text
from .plot.figure import GREY, INK, STYLE, grid, legend
from .surfaces import FACTS, PLAYGROUND, SURFACES

RULES = FACTS["rules"]
MOST_STEPS = 500
# A gradient or a loss that was computed by another order of operations is the same but for its last digits.
RTOL = 1e-9


class Playground:
    """A setting that shows itself in a notebook as <optimizer-playground>, with its still figure inside.

    Attributes:
        setting: all that the picture depends on (dict): surface, start, num_steps, seed, runs (rule -> its
            hyperparameters), active (a rule) and step.
        figure: the still picture of the same runs (Figure).
        alt: what it shows, in words (str).
    """

    def __init__(self, setting, figure):
        self.setting, self.figure, self.alt = setting, figure, figure.alt

    def svg(self):
        """The still picture as SVG, half as long: to a hundredth of a point, without the names of ten fonts a text."""
        text = re.sub(r"(\.\d\d)\d+", r"\1", self.figure.svg())
        return re.sub(r" \n([LCz]) ?", r"\1", re.sub(r"font-family: [^;\"]*", "font-family: sans-serif", text))

    def html(self, inside, **attributes):
        """The element with this setting and these attributes; what is inside shows where no script runs."""
        named = {"setting": json.dumps(self.setting), **attributes}
        written = "".join(f' {name.replace("_", "-")}="{escape(value)}"' for name, value in named.items())
        return f"<optimizer-playground{written}>{inside}</optimizer-playground>"

    def _ipython_display_(self):
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


def script():
    """The playground's script, whole: it needs nothing else, and defines the element once however often it runs.

    Returns:
        A classic script (str), since modules do not load from a disk.

    Example:
        >>> script().count('customElements.define("optimizer-playground"')
        1

    Source: the HTML standard, section "Custom elements".
    """
    style = (PLAYGROUND / "style.css").read_text(encoding="utf-8")
    parts = [path.read_text(encoding="utf-8") for path in sorted(PLAYGROUND.glob("*.js"))]
    lines = [
        "(() => {",
        '"use strict";',
        'if (customElements.get("optimizer-playground")) return;',
        f"const FACTS = {json.dumps(FACTS, ensure_ascii=False)};",
        f"const STYLE = {json.dumps(style)};",
        *parts,
        'customElements.define("optimizer-playground", OptimizerPlayground);',
        "})();",
    ]
    return "\n".join(lines).replace("</", "<\\/")  # nothing in it may end the element that it stands in


def explore(surface, *paths, seed=0, step=None):
    """Show paths over a surface as a picture that moves: other starts, other rates, step by step.

    Args:
        surface: the name of one of d2l_utils.surfaces.SURFACES (str).
        *paths: what d2l_utils.descent.descend returned on that surface (Trajectories): one for each of up to
            seven rules, all from the same start and with the same number of steps; the first has the controls.
        seed: which noise the gradients had, on the surface "noisy" (int).
        step: which step to show first (int), or None for the last.

    Returns:
        A Playground; its alternative text describes each path as that of d2l_utils.plot.trajectories does.

    Raises:
        ValueError: the surface or a rule is not known, a rule comes twice or with a hyperparameter that the
            script does not know, the paths differ in start or length, start outside the picture, have more
            than 500 steps or none, or were not made on this surface with this seed; or step is not one of theirs.

    Example:
        >>> from .descent import descend
        >>> def sgd(x, g, state=(), lr=0.1):
        ...     return x - lr * g, state
        >>> ravine = SURFACES["ravine"]
        >>> explore("ravine", descend(sgd, ravine.f, ravine.slope(), num_steps=2)).setting["runs"]
        {'sgd': {'lr': 0.1}}

    Source: Goh (2017), "Why Momentum Really Works", Distill, whose pictures answer to the reader's hand.
    """
    if surface not in SURFACES:
        raise ValueError(f"surface is {surface!r}; it must be one of {', '.join(SURFACES)}")
    _check_paths(paths)
    for path in paths:
        _check_made_on(SURFACES[surface], path, seed)
    num_steps = max(len(path.gradients) for path in paths)
    step = num_steps if step is None else step
    if seed not in range(2**32):
        raise ValueError(f"seed is {seed!r}; it must be a whole number from 0 to {2**32 - 1}")
    if step not in range(num_steps + 1):
        raise ValueError(f"step is {step!r}; it must be a whole number from 0 to {num_steps}")
    runs = {path.rule: {knob: float(value) for knob, value in path.hyperparams.items()} for path in paths}
    setting = {
        "surface": surface,
        "start": paths[0].points[0].tolist(),
        "num_steps": num_steps,
        "seed": int(seed),
        "runs": runs,
        "active": paths[0].rule,
        "step": int(step),
    }
    return Playground(setting, _still(SURFACES[surface], paths))


def _check_paths(paths):
    if not paths:
        raise ValueError("paths is empty; explore needs at least one path")
    rules, first = [path.rule for path in paths], paths[0]
    num_steps = max(len(path.gradients) for path in paths)
    if num_steps > MOST_STEPS:
        raise ValueError(f"paths have {num_steps} steps; explore shows at most {MOST_STEPS}")
    for path in paths:
        _check_rule(path)
        if rules.count(path.rule) > 1:
            raise ValueError(f"paths has {path.rule!r} {rules.count(path.rule)} times; it must have each rule once")
        if not np.array_equal(path.points[0], first.points[0]):
            starts = f"{first.rule} at {first.points[0]}, {path.rule} at {path.points[0]}"
            raise ValueError(f"paths start apart, {starts}; they must start together")
        if len(path.gradients) < num_steps and path.diverged_at is None:
            raise ValueError(f"{path.rule} has {len(path.gradients)} steps, another {num_steps}; all need as many")


def _check_rule(path):
    if path.rule not in RULES:
        raise ValueError(f"a path was made by the rule {path.rule!r}; explore knows {', '.join(RULES)}")
    knobs = RULES[path.rule]["knobs"]
    for name, value in path.hyperparams.items():
        if name not in knobs:
            raise ValueError(f"{path.rule} was run with {name!r}; explore knows its {', '.join(knobs)}")
        most = np.finfo(float).max if name in ("lr", "eps") else 1
        if not (isinstance(value, Real) and 0 <= value <= most):
            raise ValueError(f"{path.rule} was run with {name}={value!r}; explore takes a number from 0 to {most:.3g}")


def _check_made_on(surface, path, seed):
    """Raise a ValueError where a path begins outside the view, or was made on another surface or with other noise."""
    for name, x, (low, high) in zip(("x1", "x2"), path.points[0], (surface.x1, surface.x2)):
        if not low <= x <= high:
            raise ValueError(f"paths start at {name} = {x}; the picture of {surface.name!r} has {low} to {high}")
    with np.errstate(all="ignore"):  # a path that diverged overflows here, too
        losses = [surface.f(*point) for point in path.points]
        slopes = [surface.gradient(*point, t + 1, seed) for t, point in enumerate(path.points[:-1])]
    for what, ours, theirs in (("losses", losses, path.losses), ("gradients", slopes, path.gradients)):
        if not np.allclose(theirs, ours, rtol=RTOL, atol=RTOL, equal_nan=True):
            on = f"{surface.name!r}, seed {seed}" if surface.name == "noisy" else repr(surface.name)
            raise ValueError(f"the {what} of {path.rule} are not those of {on}; descend on that surface first")


def _still(surface, paths):
    """The figure that stands for the playground on paper: the same view of the same paths, and their losses."""
    with rc_context(STYLE):
        figure, (left, right) = grid(2, 2, 2.6)
        a, b = np.meshgrid(np.linspace(*surface.x1, 90), np.linspace(*surface.x2, 64))
        left.contour(a, b, surface.f(a, b), levels=surface.levels, colors=GREY, linewidths=0.6)
        for path in paths:
            pen, marks = _pen(path)
            left.plot(*_in_reach(path.points, surface).T, **pen, **marks)
            right.plot(np.where(path.losses > 0, path.losses, np.nan), **pen)
        left.plot(*paths[0].points[0], marker="o", markersize=8, markerfacecolor="none", color=INK)
        left.set(xlim=surface.x1, ylim=surface.x2, aspect="equal", xlabel="x1", ylabel="x2")
        right.set(yscale="log", xlabel="step", ylabel="loss", ylim=_loss_range(paths))
        legend(figure)
    figure.alt = _words(paths)
    return figure


def _pen(path):
    """How to draw a path's line, and the marks on it, about ten."""
    facts = RULES[path.rule]
    dash = (0, facts["dash"]) if facts["dash"] else "-"
    marks = {"marker": facts["marker"], "markersize": 4, "markeredgewidth": 0, "markevery": -(-len(path.points) // 10)}
    return {"color": facts["colour"], "linestyle": dash, "linewidth": 1.2}, {**marks, "label": facts["title"]}


def _finite(points):
    return points[np.isfinite(points).all(axis=1)]


def _in_reach(points, surface):
    """The finite points, none farther out than a renderer's own numbers reach."""
    width, height = np.ptp(surface.x1), np.ptp(surface.x2)
    return np.clip(_finite(points), [-100 * width, -100 * height], [100 * width, 100 * height])


def _loss_range(paths):
    """Whole decades around all losses, but no run that diverges may flatten the others."""
    losses = np.concatenate([path.losses for path in paths])
    losses = losses[np.isfinite(losses) & (losses > 0)]
    if not losses.size:
        return 0.1, 1  # all paths stay at a minimum
    highest = min(losses.max(), 1000 * max(paths[0].losses[0], losses.min()))
    high = 10 ** (np.floor(np.log10(highest)) + 1)
    return max(10 ** np.floor(np.log10(losses.min())), high * 1e-16), high


def _words(paths):
    titles = [RULES[path.rule]["title"] for path in paths]
    ways = {title: _finite(path.points) for title, path in zip(titles, paths)}
    words = [alt_text.paths(ways), "Beside them the loss."]
    for title, path in zip(titles, paths):
        losses = path.losses[np.isfinite(path.losses)]
        words.append(f"{title}: {alt_text.curve(np.arange(len(losses)), losses, 'step')}.")
        if path.diverged_at is not None:
            words.append(f"{title} is not finite after step {path.diverged_at}.")
    return " ".join(words)
