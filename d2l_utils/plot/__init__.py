"""Pictures of histories: each returns a figure that carries alternative text made from its data."""

from .curves import curves, losses
from .figure import COLOURS, GREY, LINES, MARKERS
from .images import confusion, images
from .maps import heat_maps
from .marks import marks
from .panels import panels
from .paths import gallery, trajectories

__all__ = ["COLOURS", "GREY", "LINES", "MARKERS"]
__all__ += ["curves", "losses", "trajectories", "gallery", "explore"]
__all__ += ["heat_maps", "panels", "images", "confusion", "marks"]


def __getattr__(name: str) -> object:
    """The picture that moves stands on these, so it is offered here but imported only when somebody asks for it."""
    if name == "explore":
        from ..plot_explore import explore

        return explore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
