"""A sweep compiled by Numba, to tell whether that is worth its code: 64 settings at a time stay in the cache."""

import math
import types

import numpy as np

WIDTH = 64  # settings that are trained side by side


def compiled(rule):
    """A function that trains columns by a rule with the knobs lr, gamma and eps; the rule's own code, for numbers."""
    import numba

    sqrt = numba.njit(lambda number: np.float32(math.sqrt(number)))
    of_numbers = types.FunctionType(rule.__code__, {**rule.__globals__, "sqrt": sqrt}, "rule", rule.__defaults__)
    step = numba.njit(of_numbers, inline="always")

    @numba.njit
    def gradient(batch, x, residual, g):
        g[:] = 0
        for row in batch:
            residual[:] = -row[-1]
            for k in range(len(x)):
                for j in range(WIDTH):
                    residual[j] += row[k] * x[k, j]
            for k in range(len(x)):
                share = row[k] / np.float32(len(batch))
                for j in range(WIDTH):
                    g[k, j] += share * residual[j]

    @numba.njit
    def train(rows, x, s, batch_size, lr, gamma, eps):
        g = np.empty_like(x)
        residual = np.empty(WIDTH, np.float32)
        for begin in range(0, len(rows), batch_size):
            gradient(rows[begin : begin + batch_size], x, residual, g)
            for k in range(len(x)):
                for j in range(WIDTH):
                    x[k, j], (s[k, j],) = step(x[k, j], g[k, j], (s[k, j],), lr[j], gamma[j], eps)

    return train


def train_columns(train, shared, knobs):
    """The last weights of all settings, as Shared.train gives them; their number is a multiple of WIDTH."""
    batch_size = shared.batch_sizes[0]
    columns = []
    for begin in range(0, len(knobs["lr"]), WIDTH):
        part = slice(begin, begin + WIDTH)
        x = np.repeat(shared.start, WIDTH, axis=-1)
        s = np.zeros_like(x)
        for order in shared.orders:
            train(shared.rows[order], x, s, batch_size, knobs["lr"][part], knobs["gamma"][part], knobs["eps"])
        columns.append(x)
    return np.concatenate(columns, axis=-1)
