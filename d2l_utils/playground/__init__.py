"""The picture that moves: optimizers on a surface, and everything about them to be turned by hand.

It reads the settings in Python (explore, surfaces) and shows them by a script of its own (bundle joins element/*.js).
"""

from .bundle import script
from .explore import Playground, explore
from .surfaces import SURFACES

__all__ = ["SURFACES", "Playground", "explore", "script"]
