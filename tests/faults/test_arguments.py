"""Arguments of any kind: the right numbers, or an error that names the argument; never a raw one from MXNet.

Hypothesis makes them up; a failure is printed with the smallest case that still fails. Right numbers are those of a
reference in NumPy's float64, which draws the same weights and the same minibatches.
"""

import math
import warnings

from d2l_utils import linear, runtime, train

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mxnet import nd

LR = 0.05
SEED = 3
# Sums over at most 12 float32 numbers, some dozen steps on: 1e-5. In float16, with 11 bits, 2e-2.
TOLERANCE = {"float16": 2e-2, "float32": 1e-5, "float64": 1e-5}
MANY = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def sgd(x, g, state=(), lr=LR):
    return x - lr * g, state


LOOPS = {
    "stepwise": lambda *args, lr=LR, **plan: train.stepwise(sgd, *args, lr=lr, **plan),
    "gluon": lambda *args, lr=LR, **plan: train.gluon("sgd", *args, learning_rate=lr, **plan),
    "compiled": lambda *args, lr=LR, **plan: train.compiled(sgd, *args, lr=lr, **plan),
    "sweep": lambda *args, lr=LR, **plan: train.sweep(sgd, *args, lr=lr, **plan),
}
EVERY_LOOP = pytest.mark.parametrize("loop", LOOPS.values(), ids=LOOPS)


def reference(features, labels, batch_size, num_epochs, lr=LR):
    """The losses before and after training by SGD, in float64."""
    runtime.seed(SEED)
    theta = linear.start(features.shape[1]).astype(np.float64)
    design = np.c_[features, np.ones(len(features))]
    target = labels.reshape(-1, 1)
    start = np.mean((design @ theta - target) ** 2) / 2
    for _ in range(num_epochs):
        order = np.random.permutation(len(design))
        for i in range(0, len(order), batch_size):
            rows = order[i : i + batch_size]
            error = design[rows] @ theta - target[rows]
            theta = theta - lr * design[rows].T @ error / len(rows)
    return [start, np.mean((design @ theta - target) ** 2) / 2]


def trained(loop, features, labels, **plan):
    """The first and the last loss of a run."""
    runtime.seed(SEED)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", train.DivergenceWarning)
        losses = np.asarray(loop(features, labels, **plan).losses)
    return np.ravel(losses.reshape(len(losses), -1)[[0, -1], 0])


def is_named(error, names):
    """Whether an error says, in words of ours, which argument was wrong."""
    return isinstance(error, (TypeError, ValueError)) and any(str(error).startswith(f"{name} ") for name in names)


def right_or_named(loop, features, labels, names, **plan):
    """The losses of a run, or None where it was refused by name."""
    try:
        return trained(loop, features, labels, **plan)
    except Exception as error:  # any: which it may be is what is tested
        if not is_named(error, names):
            pytest.fail(f"{type(error).__name__}: {error}")
        return None


numbers = st.integers(-3, 3)
dtypes = st.sampled_from(["float16", "float32", "float64", "int8", "int32", "int64", "uint8"])
plans = st.fixed_dictionaries({"batch_size": st.integers(1, 4), "num_epochs": st.integers(1, 2)})


@st.composite
def tables(draw, dtype, columns):
    """A table of small whole numbers, which each of the dtypes holds exactly."""
    rows = draw(st.integers(4, 12))
    values = [[abs(draw(numbers)) for _ in range(columns)] for _ in range(rows)]
    return np.array(values, dtype=dtype)


@EVERY_LOOP
@MANY
@given(st.data())
def test_every_dtype_gives_the_right_numbers(loop, data):
    features = data.draw(tables(data.draw(dtypes), 2))
    labels = np.resize(data.draw(tables("float32", 1)), len(features)).astype(data.draw(dtypes))
    plan = data.draw(plans)
    expected = reference(features.astype(np.float64), labels.astype(np.float64), **plan)
    shape = data.draw(st.sampled_from([(-1,), (-1, 1)]))
    arrays = nd.array(features, dtype=features.dtype), nd.array(labels, dtype=labels.dtype).reshape(shape)
    record_every = plan["batch_size"] * data.draw(st.integers(1, 5))
    found = right_or_named(loop, *arrays, ("features", "labels"), record_every=record_every, **plan)
    assert found is not None
    narrowest = min((array.dtype for array in (features, labels)), key=lambda dtype: TOLERANCE.get(dtype.name, 0) == 0)
    assert found == pytest.approx(expected, rel=TOLERANCE.get(narrowest.name, 1e-5), abs=1e-4)


class Subclass(nd.NDArray):
    """An NDArray of another name."""

    def __new__(cls, array):
        made = nd.NDArray.__new__(cls)
        made.__init__(array.handle, array.writable)
        array.handle = None  # it belongs to the new one now
        return made


layouts = st.sampled_from(
    [
        lambda a: nd.array(np.asfortranarray(a)),
        lambda a: nd.array(a[::-1][::-1]),
        lambda a: nd.array(a.T).T,
        lambda a: nd.array(np.repeat(a, 2, axis=0))[::2],
        lambda a: nd.concat(nd.array(a), nd.array(a), dim=0)[: len(a)],
        lambda a: nd.from_numpy(np.ascontiguousarray(a)),
    ]
)


@EVERY_LOOP
@MANY
@given(table=tables("float32", 3), layout=layouts, plan=plans)
def test_every_order_in_memory_gives_the_same_numbers(loop, table, layout, plan):
    expected = reference(table[:, :2].astype(np.float64), table[:, 2].astype(np.float64), **plan)
    whole = layout(table)
    record_every = plan["batch_size"]
    found = right_or_named(loop, whole[:, :2], whole[:, 2], ("features", "labels"), record_every=record_every, **plan)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)


@EVERY_LOOP
@MANY
@given(
    table=tables("float32", 3), place=st.integers(0, 11), bad=st.sampled_from([math.nan, math.inf, -math.inf, 3e38])
)
def test_numbers_that_are_not_finite_are_told(loop, table, place, bad):
    """The run warns that it diverged, a sweep says which settings did, or what they give is finite."""
    table[place % len(table), place % 3] = bad
    runtime.seed(SEED)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = loop(nd.array(table[:, :2]), nd.array(table[:, 2]), batch_size=2, record_every=2)
    warned = any(issubclass(warning.category, train.DivergenceWarning) for warning in caught)
    told = run.diverged.all() if isinstance(run, train.Sweep) else warned and run.diverged_at is not None
    assert told or np.isfinite(run.losses).all()


shapes = st.lists(st.integers(0, 3), min_size=0, max_size=4).map(tuple)


@EVERY_LOOP
@MANY
@given(of_features=shapes, of_labels=shapes)
def test_every_shape_trains_or_is_refused_by_name(loop, of_features, of_labels):
    arrays = []
    for shape in (of_features, of_labels):
        try:
            arrays.append(nd.ones(shape))
        except Exception:  # MXNet has no such array: nobody can hand it over
            return
    found = right_or_named(loop, *arrays, ("features", "labels", "batch_size"), batch_size=1, record_every=1)
    if found is not None:
        assert len(of_features) == 2
        expected = reference(np.ones(of_features), np.ones(of_labels), 1, 2)
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-6)


strangers = st.sampled_from(
    [None, 1, 2.5, "data", b"data", [], [[1.0, 2.0]], (), {}, set(), np.ones((4, 2)),
     np.ma.ones((4, 2)), np.ones((4, 2), dtype=object), np.array(["a"]), range(4), object(), nd, Subclass]
)  # fmt: skip


@EVERY_LOOP
@MANY
@given(features=strangers, labels=strangers, which=st.sampled_from(["features", "labels", "both"]))
def test_what_is_no_array_is_refused_by_name(loop, features, labels, which):
    good = {"features": nd.ones((4, 2)), "labels": nd.ones(4)}
    given_here = {"features": features, "labels": labels}
    used = {name: given_here[name] if which in (name, "both") else good[name] for name in good}
    assert right_or_named(loop, *used.values(), ("features", "labels")) is None


odd_numbers = st.one_of(
    st.integers(-3, 9),
    st.integers(10**9, 10**30),
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(max_size=2),
    st.integers(0, 5).map(np.int64),
    st.integers(0, 5).map(np.float32),
    st.integers(0, 5).map(lambda n: np.array(n)),
    st.integers(0, 5).map(lambda n: nd.array([n])),
    st.just([2]),
)


@EVERY_LOOP
@MANY
@given(name=st.sampled_from(["batch_size", "num_epochs", "record_every"]), value=odd_numbers)
def test_every_plan_trains_or_is_refused_by_name(loop, name, value):
    if name == "num_epochs" and isinstance(value, int) and value > 9:
        return  # it would train for ever, as it was asked to
    plan = {"batch_size": 2, "num_epochs": 1, "record_every": 2, name: value}
    if name == "batch_size":
        plan["record_every"] = value
    draw = np.random.RandomState(0)
    features = draw.normal(size=(5, 2)).astype(np.float32)
    labels = draw.normal(size=5).astype(np.float32)
    found = right_or_named(
        loop, nd.array(features), nd.array(labels), ("batch_size", "num_epochs", "record_every"), **plan
    )
    if found is not None:
        expected = reference(
            features.astype(np.float64), labels.astype(np.float64), int(plan["batch_size"]), int(plan["num_epochs"])
        )
        assert found == pytest.approx(expected, rel=1e-5)


@EVERY_LOOP
@MANY
@given(lr=odd_numbers)
def test_every_rate_trains_or_is_refused_by_name(loop, lr):
    draw = np.random.RandomState(0)
    features = draw.normal(size=(5, 2)).astype(np.float32)
    labels = draw.normal(size=5).astype(np.float32)
    plan = {"batch_size": 2, "num_epochs": 1}
    found = right_or_named(
        loop, nd.array(features), nd.array(labels), ("lr", "learning_rate"), lr=lr, record_every=2, **plan
    )
    if found is not None and np.isfinite(found).all():
        rate = float(lr.asscalar() if isinstance(lr, nd.NDArray) else np.ravel(lr)[0])
        expected = reference(features.astype(np.float64), labels.astype(np.float64), **plan, lr=rate)
        assert found == pytest.approx(expected, rel=1e-4)


starts = st.one_of(strangers, odd_numbers, st.lists(st.floats(-1e3, 1e3), max_size=3))


@MANY
@given(start=starts, num_steps=odd_numbers, lr=odd_numbers, which=st.sampled_from(["start", "num_steps", "lr"]))
def test_descent_is_right_or_refused_by_name(start, num_steps, lr, which):
    """On half of x squared, each step takes the share lr off x."""
    if which == "num_steps" and isinstance(num_steps, int) and num_steps > 9:
        return  # it would descend for ever, as it was asked to
    good = {"start": [1.0, 2.0], "num_steps": 3, "lr": 0.5}
    used = {**good, which: {"start": start, "num_steps": num_steps, "lr": lr}[which]}

    def f(*x):
        return sum(part * part for part in x) / 2

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", train.DivergenceWarning)
            found = train.descend(sgd, f, lambda *x: list(x), **used)
    except Exception as error:  # any: which it may be is what is tested
        if not is_named(error, (which,)):
            pytest.fail(f"{type(error).__name__}: {error}")
        return
    if found.diverged_at is None:
        first = np.array(used["start"], dtype=np.float64)
        factor = 1 - float(np.ravel(getattr(used["lr"], "asnumpy", lambda: used["lr"])())[0])
        assert found.points[-1] == pytest.approx(first * factor ** int(used["num_steps"]), rel=1e-9, abs=1e-300)
