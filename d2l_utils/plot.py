"""Pictures of histories: each returns a figure that carries alternative text made from its data."""

from .figure import COLOURS, GREY, LINES, MARKERS
from .playground import explore
from .plot_curves import curves, losses
from .plot_maps import heat_maps
from .plot_marks import marks
from .plot_panels import confusion, images, panels
from .plot_paths import gallery, trajectories

__all__ = [
    "COLOURS",
    "GREY",
    "LINES",
    "MARKERS",
    "confusion",
    "curves",
    "explore",
    "gallery",
    "heat_maps",
    "images",
    "losses",
    "marks",
    "panels",
    "trajectories",
]
