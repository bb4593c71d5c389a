"""What every response says of its connection: for how long to keep it idle, or, during a drain, to close it.

A client that is told to close never reuses a connection that is about to go away; without this, a keep-alive
request that crosses the server's own close on the wire is lost, however long the pod waited beforehand.
"""

from __future__ import annotations

import threading

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IDLE_SECONDS = 5
"""How long clients may keep an idle connection. Shorter than a drain, so that none is left when it ends."""


class Drain:
    """Whether the process has been told to stop. Shared by the server and the middleware."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    @property
    def active(self) -> bool:
        return self.begun.is_set()


class ConnectionAdvice:
    """Adds `Keep-Alive: timeout=...` and, from the moment that `drain` is active, `Connection: close`."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self.app, self.drain = app, drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_advice(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                # Looked at here, not on arrival: a request in flight when the drain begins counts too.
                if self.drain.active:
                    headers["Connection"] = "close"
                elif headers.get("Connection") != "close":
                    headers["Connection"] = "keep-alive"
                    headers["Keep-Alive"] = f"timeout={IDLE_SECONDS}"
            await send(message)

        return await self.app(scope, receive, send_advice)
