"""`Connection: close` on every response while the server drains.

A client that is told to close never reuses a connection that is about to go away; without this, a keep-alive
request that crosses the server's own close on the wire is lost, however long the pod waited beforehand.
"""

from __future__ import annotations

import threading

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Drain:
    """Whether the process has been told to stop. Shared by the server and the middleware."""

    def __init__(self) -> None:
        self.begun = threading.Event()

    @property
    def active(self) -> bool:
        return self.begun.is_set()


class ConnectionClose:
    """Adds the header from the moment that `drain` is active."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self.app, self.drain = app, drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def send_closing(message: Message) -> None:
            # Looked at here, not on arrival: a request in flight when the drain begins counts too.
            if message["type"] == "http.response.start" and self.drain.active:
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        return await self.app(scope, receive, send_closing)
