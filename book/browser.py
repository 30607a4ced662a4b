"""Finds and starts a browser without a window: for the PDF, for the tests of the built pages and for their times."""

import shutil
from typing import Any

CANDIDATES = "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"
DRIVER = "chromedriver"
# Root, as in containers, cannot start Chromium's sandbox; the rest keeps the browser from asking anybody anything.
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def find() -> str | None:
    """The path of the first Chromium-like browser on this machine, or None."""
    return next(filter(None, map(shutil.which, CANDIDATES)), None)


def start() -> Any:
    """Start it under its driver, with logs of its console and its requests; None where either is missing."""
    from selenium import webdriver  # only developers have it

    program = find()
    driver = shutil.which(DRIVER)
    if not (program and driver):
        return None
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for option in OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService(driver))
