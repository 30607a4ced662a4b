"""Losses of a minibatch, as functions of a network's outputs and of labels; both are MXNet symbols."""

from collections.abc import Callable
from typing import Any

import mxnet as mx
from mxnet import gluon


def squared_error(outputs: Any, labels: Any) -> Any:
    """Half the mean squared error, over all entries."""
    # One mean over all entries: Gluon's L2Loss takes two, and each costs several operations on the way back.
    return mx.sym.square(outputs - mx.sym.reshape_like(labels, outputs)).mean() / 2


def softmax_cross_entropy(outputs: Any, labels: Any) -> Any:
    """The mean cross-entropy of softmax(outputs), one row of outputs for each label, a class from 0."""
    return -mx.sym.pick(mx.sym.log_softmax(outputs, axis=-1), labels, axis=-1).mean()


def mean(loss: Callable, outputs: Any, labels: Any) -> Any:
    """The mean loss, a symbol of one entry: what one of our losses is, and the mean of what Gluon's give."""
    of_each = loss(outputs, labels)
    return of_each.mean() if isinstance(loss, gluon.loss.Loss) else of_each
