"""Refuses bad input of the training loops, by name, before anything is done."""

from numbers import Integral

from mxnet import nd


def check_data(features, labels, batch_size, num_epochs, record_every):
    """Raise a TypeError or ValueError where the data or the numbers of a training loop do not fit together."""
    for name, array in (("features", features), ("labels", labels)):
        if not isinstance(array, nd.NDArray):
            raise TypeError(f"{name} is a {type(array).__name__}; nd.array(...) makes the NDArray that it must be")
    if features.ndim != 2:
        raise ValueError(f"features has {features.ndim} axes; it must have two, rows and columns")
    if len(features) != len(labels):
        raise ValueError(f"features has {len(features)} rows and labels {len(labels)}; each row needs one label")
    check_count("batch_size", batch_size)
    if batch_size > len(features):
        raise ValueError(f"batch_size is {batch_size}; the data have only {len(features)} rows")
    check_count("num_epochs", num_epochs)
    check_count("record_every", record_every)
    if record_every % batch_size:
        raise ValueError(f"record_every is {record_every}; it must be a multiple of batch_size, {batch_size}")


def check_count(name, number):
    """Raise a ValueError where a number that counts something is no integer of 1 or more."""
    if not isinstance(number, Integral) or number < 1:
        raise ValueError(f"{name} is {number!r}; it must be an integer of 1 or more")
