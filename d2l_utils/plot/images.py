"""Pictures of what a classifier sees and of what it makes of it: images, a confusion matrix."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import LogNorm, to_rgba

from . import alt_text, figure

HALFWAY = 112 / 256  # the shade from which on a dark number is the easier to read


def images(pictures: np.ndarray, captions: Sequence[str]) -> figure.Figure:
    """Draw grey pictures in rows of eight, each under its caption; 0 is paper, 1 is ink.

    Args:
        pictures: array (num_pictures, rows, columns), from 0 to 1.
        captions: one for each picture.

    Returns:
        A Figure; its alternative text gives the captions in order.

    Raises:
        ValueError: there is no picture, or not one caption for each.

    Example:
        >>> images(np.eye(4).reshape(1, 4, 4), ["a slash"]).alt
        '1 picture of 4 × 4 pixels, by their captions: a slash.'

    Source: LeCun, Bottou, Bengio and Haffner (1998), "Gradient-based learning applied to document recognition",
        figure 4.
    """
    if not len(pictures) or len(pictures) != len(captions):
        raise ValueError(f"captions has {len(captions)} entries for {len(pictures)} pictures; each picture needs one")
    with figure.styled():
        fig, places = figure.grid(len(pictures), 8, 1.15)
        for axes, picture, caption in zip(places, pictures, captions):
            axes.imshow(picture, cmap="Greys", vmin=0, vmax=1, interpolation="none")
            axes.set(title=caption, xticks=[], yticks=[])
            axes.spines[:].set_visible(False)
    return fig.saying(alt_text.images, np.shape(pictures), captions)


def confusion(counts: figure.ArrayLike) -> figure.Figure:
    """Draw how often each class was taken for each: the numbers, and a shade for those that are mistakes.

    Args:
        counts: how often an example of class i was taken for class j, integers (num_classes, num_classes).

    Returns:
        A Figure; its alternative text tells how many are right and which mistakes are the most frequent.

    Raises:
        ValueError: counts is not square, or smaller than 2 × 2.

    Example:
        >>> confusion([[9, 1], [3, 7]]).alt[:55]
        'True class in rows, answer in columns. 16 of 20 right. '

    Source: Kohavi and Provost (1998), "Glossary of terms", Machine Learning 30.
    """
    counts = np.asarray(counts)
    if counts.ndim != 2 or len(counts) < 2 or len(counts) != counts.shape[1]:
        raise ValueError(f"counts has the shape {counts.shape}; it needs as many rows as columns, two or more")
    wrong = counts - np.diag(np.diag(counts))
    scale = LogNorm(1, max(2, wrong.max()))
    heights = scale(np.maximum(wrong, 1))
    shades = figure.SHADES(heights)
    shades[wrong == 0] = 0  # no colour at all
    shades[np.diag_indices(len(counts))] = to_rgba(figure.GREY, 0.3)
    inks = np.where(wrong == 0, figure.INK, np.where(heights >= HALFWAY, figure.DARK, figure.LIGHT))
    names = np.arange(len(counts))
    with figure.styled():
        fig, axes = figure.new(5.2, 4.6)
        axes.pcolormesh(shades, edgecolors=figure.PAPER, linewidth=1)
        for i, j in np.argwhere(counts):
            axes.text(j + 0.5, i + 0.5, str(counts[i, j]), ha="center", va="center", fontsize=9, color=inks[i, j])
        axes.set_xticks(names + 0.5, names)
        axes.set_yticks(names + 0.5, names)
        axes.set(xlabel="answer", ylabel="true class")
        axes.invert_yaxis()  # rows are read from the top
    return fig.saying(alt_text.confusion, counts)
