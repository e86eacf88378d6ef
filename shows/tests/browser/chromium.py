"""A headless Chromium, driven over a pipe by the DevTools protocol."""

import base64
import fcntl
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

PATIENCE = 60.0
"""Seconds to wait for an immediate effect, because machines may be slow."""

_AIM = """(element, scroll) => {
  if (!element) return null;
  if (scroll) element.scrollIntoView({ block: "center", inline: "center" });
  const stop = (event) => {
    event.stopImmediatePropagation();
    event.preventDefault();
  };
  addEventListener("pointerdown", (event) => {
    globalThis.isMissed = !element.contains(event.target);
    if (!isMissed) return;
    stop(event);
    for (const kind of ["pointerup", "click"]) addEventListener(kind, stop, { capture: true, once: true });
  }, { capture: true, once: true });
  const { x, y, width, height } = element.getBoundingClientRect();
  return [x + width / 2, y + height / 2];
}"""
"""A function of the page. It returns an element's middle, and the next press hits nothing else."""


class Chromium:
    """
    The browser, with separate cookies and storage for each page.

    So each page is another customer's.
    """

    def __init__(self, program: str, profile: str) -> None:
        commands, self._commands = _pipe()
        self._answers, answers = _pipe()
        self._process = subprocess.Popen(
            [
                "bash", "-c", f'exec "$@" 3<&{commands} 4>&{answers}', "bash", program,
                "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={profile}",
            ],
            pass_fds=(commands, answers),
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(commands)
        os.close(answers)
        self._received = b""
        self._last_id = 0
        self.events: list[dict[str, Any]] = []

    def send(self, method: str, session: str = "", **params: Any) -> dict[str, Any]:
        """Return the browser's answer to a command. Raises RuntimeError for a refusal."""
        self._last_id += 1
        message = {"id": self._last_id, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._last_id:
                break
            self.events.append(answer)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return answer["result"]

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._received:
            if not select.select([self._answers], [], [], PATIENCE)[0]:
                raise TimeoutError("The browser does not answer.")
            read = os.read(self._answers, 1 << 16)
            if not read:
                raise RuntimeError("The browser has ended.")
            self._received += read
        message, _, self._received = self._received.partition(b"\0")
        return json.loads(message)

    @contextmanager
    def page(self, url: str, *, width: int = 1280, height: int = 900) -> Iterator["Page"]:
        context = self.send("Target.createBrowserContext")["browserContextId"]
        target = self.send("Target.createTarget", url="about:blank", browserContextId=context)
        attached = self.send("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        page = Page(self, attached["sessionId"])
        page.resize(width, height)
        for domain in ("Page", "Runtime", "Log"):
            page.send(f"{domain}.enable")
        page.open(url)
        try:
            yield page
        finally:
            self.send("Target.disposeBrowserContext", browserContextId=context)

    def close(self) -> None:
        self.send("Browser.close")
        self._process.wait(timeout=PATIENCE)
        os.close(self._commands)
        os.close(self._answers)


class Page:
    """A tab. Clicks and keys are real ones: the browser itself says what is hit."""

    def __init__(self, browser: Chromium, session: str) -> None:
        self.browser, self.session = browser, session

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        return self.browser.send(method, self.session, **params)

    def resize(self, width: int, height: int, *, touch: bool = False) -> None:
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=touch,
        )  # fmt: skip
        self.send("Emulation.setTouchEmulationEnabled", enabled=touch)

    def open(self, url: str) -> None:
        """Go to an address, and wait until the page is loaded."""
        self._leave(f"location.assign({json.dumps(url)})")

    def reload(self) -> None:
        self._leave("location.reload()")

    def _leave(self, script: str) -> None:
        # The old page may still be there for a moment.
        self.run(f"globalThis.isOld = true; {script}")
        self.wait("!globalThis.isOld && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """Return an expression's value in the page. A promise is waited for."""
        result = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def wait(self, script: str) -> Any:
        """
        Wait until an expression is true, and return its value.

        Raises TimeoutError, with what is seen.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                value = self.run(script)
            except RuntimeError:  # The page is being loaded, and the element is not there yet.
                value = None
            if value:
                return value
            time.sleep(0.05)
        raise TimeoutError(f"{script}\n{self.run('document.body.innerText')}")

    def click(self, selector: str, *, scroll: bool = True) -> None:
        """
        Click the middle of the first visible element.

        Wait until the page is loaded and the element is there. If the page moves in between and
        something else is hit, that has no effect, and the click is repeated.

        Raises TimeoutError, with what is seen.
        """
        found = f"[...document.querySelectorAll({json.dumps(selector)})].find(e => e.checkVisibility() && !e.disabled)"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            x, y = self.wait(
                f"document.readyState === 'complete' && ({_AIM})({found}, {json.dumps(scroll)})"
            )
            self._mouse("mousePressed", x, y)
            is_missed = self.run("globalThis.isMissed")
            self._mouse("mouseReleased", x, y)
            if not is_missed:
                return
        raise TimeoutError(f"{selector} is covered.\n{self.run('document.body.innerText')}")

    def click_at(self, x: float, y: float) -> None:
        for kind in ("mousePressed", "mouseReleased"):
            self._mouse(kind, x, y)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        self._mouse("mousePressed", *start)
        for step in (0.3, 0.6, 1):
            x, y = (one + step * (other - one) for one, other in zip(start, end, strict=True))
            self._mouse("mouseMoved", x, y)
        self._mouse("mouseReleased", *end)

    def _mouse(self, kind: str, x: float, y: float) -> None:
        self.send(
            "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1
        )

    def tap(self, x: float, y: float) -> None:
        self.send("Input.dispatchTouchEvent", type="touchStart", touchPoints=[{"x": x, "y": y}])
        self.send("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    def press(self, key: str) -> None:
        code = {" ": 32, "Enter": 13, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39,
                "ArrowDown": 40, "Home": 36, "End": 35, "Tab": 9, "Escape": 27}.get(key, 0)  # fmt: skip
        text = {"text": "\r" if key == "Enter" else key} if code in (0, 13, 32) else {}
        self.send(
            "Input.dispatchKeyEvent", type="keyDown", key=key, windowsVirtualKeyCode=code, **text
        )
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, windowsVirtualKeyCode=code)

    def type(self, selector: str, text: str) -> None:
        self.click(selector)
        self.run("document.activeElement.select?.()")
        self.send("Input.insertText", text=text)

    def text(self, selector: str) -> str:
        return self.run(f"document.querySelector({json.dumps(selector)}).innerText")

    def screenshot(self, path: str) -> None:
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def complaints(self) -> list[str]:
        """Return the console's errors, including policy violations."""
        self.run("0")
        mine = [event for event in self.browser.events if event.get("sessionId") == self.session]
        thrown = [e["params"] for e in mine if e["method"] == "Runtime.exceptionThrown"]
        logged = [e["params"]["entry"] for e in mine if e["method"] == "Log.entryAdded"]
        return [
            *(event["exceptionDetails"]["exception"]["description"] for event in thrown),
            # A refusal of the API is logged as a failed load, and is what some tests want.
            *(entry["text"] for entry in logged if entry["source"] != "network"),
        ]


def _pipe() -> tuple[int, int]:
    """Return a pipe whose ends are not 3 and 4. The browser reads and writes those."""
    ends = []
    for end in os.pipe():
        ends.append(fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20))
        os.close(end)
    return ends[0], ends[1]


def seat(label: str) -> str:
    """Return the selector of a seat such as A1."""
    return f'[role=checkbox][aria-label^="Row {label[0]}, seat {label[1:]} ·"]'
