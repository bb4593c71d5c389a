"""Serving, and stopping without losing a request."""

from __future__ import annotations

import os
import threading
import time
from types import FrameType

import structlog
import uvicorn
from starlette.types import ASGIApp

from app.http.drain import Drain

FINISH_SECONDS = 8
"""How long requests still running after that are given. With a 5 s preStop sleep it all stays under 30 s."""

_MARGIN_SECONDS = 4

# Much longer than clients are told (drain.IDLE_SECONDS), so that it is they who close.
_KEEP_ALIVE_SECONDS = 75

log = structlog.get_logger(__name__)


class DrainingServer(uvicorn.Server):
    """uvicorn, with a drain between the signal and the shutdown.

    On the first SIGTERM or SIGINT it goes on serving, new connections included, while `drain` makes every
    response close its connection. When none is left, or after `drain_seconds`, uvicorn shuts down as usual.
    A second signal skips the drain.
    """

    def __init__(self, config: uvicorn.Config, drain: Drain, drain_seconds: float) -> None:
        super().__init__(config)
        self._drain = drain
        self._drain_seconds = drain_seconds
        self._drain_until: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - uvicorn's signature
        # A signal handler interrupts anything, a log line half written too: it only sets flags.
        if self._drain.active:
            self.should_exit = True
        self._drain.begun.set()

    async def on_tick(self, counter: int) -> bool:
        if self._drain.active and not self.should_exit:
            connections = len(self.server_state.connections)
            if self._drain_until is None:
                self._drain_until = time.monotonic() + self._drain_seconds
                log.info("draining", connections=connections)
            if connections == 0 or time.monotonic() >= self._drain_until:
                log.info("drained", connections=connections)
                self.should_exit = True
        return await super().on_tick(counter)


def serve(app: ASGIApp, drain: Drain, port: int, drain_seconds: float) -> None:
    """Serve `app` on every interface until a signal has been handled to the end."""
    config = uvicorn.Config(
        app,
        host="0.0.0.0",  # noqa: S104 - a container's port
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )
    deadline = drain_seconds + FINISH_SECONDS + _MARGIN_SECONDS
    threading.Thread(target=_stop_hard, args=(drain, deadline), daemon=True).start()
    DrainingServer(config, drain, drain_seconds).run()


def _stop_hard(drain: Drain, deadline: float) -> None:
    """Ends the process when even the shutdown hangs: a blocked event loop, a thread that will not end."""
    drain.begun.wait()
    time.sleep(deadline)
    log.error("still running at the deadline; giving up", seconds=deadline)
    os._exit(1)
