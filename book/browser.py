"""Finds a browser that runs without a window: for the PDF, and for the tests of the built pages."""

import shutil

CANDIDATES = "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"


def find():
    """The path of the first Chromium-like browser on this machine, or None."""
    return next(filter(None, map(shutil.which, CANDIDATES)), None)
