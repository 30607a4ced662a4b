"""What the chapters share. `import d2l_utils as d2l` gives the textbook's own names, and the rooms of the house.

Importing it makes `import mxnet` work, and loads nothing: each part comes when it is first asked for.
"""

from importlib import import_module
from typing import Any

from . import runtime

runtime.prepare()

PARTS = (
    *("chapters", "data", "fast", "linear", "optax", "parity", "playground", "plot", "rules", "scale", "textbook"),
    "train",
)
TEXTBOOK = (
    "get_data_ch7",
    "linreg",
    "plt",
    "semilogy",
    "set_figsize",
    "sgd",
    "show_trace_2d",
    "squared_loss",
    "train_2d",
    "train_ch7",
    "train_gluon_ch7",
    "use_svg_display",
)
__all__ = ["runtime", *PARTS, *TEXTBOOK]


def __getattr__(name: str) -> Any:
    if name in PARTS:
        return import_module(f".{name}", __name__)
    if name in TEXTBOOK:
        return getattr(import_module(".textbook", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
