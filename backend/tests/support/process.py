"""The app as a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.tokens import SECRET

BACKEND = Path(__file__).parent.parent.parent
START_SECONDS = 60


def environment(**variables: str) -> dict[str, str]:
    """Nothing but these variables and what a Python process needs."""
    kept = ("PATH", "HOME", "SYSTEMROOT")
    return {name: os.environ[name] for name in kept if name in os.environ} | variables


def run_module(module: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m module` to its end."""
    return subprocess.run(
        [sys.executable, "-m", module],
        cwd=BACKEND,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


def log_lines(output: str) -> list[dict[str, Any]]:
    """The output as logs; fails where a line is not JSON."""
    return [json.loads(line) for line in output.splitlines()]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class RunningApp:
    """`python -m app`, serving on 127.0.0.1:`port`."""

    process: subprocess.Popen[str]
    port: int
    output: str = field(default="")

    def stop(self, signal_number: int, seconds: float) -> int:
        """Send a signal, wait for the end, keep the output. Returns the exit code."""
        self.process.send_signal(signal_number)
        return self.wait(seconds)

    def wait(self, seconds: float) -> int:
        self.output, _ = self.process.communicate(timeout=seconds)
        return self.process.returncode


@contextlib.contextmanager
def running_app(url: str, **variables: str) -> Iterator[RunningApp]:
    """The app, once it accepts connections; killed at the end if it still runs."""
    port = free_port()
    env = {"DATABASE_URL": url, "BETTER_AUTH_SECRET": SECRET, "FRONTEND_URL": "http://localhost:3000"}
    process = subprocess.Popen(
        [sys.executable, "-m", "app"],
        cwd=BACKEND,
        env=environment(**env, PORT=str(port), **variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        _wait_until_listening(process, port)
        yield RunningApp(process, port)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def _wait_until_listening(process: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise AssertionError(f"the app ended with {process.returncode}: {process.communicate()[0]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise AssertionError("the app did not listen in time")
