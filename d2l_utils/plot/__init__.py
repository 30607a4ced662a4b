"""Pictures of histories: each returns a figure that carries alternative text made from its data."""

from typing import Any

from .curves import curves, losses
from .figure import COLOURS, GREY, LINES, MARKERS
from .images import confusion, images
from .maps import heat_maps
from .marks import marks
from .panels import panels
from .paths import gallery, trajectories


def __getattr__(name: str) -> Any:
    if name == "explore":  # when it is asked for: the picture that moves is made of what stands here
        from ..playground import explore

        return explore
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
