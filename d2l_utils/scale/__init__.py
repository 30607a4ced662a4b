"""What outgrows one machine: sweeps on Dask, and data-parallel training on MXNet's own KVStore.

Dask is an optional extra, which `make cluster` installs; train needs it only where a cluster is given.
"""

from .cluster import available
from .sweep import sweep
from .train import Trained, train
