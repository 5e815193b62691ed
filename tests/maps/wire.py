"""Browsers without a driver: old Chromium by its DevTools, Firefox by WebDriver BiDi, each through the one
socket that it opens itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

START_S = 60
ANSWER_S = 90
_OPENED = re.compile(r"listening on (ws://\S+)")


class Wire:
    """A socket that takes numbered commands and gives numbered answers."""

    def __init__(self, address: str) -> None:
        websocket = pytest.importorskip("websocket")
        self.socket = websocket.create_connection(address, timeout=ANSWER_S, suppress_origin=True)
        self.number = 0

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send one command and wait for its answer; what the browser tells meanwhile is passed over."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": parameters}))
        until = time.monotonic() + ANSWER_S
        while time.monotonic() < until:
            told = json.loads(self.socket.recv())
            if told.get("id") == self.number:
                assert "error" not in told, told
                return told["result"]
        raise AssertionError(f"{method} was not answered")


class OldChromium(Wire):
    """A page of a Chromium that no driver of today speaks to."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        # a page of its own: the one that it starts with may not be there yet
        page = self.send("Target.createTarget", url="about:blank")["targetId"]
        self.socket.close()
        super().__init__(re.sub("browser/.*", f"page/{page}", address))
        self.send("Page.enable")

    def open(self, path: Path) -> None:
        self.send("Page.navigate", url=path.as_uri())
        wait(self)

    def run(self, script: str) -> Any:
        told = self.send(
            "Runtime.evaluate",
            expression=f"(async () => {{ {script} }})().then(value => JSON.stringify(value === undefined ? null : value))",
            awaitPromise=True,
        )
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return json.loads(told["result"]["value"])


class Firefox(Wire):
    """A page of a Firefox of today, which needs no geckodriver."""

    def __init__(self, address: str) -> None:
        super().__init__(f"{address}/session")
        self.send("session.new", capabilities={})
        self.page = self.send("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, path: Path) -> None:
        self.send("browsingContext.navigate", context=self.page, url=path.as_uri(), wait="complete")
        wait(self)

    def run(self, script: str) -> Any:
        told = self.send(
            "script.evaluate",
            expression=f"(async () => {{ {script} }})().then(value => JSON.stringify(value === undefined ? null : value))",
            target={"context": self.page},
            awaitPromise=True,
        )
        assert told["type"] == "success", told
        return json.loads(told["result"]["value"])


def wait(page: OldChromium | Firefox) -> None:
    """Wait until a page has loaded, whether its scripts came to their end or not."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        state = page.run("return [document.readyState, location.protocol]")
        if state == ["complete", "file:"]:
            return
        time.sleep(0.1)
    raise AssertionError("the page was not loaded")


@contextlib.contextmanager
def started(command: list[str], **environment: str) -> Iterator[str]:
    """Run a browser without a window; yield the address of its socket, and end it."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        env=os.environ | environment,
    )
    found: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(process.stderr, found), daemon=True).start()
    try:
        yield found.get(timeout=START_S)
    finally:
        process.kill()
        process.wait()


def _listen(stream: Any, found: queue.Queue[str]) -> None:
    """Hand out the address that a browser tells, and read on, so that it never waits for a reader."""
    for line in stream:
        if match := _OPENED.search(line):
            found.put(match[1])


@contextlib.contextmanager
def old_chromium(program: str, profile: Path) -> Iterator[OldChromium]:
    """Open an old Chromium; its libraries lie beside it, see scripts/fetch_old_browsers.py."""
    flags = (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--single-process",
        "--no-zygote",
        "--host-resolver-rules=MAP * ~NOTFOUND",
        "--window-size=1600,1000",
        "--remote-debugging-port=0",
    )
    command = [program, *flags, f"--user-data-dir={profile}", "about:blank"]
    with started(command, LD_LIBRARY_PATH=str(Path(program).parent / "lib")) as address:
        yield OldChromium(address)


@contextlib.contextmanager
def firefox(program: str, profile: Path) -> Iterator[Firefox]:
    """Open Firefox without a network."""
    (profile / "user.js").write_text(
        'user_pref("network.dns.disabled", true); user_pref("app.update.enabled", false);\n',
        "utf-8",
    )
    command = [program, "-headless", "--profile", str(profile), "--remote-debugging-port", "0"]
    with started(command, HOME=str(profile)) as address:
        yield Firefox(address)
