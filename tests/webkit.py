"""WebKit, the engine of Safari, in a window that nobody sees; by the driver that comes with WebKitGTK."""

import os
import shutil
import subprocess
import warnings
from glob import glob

from selenium import webdriver
from selenium.webdriver.remote.command import Command

DRIVER = "WebKitWebDriver"
DISPLAY = "Xvfb"
SCREEN = "-screen", "0", "1600x1200x24", "-nolisten", "tcp"
BROWSERS = "/usr/lib*/webkit*gtk-*/MiniBrowser", "/usr/lib*/*/webkit*gtk-*/MiniBrowser"
# It cannot change what it says of the reader's system, so it says throughout what the other engines do not.
OPTIONS = "--automation", "--dark-mode"
# Other drivers return from what a hand does once it is seen; this one at once.
BY_HAND = Command.CLICK_ELEMENT, Command.SEND_KEYS_TO_ELEMENT, Command.W3C_ACTIONS
NEXT_PICTURE = "const [done] = arguments; requestAnimationFrame(() => requestAnimationFrame(() => done()))"


def find():
    """The path of its small browser on this machine if the driver and a display are there, too, or None."""
    browsers = sorted(path for pattern in BROWSERS for path in glob(pattern))
    return browsers[-1] if browsers and shutil.which(DRIVER) and shutil.which(DISPLAY) else None


class WebKit(webdriver.WebKitGTK):
    """Selenium's driver of a WebKit that has a display of its own."""

    def __init__(self):
        command = [shutil.which(DISPLAY), *SCREEN, "-displayfd", "1"]
        self.display = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        number = self.display.stdout.readline().decode().strip()
        options = webdriver.WebKitGTKOptions()
        options.binary_location = find()
        for option in OPTIONS:
            options.add_argument(option)
        environment = {**os.environ, "DISPLAY": f":{number}", "GDK_BACKEND": "x11"}
        service = webdriver.WebKitGTKService(shutil.which(DRIVER), env=environment)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Selenium's, of how it calls itself
            super().__init__(options, service)

    def execute(self, driver_command, params=None):
        answer = super().execute(driver_command, params)
        if driver_command in BY_HAND:
            self.execute_async_script(NEXT_PICTURE)
        return answer

    def quit(self):
        """Selenium calls it, too, where the browser does not start."""
        super().quit()
        self.display.kill()
        self.display.communicate()
