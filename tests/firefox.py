"""Firefox without a window, driven over Marionette: its own spelling of WebDriver, which needs no program between."""

import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from selenium.common.exceptions import WebDriverException
from selenium.webdriver import FirefoxOptions, Remote
from selenium.webdriver.remote.command import Command

CANDIDATES = "firefox-esr", "firefox"
SNAP = Path("/snap/bin/firefox")  # which opens no page of /tmp, where tests have theirs
OPTIONS = "--headless", "--no-remote", "--marionette", "--remote-allow-system-access"
PATIENCE = 60  # seconds for a browser that starts on a busy machine
# Any free port, which it tells in its profile; scroll bars that take no room, as on a phone. The rest that tests want
# it sets by itself when it is driven.
PREFERENCES = 'user_pref("marionette.port", 0);\nuser_pref("ui.useOverlayScrollbars", 1);\n'

# What Selenium asks for, and what it is called here.
COMMANDS = {
    Command.NEW_SESSION: "NewSession",
    Command.GET: "Navigate",
    Command.GET_CURRENT_URL: "GetCurrentURL",
    Command.FIND_ELEMENT: "FindElement",
    Command.FIND_ELEMENTS: "FindElements",
    Command.FIND_CHILD_ELEMENT: "FindElement",
    Command.FIND_CHILD_ELEMENTS: "FindElements",
    Command.FIND_ELEMENT_FROM_SHADOW_ROOT: "FindElementFromShadowRoot",
    Command.FIND_ELEMENTS_FROM_SHADOW_ROOT: "FindElementsFromShadowRoot",
    Command.GET_SHADOW_ROOT: "GetShadowRoot",
    Command.W3C_GET_ACTIVE_ELEMENT: "GetActiveElement",
    Command.CLICK_ELEMENT: "ElementClick",
    Command.CLEAR_ELEMENT: "ElementClear",
    Command.SEND_KEYS_TO_ELEMENT: "ElementSendKeys",
    Command.GET_ELEMENT_TEXT: "GetElementText",
    Command.GET_ELEMENT_TAG_NAME: "GetElementTagName",
    Command.GET_ELEMENT_PROPERTY: "GetElementProperty",
    Command.GET_ELEMENT_ATTRIBUTE: "GetElementAttribute",
    Command.IS_ELEMENT_ENABLED: "IsElementEnabled",
    Command.IS_ELEMENT_SELECTED: "IsElementSelected",
    Command.W3C_EXECUTE_SCRIPT: "ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "ExecuteAsyncScript",
    Command.W3C_ACTIONS: "PerformActions",
    Command.SWITCH_TO_FRAME: "SwitchToFrame",
    Command.SET_TIMEOUTS: "SetTimeouts",
    Command.SET_WINDOW_RECT: "SetWindowRect",
    Command.GET_WINDOW_RECT: "GetWindowRect",
    Command.SCREENSHOT: "TakeScreenshot",
}


def find():
    """The path of a Firefox on this machine that opens any file, or None."""
    return None if SNAP.exists() else next(filter(None, map(shutil.which, CANDIDATES)), None)


class Marionette:
    """A connection that Selenium sends its commands through, as through one to a driver."""

    def __init__(self, port):
        with socket.create_connection(("127.0.0.1", port)) as connection:  # open until the stream is closed
            self.stream = connection.makefile("rwb")
        self.receive()  # it says who it is

    def receive(self):
        length = b""
        while (byte := self.stream.read(1)) != b":":
            if not byte:
                raise WebDriverException("Firefox is gone")
            length += byte
        return json.loads(self.stream.read(int(length)))

    def ask(self, command, parameters):
        """What it answers, or its error, each as a driver would."""
        message = json.dumps([0, 0, command, parameters]).encode()
        self.stream.write(b"%d:%b" % (len(message), message))
        self.stream.flush()
        _, _, error, result = self.receive()
        if error:
            return {"status": 500, "value": json.dumps(error)}
        return {"value": result["value"] if isinstance(result, dict) and list(result) == ["value"] else result}

    def execute(self, command, parameters):
        return self.ask(f"WebDriver:{COMMANDS[command]}", translated(command, parameters or {}))


def translated(command, parameters):
    """The parameters of a command, by the names that they have here."""
    if command == Command.NEW_SESSION:
        return {}
    if command in (Command.FIND_CHILD_ELEMENT, Command.FIND_CHILD_ELEMENTS):
        return {**parameters, "element": parameters["id"]}
    if command in (Command.FIND_ELEMENT_FROM_SHADOW_ROOT, Command.FIND_ELEMENTS_FROM_SHADOW_ROOT):
        return {**parameters, "shadowRoot": parameters["shadowId"]}
    if command == Command.SWITCH_TO_FRAME and parameters["id"]:
        return {"element": next(iter(parameters["id"].values()))}
    if command == Command.SCREENSHOT:
        return {"full": False}
    return parameters


class Firefox(Remote):
    """Selenium's driver of a Firefox that has a profile of its own."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        folder = Path(self.profile.name)
        (folder / "user.js").write_text(PREFERENCES, encoding="utf-8")
        command = [find(), *OPTIONS, "--profile", self.profile.name]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        super().__init__(Marionette(self.port(folder / "MarionetteActivePort")), options=FirefoxOptions())

    def port(self, file):
        """The port that it writes once it listens."""
        end = time.monotonic() + PATIENCE
        while not (file.exists() and file.read_text(encoding="utf-8")):
            if self.process.poll() is not None or time.monotonic() > end:
                raise WebDriverException("Firefox did not start")
            time.sleep(0.05)
        return int(file.read_text(encoding="utf-8"))

    def override(self, name, value):
        """Change what the browser itself says of the reader's screen: the prefersColorSchemeOverride, say."""
        ask = self.command_executor.ask
        script = "gBrowser.selectedBrowser.browsingContext[arguments[0]] = arguments[1]"
        ask("Marionette:SetContext", {"value": "chrome"})
        answer = ask("WebDriver:ExecuteScript", {"script": script, "args": [name, value]})
        ask("Marionette:SetContext", {"value": "content"})
        self.error_handler.check_response(answer)

    def quit(self):
        self.command_executor.stream.close()
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()
