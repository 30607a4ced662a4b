"""What newer NumPys and Pythons have dropped is put back, just as far as MXNet asks for it."""

import ast
import builtins
import importlib
import sys
import warnings
from pathlib import Path

from d2l_utils import old_names

import mxnet
import numpy
import pytest
from mxnet import numpy_dispatch_protocol

pytestmark = pytest.mark.core


def asked_for():
    """The names that MXNet's modules take from NumPy: by attribute, onp.PZERO, say, or from a list when imported."""
    listed = numpy_dispatch_protocol._NUMPY_ARRAY_FUNCTION_LIST + numpy_dispatch_protocol._NUMPY_ARRAY_UFUNC_LIST
    names = {name.partition(".")[0] for name in listed}
    for path in Path(mxnet.__file__).parent.rglob("*.py"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in its strings
            tree = ast.parse(path.read_text(encoding="utf-8"))
        imports = [alias for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        numpys = {alias.asname or "numpy" for alias in imports if alias.name == "numpy"}
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", None) in numpys:
                names.add(node.attr)
    return names


def test_all_that_mxnet_asks_for_is_there():
    asked = asked_for()
    assert len(asked) > 200
    assert {name for name in asked if not hasattr(numpy, name)} == set()


def test_nothing_else_is_put_back():
    assert set(old_names.of_numpy()) <= asked_for()


def test_names_that_numpy_dropped(monkeypatch):
    for name in old_names.of_numpy():
        monkeypatch.delitem(vars(numpy), name, raising=False)
    # As NumPy 2 has it; NumPy 1 knows this function as trapz only, which the line above took away.
    monkeypatch.setattr(numpy, "trapezoid", lambda y: (numpy.sum(y[1:]) + numpy.sum(y[:-1])) / 2, raising=False)
    old_names.restore()
    assert numpy.bool is builtins.bool
    assert numpy.signbit(numpy.NZERO)
    assert not numpy.signbit(numpy.PZERO)
    assert (numpy.Inf, -numpy.Inf) == (numpy.PINF, numpy.NINF)
    assert numpy.isnan([numpy.NAN, numpy.NaN]).all()
    assert (numpy.alltrue([True, False]), numpy.sometrue([True, False])) == (False, True)
    assert (numpy.product([2, 3]), numpy.round_(1.26, 1)) == (6, 1.3)
    assert numpy.in1d([[1, 2], [3, 4]], [2, 4]).tolist() == [False, True, False, True]
    assert numpy.msort([[3, 1], [2, 4]]).tolist() == [[2, 1], [3, 4]]
    assert numpy.trapz(numpy.array([1.0, 2.0, 4.0])) == 4.5
    with pytest.raises(NotImplementedError, match="numpy-financial"):
        numpy.pmt(0.1, 1, 1)


def test_what_is_there_stays(monkeypatch):
    monkeypatch.setattr(numpy, "PINF", "kept", raising=False)
    old_names.restore()
    assert numpy.PINF == "kept"


def test_distutils(monkeypatch):
    monkeypatch.setitem(sys.modules, "distutils", None)
    monkeypatch.setitem(sys.modules, "distutils.version", None)
    old_names.restore()
    loose = importlib.import_module("distutils.version").LooseVersion
    assert loose("1.9.1") < loose("1.10") < loose("1.10.1rc2")
