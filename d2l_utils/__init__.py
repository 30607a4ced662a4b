"""What the chapters share. `import d2l_utils as d2l` gives the textbook's own names."""

from . import runtime

runtime.load()  # before anything below imports MXNet

from .textbook import (  # noqa: E402
    get_data_ch7,
    linreg,
    plt,
    semilogy,
    set_figsize,
    sgd,
    show_trace_2d,
    squared_loss,
    train_2d,
    train_ch7,
    train_gluon_ch7,
    use_svg_display,
)

__all__ = [
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
]
