"""A headless Chromium, spoken to in its own protocol over a pair of pipes: what the tests of pages need.

Nothing but the standard library. Waiting is for answers and events, bound by harness.PATIENCE.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

import harness
from harness import Failure, Skip, require

NAMES = ("chromium", "chromium-browser", "google-chrome")
KEYS = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowRight": 39, "ArrowLeft": 37}


def find():
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    raise Skip(f"none of {', '.join(NAMES)} is installed")


class Browser:
    """One process; use it in a with statement."""

    def __init__(self, *flags):
        self.flags = flags
        self.number = 0
        self.buffer = b""
        self.events = []

    def __enter__(self):
        path = find()
        self.folder = tempfile.TemporaryDirectory(prefix="lockhound-browser-", ignore_cleanup_errors=True)
        to_read, self.to_browser = os.pipe()
        self.from_browser, to_write = os.pipe()
        words = [path, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--no-first-run", "--disable-extensions", "--disable-background-networking",
                 "--disable-component-update", "--hide-scrollbars", "--remote-debugging-pipe",
                 f"--user-data-dir={self.folder.name}", *self.flags, "about:blank"]
        # The browser reads commands from descriptor 3 and answers on 4; the shell puts them there.
        move = f'exec "$@" 3<&{to_read} 4>&{to_write}'
        with open(os.path.join(self.folder.name, "stderr"), "wb") as log:
            self.process = subprocess.Popen(
                ["bash", "-c", move, "bash", *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                pass_fds=(to_read, to_write), env={**os.environ, "HOME": self.folder.name},
            )
        os.close(to_read)
        os.close(to_write)
        return self

    def __exit__(self, *_):
        try:
            self.call("Browser.close")
        except (Failure, OSError):
            pass
        os.close(self.to_browser)
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.from_browser)
        self.folder.cleanup()

    def log(self):
        with open(os.path.join(self.folder.name, "stderr"), "rb") as file:
            return harness.tail(file.read(), 2000)

    def message(self):
        """The next message; each ends with a NUL."""
        end = time.monotonic() + harness.PATIENCE
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.from_browser], [], [], max(0, end - time.monotonic()))
            require(ready, f"the browser is silent\n{self.log()}")
            data = os.read(self.from_browser, 1 << 20)
            require(data, f"the browser is gone\n{self.log()}")
            self.buffer += data
        first, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(first)

    def call(self, method, session=None, **parameters):
        self.number += 1
        command = {"id": self.number, "method": method, "params": parameters}
        if session:
            command["sessionId"] = session
        data = json.dumps(command).encode() + b"\0"
        while data:
            data = data[os.write(self.to_browser, data):]
        while True:
            message = self.message()
            if message.get("id") == command["id"]:
                require("error" not in message, f"{method}: {message.get('error')}")
                return message["result"]
            if "method" in message:
                self.events.append(message)

    def wait_event(self, method, session):
        while True:
            for i, event in enumerate(self.events):
                if event["method"] == method and event.get("sessionId") == session:
                    return self.events.pop(i)
            message = self.message()
            if "method" in message:
                self.events.append(message)

    def open(self, path, **look):
        return Page(self, path, **look)


class Page:
    """A page from disk, loaded. What it says on the console, throws or fetches is kept."""

    def __init__(self, browser, path, width=1280, height=900, dark=False, scripts=True):
        self.browser = browser
        self.url = "file://" + os.path.abspath(path)
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.target = target
        for domain in "Page", "Runtime", "Log", "Network":
            self.call(f"{domain}.enable")
        self.look(width, height, dark)
        if not scripts:
            self.call("Emulation.setScriptExecutionDisabled", value=True)
        self.call("Page.navigate", url=self.url)
        browser.wait_event("Page.loadEventFired", self.session)

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def close(self):
        self.browser.call("Target.closeTarget", targetId=self.target)

    def look(self, width, height, dark):
        """Window size and the system's theme."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ])

    def run(self, expression):
        """The value of an expression of the page's language; a promise is waited for."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        require("exceptionDetails" not in answer, f"{expression}: {answer.get('exceptionDetails')}")
        return answer["result"].get("value")

    def wait(self, expression, what):
        harness.wait_until(lambda: self.run(f"Boolean({expression})"), what)

    def click(self, selector):
        """As with a mouse: the middle of the first element that fits, scrolled to."""
        quoted = json.dumps(selector)
        place = self.run(f"""(() => {{
            const element = document.querySelector({quoted});
            if (!element) return null;
            element.scrollIntoView({{block: 'center', behavior: 'instant'}});
            const box = element.getBoundingClientRect();
            return [box.x + box.width / 2, box.y + box.height / 2];
        }})()""")
        require(place, f"there is no {selector}")
        for kind in "mousePressed", "mouseReleased":
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)

    def press(self, key, text=None):
        code = {"windowsVirtualKeyCode": KEYS[key]} if key in KEYS else {}
        if key == "Enter":
            text = "\r"
        extra = {"text": text} if text else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, **code, **extra)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, **code)

    def write(self, text):
        self.call("Input.insertText", text=text)

    def screenshot(self, path, full=True):
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=full, **(
            {"clip": {"x": 0, "y": 0, "scale": 1, **self.run(
                "({width: innerWidth, height: Math.min(document.documentElement.scrollHeight, 12000)})")}}
            if full else {}))
        with open(path, "wb") as file:
            file.write(base64.b64decode(picture["data"]))

    def complaints(self):
        """Errors and warnings on the console and exceptions, so far."""
        self.run("0")  # what came before this answer is there
        found = []
        for event in self.browser.events:
            parameters = event.get("params", {})
            if event.get("sessionId") != self.session:
                continue
            if event["method"] == "Runtime.exceptionThrown":
                found.append(str(parameters["exceptionDetails"]))
            elif event["method"] == "Log.entryAdded":
                found.append(str(parameters["entry"]))
            elif event["method"] == "Runtime.consoleAPICalled":
                found.append(str(parameters["args"]))
        return found

    def fetched(self):
        """Addresses asked for, other than the page itself."""
        self.run("0")
        return [event["params"]["request"]["url"] for event in self.browser.events
                if event["method"] == "Network.requestWillBeSent" and event.get("sessionId") == self.session
                and event["params"]["request"]["url"] != self.url]
