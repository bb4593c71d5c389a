"""Request bodies: read whole before the route runs, bounded in size and time."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.problems import problem_response

MAX_BODY_BYTES = 256 * 1024
BODY_SECONDS = 15

_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})


class _TooLargeError(Exception):
    pass


class BodyLimit:
    """413 for a body over `max_bytes`, 408 for one that has not arrived within `seconds`.

    Both close the connection, for the rest of the body is still on its way.
    """

    def __init__(self, app: ASGIApp, max_bytes: int = MAX_BODY_BYTES, seconds: float = BODY_SECONDS) -> None:
        self.app, self.max_bytes, self.seconds = app, max_bytes, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _WITHOUT_BODY:
            return await self.app(scope, receive, send)

        close = {"Connection": "close"}
        try:
            async with asyncio.timeout(self.seconds):
                body = await self._read(scope, receive)
        except _TooLargeError:
            detail = f"A request body may have at most {self.max_bytes} bytes."
            refusal = problem_response(scope, 413, "too-large", detail, headers=close)
            return await refusal(scope, receive, send)
        except TimeoutError:
            detail = f"The body did not arrive within {self.seconds} s."
            refusal = problem_response(scope, 408, "request-timeout", detail, headers=close)
            return await refusal(scope, receive, send)
        if body is None:
            return None  # the client went away

        replayed = False

        async def receive_whole() -> Message:
            nonlocal replayed
            if replayed:
                return await receive()
            replayed = True
            return {"type": "http.request", "body": body, "more_body": False}

        return await self.app(scope, receive_whole, send)

    async def _read(self, scope: Scope, receive: Receive) -> bytes | None:
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self.max_bytes:
            raise _TooLargeError
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            body += message.get("body", b"")
            if len(body) > self.max_bytes:
                raise _TooLargeError
            if not message.get("more_body", False):
                return bytes(body)
