"""The rules that see a whole matrix: by hand, on both kinds of arrays, and beside other frameworks."""

import os
from unittest.mock import patch

from d2l_utils import parity, train
from d2l_utils.chapters import definitions

import numpy as np
import pytest
from mxnet import gluon, nd

ADAM, ADAM_EPS_HAT = definitions("11_adam", "adam", "adam_eps_hat")
ADAGRAD = definitions("05_adagrad", "adagrad")
MUON, SHAMPOO, SOAP, ORTHOGONAL = definitions("16_matrix", "muon", "shampoo", "soap", "orthogonal")
RULES = MUON, SHAMPOO, SOAP
NUM_STEPS = 200
RATE = 2**-7  # exact in float32, in which Keras keeps it
MOMENTUM = 15 / 16  # likewise
SHAPES = [
    (4, 3),
    (3, 4),
    (4, 4),
]  # no side is longer than the other by more than 1: see test_soap_where_a_side_is_long
DTYPES = ["float64", "float32"]
ALLOWED = {"float64": 1e-10, "float32": 2e-5}
PEERS = "PyTorch or Keras is not installed: not compared with it"


def problem(shape, dtype):
    draw = np.random.RandomState(0)
    return draw.normal(size=shape).astype(dtype), draw.normal(size=(NUM_STEPS, *shape)).astype(dtype)


def ours(rule, start, slopes, **knobs):
    return train.iterates(rule, start, lambda x, t: slopes[t], len(slopes), lr=RATE, **knobs)


def in_torch(optimizer, start, slopes, **options):
    """The path of an optimizer that has PyTorch's form."""
    return parity.by_torch(optimizer, start, lambda x, t: slopes[t], len(slopes), lr=RATE, **options)


@pytest.fixture(scope="module")
def keras(torch):
    with patch.dict(os.environ):
        os.environ.setdefault("KERAS_BACKEND", "torch")
        return pytest.importorskip("keras", reason=PEERS)


@pytest.fixture(scope="module")
def collection(torch):
    return pytest.importorskip("pytorch_optimizer", reason=PEERS)


def apart(mine, theirs):
    assert np.abs(theirs[-1] - theirs[0]).max() > 0.005  # they went somewhere
    return np.abs(mine - theirs).max()


# Muon in PyTorch


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_muon_is_pytorchs_but_for_bfloat16(torch, shape, dtype):
    start, slopes = problem(shape, dtype)
    options = {"lr": RATE, "weight_decay": 0.0, "adjust_lr_fn": "match_rms_adamw"}
    walk = "Muon", start, lambda x, t: slopes[t]
    mine = ours(MUON, start, slopes, eps=0.0)
    assert 1e-4 < apart(mine, parity.by_torch(*walk, **options)) < 1e-2
    with patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone):
        assert apart(mine, parity.by_torch(*walk, **options)) < ALLOWED[dtype]


def test_pytorchs_own_scale_depends_on_which_side_is_longer(torch):
    for shape, factor in (((8, 2), 2.0), ((2, 8), 1.0)):
        start, slopes = problem(shape, "float64")
        with patch.object(torch.Tensor, "bfloat16", torch.Tensor.clone):
            theirs = in_torch(torch.optim.Muon, start, slopes, weight_decay=0.0)
        scale = factor / (0.2 * 8**0.5)
        mine = train.iterates(MUON, start, lambda x, t: slopes[t], lr=RATE * scale, eps=0.0)  # noqa: B023
        assert apart(mine, theirs) < 1e-10


def test_pytorchs_muon_refuses_what_is_no_matrix(torch):
    for shape in ((3,), (2, 2, 3, 3)):
        with pytest.raises(ValueError, match="only supports 2D"):
            torch.optim.Muon([torch.zeros(shape)])


# Muon in Keras


def in_keras(start, slopes):
    options = {"learning_rate": RATE, "weight_decay": None, "adam_weight_decay": None, "momentum": MOMENTUM}
    return parity.by_keras("Muon", start, lambda x, t: slopes[t], len(slopes), **options)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_muon_is_keras_but_for_a_norm_in_32_bits(torch, keras, shape, dtype):
    start, slopes = problem(shape, dtype)
    # Keras adds its ε to a momentum that is 1 / (1 - μ) times ours.
    mine = ours(MUON, start, slopes, mu=MOMENTUM, eps=1e-7 * (1 - MOMENTUM))
    as_it_stands = apart(mine, in_keras(start, slopes))
    assert as_it_stands < (1e-7 if dtype == "float64" else ALLOWED[dtype])
    if dtype == "float64":
        assert as_it_stands > 1e-10

    def norm(x, axis, keepdims):
        return torch.linalg.norm(x, dim=axis, keepdim=keepdims)

    with patch.object(keras.src.ops, "norm", norm):
        assert apart(mine, in_keras(start, slopes)) < ALLOWED[dtype]


@pytest.mark.parametrize("shape", [(5,), (2, 2, 3, 3)])
def test_keras_gives_what_is_no_matrix_to_adam(keras, shape):
    start, slopes = problem(shape, "float32")
    assert apart(ours(ADAM_EPS_HAT, start, slopes, eps=1e-7), in_keras(start, slopes)) < 2e-5


# Shampoo and SOAP in pytorch-optimizer


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [*SHAPES, (6, 3)])
def test_shampoo_is_the_collections(torch, collection, shape, dtype):
    start, slopes = problem(shape, dtype)
    theirs = in_torch(collection.Shampoo, start, slopes)
    assert apart(ours(SHAMPOO, start, slopes), theirs) < ALLOWED[dtype]


def test_the_collections_shampoo_keeps_a_whole_matrix_for_a_vector(torch, collection):
    start, slopes = problem((3,), "float64")
    theirs = in_torch(collection.Shampoo, start, slopes)
    assert apart(ours(SHAMPOO, start, slopes), theirs) > 1e-3
    along = slopes * np.array([1, 0, 0])  # along one axis the two are the same, but for the place of ε
    assert apart(ours(SHAMPOO, start, along), in_torch(collection.Shampoo, start, along)) < 1e-10


def by_eigh(self, state, *unused):
    return self.get_orthogonal_matrix(state["GG"])


def collections_soap(collection, start, slopes):
    """Its path, without the first step, which it does not take."""
    late = np.concatenate([0 * slopes[:1], slopes])
    options = {"weight_decay": 0.0, "precondition_frequency": 1}
    return in_torch(collection.SOAP, start, late, **options)[1:]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_soap_is_the_collections_with_eigh(torch, collection, shape, dtype):
    start, slopes = problem(shape, dtype)
    mine = ours(SOAP, start, slopes)
    assert apart(mine, collections_soap(collection, start, slopes)) > 1e-3
    with patch.object(collection.SOAP, "get_orthogonal_matrix_qr", by_eigh):
        assert apart(mine, collections_soap(collection, start, slopes)) < ALLOWED[dtype]


def test_soap_where_a_side_is_long(torch, collection):
    """Of a 6 x 3 gradient three of the six eigenvectors are free: two libraries choose them differently."""
    start, slopes = problem((6, 3), "float64")
    with patch.object(collection.SOAP, "get_orthogonal_matrix_qr", by_eigh):
        assert apart(ours(SOAP, start, slopes), collections_soap(collection, start, slopes)) > 1e-5


@pytest.mark.parametrize("dtype", DTYPES)
def test_soap_gives_vectors_to_adam_as_the_collection_does(torch, collection, dtype):
    start, slopes = problem((5,), dtype)
    assert apart(ours(SOAP, start, slopes), collections_soap(collection, start, slopes)) < ALLOWED[dtype]


# On their own


def test_newton_schulz_keeps_the_directions():
    U, S, V = np.linalg.svd(np.random.normal(size=(3, 5)), full_matrices=False)
    for G, axes in (((U * S) @ V, (U, V)), (((U * S) @ V).T, (V.T, U.T))):
        found = axes[0].T @ ORTHOGONAL(G) @ axes[1].T
        np.testing.assert_allclose(found, np.diag(np.diag(found)), atol=1e-10)
        assert (np.diag(found) > 0.3).all()
    # Coefficients that converge, for long enough: the sign itself.
    np.testing.assert_allclose(ORTHOGONAL((U * S) @ V, 15 / 8, -10 / 8, 3 / 8, steps=40), U @ V, atol=1e-10)


def test_the_first_step_of_shampoo_is_the_sign():
    G = np.random.normal(size=(3, 3))
    U, _, V = np.linalg.svd(G)
    x, _ = SHAMPOO(0 * G, G, lr=1.0, eps=0.0)
    np.testing.assert_allclose(x, -U @ V, atol=1e-8)


def test_on_one_number_shampoo_is_adagrad_and_soap_is_adam():
    slopes = np.random.normal(size=(20, 1, 1))
    start = np.ones((1, 1))
    pairs = (SHAMPOO, ADAGRAD, {"eps": 0.0}), (SOAP, ADAM_EPS_HAT, {"beta1": 0.95, "beta2": 0.95})
    for rule, elementwise, knobs in pairs:
        np.testing.assert_allclose(
            ours(rule, start, slopes, **knobs), ours(elementwise, start, slopes, **knobs), rtol=1e-12
        )


@pytest.mark.parametrize(("rule", "other"), [(MUON, ADAM), (SHAMPOO, ADAGRAD), (SOAP, ADAM_EPS_HAT)])
def test_vectors_go_to_another_rule(rule, other):
    start, slopes = problem((5,), "float64")
    knobs = {"beta1": 0.95, "beta2": 0.95} if rule is SOAP else {}
    knobs = {**knobs, "eps": 1e-6} if rule is SHAMPOO else knobs
    np.testing.assert_array_equal(ours(rule, start, slopes), ours(other, start, slopes, **knobs))


@pytest.mark.parametrize("rule", RULES)
def test_a_kernel_is_a_matrix_with_a_row_for_each_output(rule):
    start, slopes = problem((4, 2, 3, 3), "float64")
    flat = ours(rule, start.reshape(4, -1), slopes.reshape(NUM_STEPS, 4, -1))
    np.testing.assert_array_equal(ours(rule, start, slopes).reshape(flat.shape), flat)


@pytest.mark.parametrize("rule", RULES)
def test_both_kinds_of_arrays_take_the_same_path(rule):
    start, slopes = problem((4, 3), "float64")
    np.testing.assert_allclose(
        ours(rule, nd.array(start, dtype="float64"), slopes), ours(rule, start, slopes), atol=1e-10
    )


@pytest.mark.parametrize("rule", RULES)
def test_they_train_a_network_with_kernels_and_vectors(rule):
    images, labels = nd.random.normal(shape=(48, 1, 6, 6)), nd.array(np.arange(48) % 3)
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Conv2D(4, 3, activation="relu"), gluon.nn.BatchNorm(), gluon.nn.Dense(3))
    net.initialize()
    settings = {"loss": train.softmax_cross_entropy, "batch_size": 16, "num_epochs": 8, "record_every": 48}
    history = train.stepwise(rule, images, labels, net=net, lr=0.1 if rule is SHAMPOO else 0.03, **settings)
    assert history.losses[-1] < 0.9 * history.losses[0]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("loop", [train.compiled, train.sweep])
def test_fast_loops_refuse_them_by_name(rule, loop):
    with pytest.raises(ValueError, match=f"rule {rule.__name__} mixes the numbers of an array"):
        loop(rule, nd.random.normal(shape=(20, 3)), nd.ones(20))
