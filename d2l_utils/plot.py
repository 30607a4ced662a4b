"""Pictures of histories: each returns a figure that carries alternative text made from its data."""

from .figure import COLOURS, GREY, LINES, MARKERS
from .plot_curves import curves, losses
from .plot_paths import gallery, trajectories

__all__ = ["COLOURS", "GREY", "LINES", "MARKERS", "curves", "gallery", "losses", "trajectories"]
