"""The chapters' data: fetched, verified, standardised."""

from .files import DataUnavailable, StandInWarning, offline
from .sets import airfoil, mnist, synthetic_regression
from .stand_in import AIRFOIL_ROWS

__all__ = [
    "AIRFOIL_ROWS",
    "DataUnavailable",
    "StandInWarning",
    "airfoil",
    "mnist",
    "offline",
    "synthetic_regression",
]
