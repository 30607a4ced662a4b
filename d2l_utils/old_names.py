"""Puts back the names that MXNet 1.9.1 asks for and that newer NumPys and Pythons have dropped."""

import importlib
import re
import sys
import types

import numpy


def restore() -> None:
    """Make what MXNet asks for be there; nothing that exists is replaced.

    NumPy 1.24 dropped `bool` and `int`, NumPy 2.0 and 2.4 most of the others, Python 3.12 `distutils`. The functions
    of finance only have to exist: NumPy has refused to call them since 1.20.

    Source: the release notes of NumPy 1.20, 1.24, 2.0 and 2.4; PEP 632.
    """
    for name, value in of_numpy().items():
        if name not in vars(numpy):
            setattr(numpy, name, value)
    try:
        importlib.import_module("distutils.version")
    except ImportError:
        sys.modules["distutils"] = types.ModuleType("distutils")
        version = sys.modules["distutils.version"] = types.ModuleType("distutils.version")
        vars(version).update(StrictVersion=_Version, LooseVersion=_Version)


def of_numpy() -> dict:
    """The names of NumPy's that MXNet asks for and that some NumPy lacks, each with what it stood for (dict)."""
    return {
        **{"bool": bool, "int": int, "PZERO": 0.0, "NZERO": -0.0, "NAN": numpy.nan, "NaN": numpy.nan},
        **{"Inf": numpy.inf, "PINF": numpy.inf, "NINF": -numpy.inf},
        **{"alltrue": numpy.all, "sometrue": numpy.any, "product": numpy.prod, "round_": numpy.round},
        "compat": types.SimpleNamespace(basestring=(bytes, str)),
        "in1d": lambda ar1, ar2, **options: numpy.isin(numpy.ravel(ar1), ar2, **options),
        "msort": lambda a: numpy.sort(a, axis=0),
        "trapz": getattr(numpy, "trapezoid", None),  # where it is missing, NumPy still has trapz
        **dict.fromkeys(("mirr", "npv", "pmt", "ppmt", "pv", "rate"), _finance),
    }


def _finance(*args, **kwargs):
    raise NotImplementedError("NumPy has no functions of finance; the package numpy-financial has them")


class _Version(tuple):
    """A version number that compares, in the place of distutils.version.StrictVersion."""

    def __new__(cls, text):
        return super().__new__(cls, map(int, re.findall(r"\d+", text)))
