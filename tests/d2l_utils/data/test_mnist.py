"""MNIST: what the files hold, what a wrong header says, and the digits that stand in."""

import gzip
import hashlib
import tracemalloc
import zlib

from d2l_utils import data
from d2l_utils.data import files, sets

import numpy as np
import pytest

TRAIN_COUNTS = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
TEST_COUNTS = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
LABELS = "mnist/t10k-labels-idx1-ubyte.gz"
IMAGES = "mnist/t10k-images-idx3-ubyte.gz"


@pytest.fixture
def digits(monkeypatch):
    monkeypatch.setenv("D2L_OFFLINE", "1")
    with pytest.warns(data.StandInWarning):
        return [array.asnumpy() for array in data.mnist()]


def test_shapes_and_types(mnist):
    assert [array.shape for array in mnist] == [(60000, 784), (60000,), (10000, 784), (10000,)]
    assert [array.dtype.name for array in mnist] == ["float32", "int32", "float32", "int32"]


def test_every_digit_is_there_as_often_as_known(mnist):
    assert np.bincount(mnist[1]).tolist() == TRAIN_COUNTS
    assert np.bincount(mnist[3]).tolist() == TEST_COUNTS


def test_labels_keep_the_order_of_the_files(mnist):
    assert mnist[1][:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert mnist[3][:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]


def test_pixels_go_from_0_to_1_in_steps_of_a_255th(mnist):
    for images in (mnist[0], mnist[2]):
        steps = np.rint(images * 255)
        assert (steps.min(), steps.max()) == (0, 255)
        np.testing.assert_array_equal(images, steps / np.float32(255))  # one rounding, the same in both


def test_pixels_have_the_known_mean_and_deviation(mnist):
    # The usual constants for normalising MNIST have four digits; float64 sums of 47 million numbers keep more.
    assert mnist[0].mean(dtype=np.float64) == pytest.approx(0.1307, abs=5e-5)
    assert mnist[0].std(dtype=np.float64) == pytest.approx(0.3081, abs=5e-5)


def test_first_image_is_the_known_five(mnist):
    image = np.rint(mnist[0][0] * 255).reshape(28, 28)
    assert image.sum() == 27525
    assert image[5, 12:24].tolist() == [3, 18, 18, 18, 126, 136, 175, 26, 166, 255, 247, 127]
    assert not image[:5].any()
    assert not image[25:].any()


def idx(*header, size):
    """A compressed file with this header and so many bytes of data."""
    return gzip.compress(b"".join(number.to_bytes(4, "big") for number in header) + bytes(size), mtime=0)


@pytest.fixture
def known(tmp_path, monkeypatch):
    """Puts a file with these contents into an otherwise empty data folder, with the hash that makes it valid."""

    def put(name, contents):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_bytes(contents)
        monkeypatch.setattr(files, "DATA", tmp_path)
        known = files.Known(len(contents), hashlib.sha256(contents).hexdigest(), [])
        monkeypatch.setattr(files, "FILES", {name: known})

    monkeypatch.delenv("D2L_OFFLINE", raising=False)
    return put


@pytest.mark.parametrize(
    ("name", "contents", "says"),
    [
        (LABELS, idx(2051, 10_000, size=10_000), r"\[2051, 10000\] and 10000 bytes of data"),
        (LABELS, idx(2049, 9_999, size=10_000), r"\[2049, 9999\] and 10000"),
        (LABELS, idx(2049, 10_000, size=9_999), r"\[2049, 10000\] and 9999"),
        (LABELS, idx(2049, 10_000, size=10_001), r"\[2049, 10000\] and 10001"),
        (LABELS, idx(size=0), r"\[0, 0\] and -8"),
        (IMAGES, idx(2051, 10_000, 28, 27, size=7_840_000), r"\[2051, 10000, 28, 27\] and 7840000"),
        (IMAGES, idx(2049, 10_000, size=10_000), r"\[2049, 10000, 0, 0\] and 9992"),
    ],
    ids=range(7),
)
def test_wrong_header_is_refused_by_name(name, contents, says, known, monkeypatch):
    known(name, contents)
    monkeypatch.setattr(sets, "MNIST", {name: sets.MNIST[name]})
    with pytest.raises(ValueError, match=rf"^{name} has the header {says}.*; it must have \[20(49|51), 10000.*\]"):
        data.mnist()


@pytest.mark.parametrize(
    ("contents", "says"),
    [
        (idx(2049, 10_000, size=10_000)[:-20], "end-of-stream marker"),
        (b"no gzip at all", "Not a gzipped file"),
        (idx(2049, 10_000, size=10_000) + b"garbage", "Not a gzipped file"),
        (idx(2049, 10_000, size=10_000)[:30] + b"?" * 20, "Error -3|invalid|end-of-stream"),
    ],
    ids=["truncated", "other", "garbage", "damaged"],
)
def test_file_that_cannot_be_unpacked_is_named(contents, says, known, monkeypatch):
    known(LABELS, contents)
    monkeypatch.setattr(sets, "MNIST", {LABELS: sets.MNIST[LABELS]})
    with pytest.raises(ValueError, match=rf"^{LABELS} cannot be unpacked: .*({says})"):
        data.mnist()


def test_bomb_is_not_unpacked(known, monkeypatch):
    packer = zlib.compressobj(9, wbits=31)
    part = bytes(10**7)
    contents = b"".join(packer.compress(part) for _ in range(100)) + packer.flush()  # of 1 GB
    known(LABELS, contents)
    monkeypatch.setattr(sets, "MNIST", {LABELS: sets.MNIST[LABELS]})
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"the header \[0, 0\] and 10001 bytes of data, as far"):
        data.mnist()
    assert tracemalloc.get_traced_memory()[1] < 10 * len(contents)
    tracemalloc.stop()


def test_every_file_that_is_read_can_be_fetched():
    assert all(len(files.FILES[name].addresses) == 2 for name in sets.MNIST)


def test_missing_file_says_how_to_go_on(tmp_path, monkeypatch):
    monkeypatch.delenv("D2L_OFFLINE", raising=False)
    monkeypatch.delenv("D2L_DATA_MIRROR", raising=False)
    monkeypatch.setattr(files, "DATA", tmp_path)
    nowhere = {name: known._replace(addresses=[]) for name, known in files.FILES.items()}
    monkeypatch.setattr(files, "FILES", nowhere)
    monkeypatch.setattr(files, "CACHE", tmp_path / "cache")
    with pytest.raises(data.DataUnavailable, match=r"mnist/train-images-idx3-ubyte\.gz is not to be had"):
        data.mnist()


def test_digits_stand_in_has_the_same_types_and_range(digits):
    assert [array.dtype.name for array in digits] == ["float32", "int32", "float32", "int32"]
    for images, labels in (digits[:2], digits[2:]):
        assert (images.min(), images.max()) == (0, 1)
        np.testing.assert_array_equal(images * 16, np.rint(images * 16))  # sixteenths are exact
        assert set(labels.tolist()) == set(range(10))


def test_digits_stand_in_is_the_same_each_time_and_the_known_one(digits):
    with pytest.warns(data.StandInWarning):
        again = [array.asnumpy() for array in data.mnist()]
    for one, other in zip(digits, again):
        np.testing.assert_array_equal(one, other)
    assert np.bincount(np.concatenate(digits[1::2])).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert digits[1][:10].tolist() == list(range(10))
    assert (digits[0][0, :8] * 16).tolist() == [0, 0, 5, 13, 9, 1, 0, 0]


def test_images_can_be_changed_without_changing_those_of_the_next_call(monkeypatch):
    monkeypatch.setenv("D2L_OFFLINE", "1")
    with pytest.warns(data.StandInWarning):
        first = data.mnist()[0]
    first[:] = 7
    with pytest.warns(data.StandInWarning):
        second = data.mnist()[0]
    assert (first.asnumpy() == 7).all()
    assert second.asnumpy().max() == 1


def test_mnist_refuses_an_unclear_choice(monkeypatch):
    monkeypatch.setenv("D2L_OFFLINE", "yes")
    with pytest.raises(ValueError, match="D2L_OFFLINE is 'yes'"):
        data.mnist()
