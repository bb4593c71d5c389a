"""A TCP proxy that a test can cut or freeze: what a network does to a database connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class TcpProxy:
    """Forwards to a target. `cut` refuses and drops all, `freeze` holds every byte, `mend` ends both."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self.port = 0
        self.accepted = 0

    async def mend(self) -> None:
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()

    def freeze(self) -> None:
        self._flowing.clear()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        with contextlib.suppress(OSError):
            other_reader, other_writer = await asyncio.open_connection(*self._target)
            async with asyncio.TaskGroup() as both_ways:
                both_ways.create_task(self._pump(reader, other_writer))
                both_ways.create_task(self._pump(other_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError):
                while data := await reader.read(65536):
                    await self._flowing.wait()
                    writer.write(data)
                    await writer.drain()
        finally:
            self._writers.discard(writer)
            writer.close()


@contextlib.asynccontextmanager
async def proxy_to(target: tuple[str, int]) -> AsyncIterator[TcpProxy]:
    """A proxy that forwards, cut at the end."""
    proxy = TcpProxy(target)
    await proxy.mend()
    try:
        yield proxy
    finally:
        proxy._flowing.set()
        await proxy.cut()
