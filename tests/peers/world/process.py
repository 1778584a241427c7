"""Programs that run beside the tests: started, waited for, stopped."""

import atexit
import os
import random
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

import httpx

ROOT = Path(__file__).resolve().parents[3]
TARGET = ROOT / "target"
SCRATCH = TARGET / "peers"
EVENTUALLY = 20.0
STARTS_WITHIN = 120.0  # node and python read hundreds of files, on a new machine from a cold disk
STOPS_WITHIN = 30.0

T = TypeVar("T")


class Program:
    """A program in the background, whose output goes to a file."""

    def __init__(self, name: str, command: list[str], environment: Mapping[str, str], log: Path) -> None:
        """Starts it. Of this process's environment it learns where programs and temporary files are."""
        self.name = name
        self.log = log
        inherited = {key: os.environ[key] for key in ("PATH", "TMPDIR") if key in os.environ}
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                env={**inherited, **environment},
                cwd=SCRATCH,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        atexit.register(self._process.kill)

    def stop(self) -> int:
        """Asks it to stop with SIGTERM, and says with which status it did."""
        self._process.terminate()
        return self._process.wait(STOPS_WITHIN)

    def kill(self) -> None:
        """Ends it, if it has not ended already."""
        self._process.kill()
        self._process.wait()

    def said(self) -> str:
        """What it has put out so far."""
        return self.log.read_text(errors="replace")

    def wait_until(self, is_up: Callable[[], bool]) -> None:
        """Waits until it is up."""
        eventually(
            lambda: self._lives() and is_up(),
            lambda: f"{self.name} did not start\n{self.said()}",
            STARTS_WITHIN,
        )

    def wait_for_address(self) -> str:
        """Waits for the line that says where it listens."""
        prefix = "listening on "
        self.wait_until(lambda: any(line.startswith(prefix) for line in self.said().splitlines()))
        line = next(line for line in self.said().splitlines() if line.startswith(prefix))
        return line.removeprefix(prefix)

    def _lives(self) -> bool:
        assert self._process.poll() is None, f"{self.name} ended\n{self.said()}"
        return True


def eventually(
    look: Callable[[], T | None],
    otherwise: Callable[[], str],
    within: float = EVENTUALLY,
    every: float = 0.05,
) -> T:
    """Looks again and again until there is something to see."""
    deadline = time.monotonic() + within
    while True:
        if seen := look():
            return seen
        if time.monotonic() > deadline:
            raise AssertionError(otherwise())
        time.sleep(every)


def answers(url: str) -> bool:
    """Whether somebody answers there, and well."""
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def free_port() -> int:
    """A port on loopback that nobody listens on, below those that the system hands out by itself."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
