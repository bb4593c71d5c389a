"""Every error is an RFC 9457 problem."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from app.api import wrap
from app.http.body_limit import MAX_BODY_BYTES, BodyLimit
from app.http.deadline import Deadline
from app.http.drain import Drain
from app.http.problems import install_problem_handlers


def assert_problem(response: httpx.Response, status: int, kind: str) -> None:
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"urn:taskflow:problem:{kind}"
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["requestId"] == response.headers["X-Request-Id"]


async def test_an_unknown_path(anonymous: httpx.AsyncClient) -> None:
    assert_problem(await anonymous.get("/api/nothing"), 404, "not-found")


async def test_an_unknown_method(anonymous: httpx.AsyncClient) -> None:
    response = await anonymous.put("/api/tasks", json={})
    assert_problem(response, 405, "method-not-allowed")
    assert response.headers["Allow"]


async def test_no_token(anonymous: httpx.AsyncClient) -> None:
    assert_problem(await anonymous.get("/api/tasks"), 401, "unauthorized")


async def test_a_body_that_is_not_json(alice: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    assert_problem(await alice.post("/api/tasks", content=b"{", headers=headers), 400, "malformed")


async def test_many_wrong_fields_are_named_up_to_a_bound(alice: httpx.AsyncClient) -> None:
    response = await alice.post("/api/tasks", json={f"field{n}": n for n in range(1000)})
    assert_problem(response, 422, "invalid")
    assert len(response.json()["errors"]) == 20


async def test_a_body_declared_too_large(alice: httpx.AsyncClient) -> None:
    response = await alice.post("/api/tasks", json={"title": "a", "notes": "x" * 10_000_000})
    assert_problem(response, 413, "too-large")
    assert response.headers["Connection"] == "close"


async def test_a_body_that_grows_too_large(alice: httpx.AsyncClient) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield b" " * 65_536

    response = await alice.post("/api/tasks", content=endless())
    assert_problem(response, 413, "too-large")
    assert sent <= MAX_BODY_BYTES + 2 * 65_536


async def test_the_largest_allowed_task_fits(alice: httpx.AsyncClient) -> None:
    # Escaped by the client, an emoji takes twelve bytes.
    response = await alice.post("/api/tasks", json={"title": "😀" * 500, "notes": "😀" * 10_000})
    assert response.status_code == 201


async def call(app: object, method: str, receive: Receive) -> list[Message]:
    """One request against a bare ASGI app; what it sent."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/", "headers": [], "state": {"request_id": "r"}}
    await app(scope, receive, send)  # type: ignore[operator]
    return sent


async def never() -> Message:
    await asyncio.Event().wait()
    raise AssertionError


async def hang(_scope: Scope, _receive: Receive, _send: Send) -> None:
    await asyncio.Event().wait()


async def test_a_body_that_never_arrives() -> None:
    start, _body = await call(BodyLimit(hang, seconds=0.01), "POST", never)
    assert start["status"] == 408
    assert (b"connection", b"close") in start["headers"]


async def test_a_client_that_leaves_midway_reaches_no_route() -> None:
    async def leave() -> Message:
        return {"type": "http.disconnect"}

    assert await call(BodyLimit(hang), "POST", leave) == []


async def test_a_route_that_never_answers() -> None:
    start, _body = await call(Deadline(hang, seconds=0.01), "GET", never)
    assert start["status"] == 503
    assert dict(start["headers"])[b"retry-after"] == b"2"


async def test_a_route_that_cannot_even_be_cancelled() -> None:
    release = asyncio.Event()

    async def stubborn(_scope: Scope, _receive: Receive, send: Send) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await release.wait()  # as a query on a server that has stopped
            await send({"type": "http.response.start", "status": 200, "headers": []})

    sent = await call(Deadline(stubborn, seconds=0.01), "GET", never)
    assert [message.get("status") for message in sent] == [503, None]
    release.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert len(sent) == 2


async def test_an_answer_that_has_begun_is_left_alone() -> None:
    finish = asyncio.Event()

    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        asyncio.get_running_loop().call_later(0.05, finish.set)
        await finish.wait()
        await send({"type": "http.response.body", "body": b"end"})

    sent = await call(Deadline(stream, seconds=0.01), "GET", never)
    assert [message.get("status") for message in sent] == [200, None]
    assert sent[1]["body"] == b"end"


async def test_a_bug_is_a_500_that_shows_nothing() -> None:
    api = FastAPI()
    install_problem_handlers(api)

    @api.get("/api/bug")
    async def bug() -> None:
        raise RuntimeError("a secret detail")

    transport = httpx.ASGITransport(wrap(api, Drain()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://backend") as client:
        response = await client.get("/api/bug")
    assert_problem(response, 500, "internal")
    assert "secret" not in response.text
