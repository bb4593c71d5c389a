"""A bound on the time until an answer begins, whatever the database does."""

from __future__ import annotations

import asyncio

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.problems import unavailable

ANSWER_SECONDS = 5

log = structlog.get_logger(__name__)


class Deadline:
    """503 when no response has begun after `seconds`.

    The route is cancelled but not awaited: cancelling a query on a server that hangs takes as long as the
    server likes, and the client shall not wait for that.
    """

    def __init__(self, app: ASGIApp, seconds: float = ANSWER_SECONDS) -> None:
        self.app, self.seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        started = expired = False

        async def send_in_time(message: Message) -> None:
            nonlocal started
            if expired:
                return
            started = True
            await send(message)

        route = asyncio.ensure_future(self.app(scope, receive, send_in_time))
        try:
            await asyncio.wait({route}, timeout=self.seconds)
            if route.done() or started:
                return await route
        except asyncio.CancelledError:
            route.cancel()
            raise
        expired = True
        route.add_done_callback(_forget)
        route.cancel()
        log.warning("no answer in time", seconds=self.seconds)
        late = unavailable(
            scope, f"No answer within {self.seconds} s. A change may or may not have been made."
        )
        return await late(scope, receive, send)


def _forget(route: asyncio.Future[None]) -> None:
    if not route.cancelled():
        route.exception()  # retrieved, so that the loop does not report it a second time
