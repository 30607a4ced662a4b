"""What pictures of grids show, in words made from their data: heat maps, images, a confusion matrix."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..words import gettext as _
from ..words import ngettext
from .alt_text import listed, sentences, times


def heat_maps(
    x: Any, y: Any, labels: tuple[str, str], maps: Sequence[tuple[str, str, np.ndarray, Mapping, Mapping]]
) -> str:
    """What the shades of several maps mean, and what each of them shows.

    Args:
        x, y: the settings along the columns and the rows.
        labels: what the columns and the shades are.
        maps: for each its name, what its rows are, and values, hatched and marked, as for heat_map.

    Returns:
        Sentences.
    """
    x_label, value_label = labels
    shades = _("{value_label}, {x_label} from {low:.2g} to {high:.2g}, logarithmic.")
    parts = [shades.format(value_label=value_label, x_label=x_label, low=x[0], high=x[-1])]
    one_map = _("{name}, {y_label} from {low:.2g} to {high:.2g}: {told}.")
    for name, y_label, values, hatched, marked in maps:
        told = heat_map(x, y, values, hatched, marked)
        parts.append(one_map.format(name=name, y_label=y_label, low=y[0], high=y[-1], told=told))
    return sentences(parts)


def heat_map(x: Any, y: Any, values: np.ndarray, hatched: Mapping[str, np.ndarray], marked: Mapping[str, Any]) -> str:
    """Where the values over a grid are smallest, their median, how much is hatched, and what is marked.

    Args:
        x, y: the settings along the columns and the rows.
        values: array (len(y), len(x)); not finite where there is no value.
        hatched: name -> bool array of the same shape.
        marked: name -> (x, y), numbers or lists.

    Returns:
        A phrase.

    Example:
        >>> heat_map([1, 10], [1, 2], np.array([[1, 2], [4, np.inf]]), {}, {"here": (10, 1)})
        'smallest 1 at (1, 1), median 3, here at (10, 1)'
    """
    finite = np.where(np.isfinite(values), values, np.inf)
    row, column = np.unravel_index(finite.argmin(), finite.shape)
    smallest = _("smallest {value:.2g} at {place}").format(value=finite[row, column], place=_places(x[column], y[row]))
    parts = [smallest, _("median {value:.2g}").format(value=np.median(finite))]
    shares = [(where.mean(), name) for name, where in hatched.items() if where.any()]
    parts += [_("{share:.2f} of it {name}").format(share=share, name=name) for share, name in shares]
    parts += [_("{name} at {place}").format(name=name, place=_places(*place)) for name, place in marked.items()]
    return listed(parts)


def _places(x: Any, y: Any) -> str:
    return ", ".join(f"({a:.2g}, {b:.2g})" for a, b in zip(np.ravel(x), np.ravel(y)))


def images(shape: tuple[int, ...], captions: Sequence[str]) -> str:
    """How many pictures there are, of which size, and their captions.

    Args:
        shape: of the pictures, (num_pictures, rows, columns).
        captions: one for each.

    Returns:
        A sentence.
    """
    number, height, width = shape
    pictures = ngettext("{n} picture", "{n} pictures", number)
    words = _("{pictures} of {height} × {width} pixels, by their captions: {captions}.")
    return words.format(pictures=pictures, height=height, width=width, captions=listed(captions))


def confusion(counts: np.ndarray) -> str:
    """How many examples are classified rightly, and the three most frequent mistakes.

    Args:
        counts: how often an example of class i was taken for class j, array (num_classes, num_classes).

    Returns:
        Sentences.

    Example:
        >>> confusion(np.array([[9, 1], [3, 7]]))[55:]
        'Most frequent mistakes: 1 taken for 0 (3 times), 0 taken for 1 (once).'
    """
    wrong = counts - np.diag(np.diag(counts))
    most = np.argsort(-wrong, axis=None, kind="stable")[:3]
    phrases = []
    for i, j in zip(*np.unravel_index(most, wrong.shape)):
        if wrong[i, j]:
            phrases.append(_("{a} taken for {b} ({times})").format(a=i, b=j, times=times(wrong[i, j])))
    parts = [
        _("True class in rows, answer in columns."),
        _("{right} of {number} right.").format(right=np.trace(counts), number=counts.sum()),
        _("Most frequent mistakes: {mistakes}.").format(mistakes=listed(phrases) or _("none")),
    ]
    return sentences(parts)
