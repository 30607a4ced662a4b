"""The engines that readers' browsers have: how each is started, and what each does in its own way."""

from book import browser
from firefox import Firefox
from firefox import find as find_firefox
from webkit import WebKit
from webkit import find as find_webkit

import pytest
from selenium.webdriver import Keys

DESK = 1440, 1000
# What is said where one is not installed.
MISSING = {
    "chromium": "Chromium or its driver is not installed",
    "firefox": "Firefox is not installed",
    "webkit": "WebKit's driver, its small browser or Xvfb is not installed",
}
# What the fixture `driver` gives to a test that is marked with this; to another it gives Chromium.
every_engine = pytest.mark.parametrize("driver", MISSING, indirect=True)

# WebKit has no way to ask for paper: the page's rules for paper become those for the screen, and the other way round.
TURN_OVER = """
const other = (medium) => (medium === "print" ? "screen" : "print");
const roots = [document, ...[...document.querySelectorAll("*")].map((one) => one.shadowRoot).filter(Boolean)];
for (const { cssRules } of roots.flatMap((root) => [...root.styleSheets]))
    for (const { media } of cssRules) if (media) media.mediaText = media.mediaText.replace(/print|screen/, other);
"""


def start(name):
    """Start an engine; None where it is not installed."""
    if name == "firefox":
        return Firefox() if find_firefox() else None
    if name == "webkit":
        return WebKit() if find_webkit() else None
    return browser.start()


def is_chromium(driver):
    return not isinstance(driver, (Firefox, WebKit))


def lay_on_paper(driver, is_paper=True):
    """Show the page as it is printed, or as on a screen again."""
    medium = "print" if is_paper else ""
    if is_chromium(driver):
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": medium})
    elif isinstance(driver, Firefox):
        driver.override("mediumOverride", medium)
    else:
        driver.execute_script(TURN_OVER)


def undo(field):
    """Take back the last change of a field, by its keys; WebKit's small browser has none for it."""
    if isinstance(field.parent, WebKit):
        field.parent.execute_script("arguments[0].focus(); document.execCommand('undo')", field)
    else:
        field.send_keys(Keys.CONTROL, "z")


def heard(driver):
    """What went wrong on the page: what its own listener heard, if it has one, and what Chromium's console says."""
    thrown = driver.execute_script("return window.thrown ?? []")
    return thrown + (driver.get_log("browser") if is_chromium(driver) else [])
