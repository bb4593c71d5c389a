"""`python -m app` as a process: logs, and SIGTERM without a lost request."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from app.api import wrap
from app.http.drain import Drain
from app.server import DrainingServer
from app.settings import Settings
from tests.conftest import add_user
from tests.support.process import RunningApp, free_port, log_lines, running_app
from tests.support.tokens import SECRET, mint

CANARY = "canary-7f3a"

DRAIN_SECONDS = Settings.model_fields["drain_seconds"].default


@pytest.fixture
def token(users: psycopg.Connection) -> str:
    return f"Bearer {mint(sub=add_user(users, 'alice'))}"


@pytest.fixture
def served(migrated_url: str) -> Iterator[RunningApp]:
    with running_app(migrated_url, OPENAI_API_KEY=f"sk-{CANARY}") as app:
        yield app


def connect(app: RunningApp) -> http.client.HTTPConnection:
    return http.client.HTTPConnection("127.0.0.1", app.port, timeout=30)


def test_sigterm_finishes_what_is_in_flight_and_tells_the_others_to_close(
    served: RunningApp, token: str, users: psycopg.Connection
) -> None:
    body = json.dumps({"title": "in flight"}).encode()
    idle, busy = connect(served), connect(served)
    idle.request("GET", "/health/live")
    assert idle.getresponse().read()
    busy.putrequest("POST", "/api/tasks")
    for name, value in (("Authorization", token), ("Content-Type", "application/json")):
        busy.putheader(name, value)
    busy.putheader("Content-Length", str(len(body)))
    busy.endheaders()
    busy.send(body[:5])

    served.process.send_signal(signal.SIGTERM)
    closing = _first_closing_answer(served)

    # A kept connection gets its answer, and the word to close.
    idle.request("GET", "/api/tasks", headers={"Authorization": token})
    answer = idle.getresponse()
    assert (answer.status, answer.getheader("Connection"), bool(answer.read())) == (200, "close", True)
    # So does a new one, errors included.
    assert closing.getheader("Connection") == "close"
    # And the request that was only half there when the signal came.
    busy.send(body[5:])
    answer = busy.getresponse()
    assert (answer.status, answer.getheader("Connection")) == (201, "close")
    assert users.execute("SELECT title FROM task").fetchall() == [("in flight",)]
    answer.read()

    started = time.monotonic()
    assert served.wait(DRAIN_SECONDS) == 0
    # Every connection was told to close, so there is nothing to wait for.
    assert time.monotonic() - started < DRAIN_SECONDS - 1


def _first_closing_answer(app: RunningApp) -> http.client.HTTPResponse:
    """The signal is handled a moment after it was sent: ask, on new connections, until it shows."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        connection = connect(app)
        connection.request("GET", "/api/nothing")
        answer = connection.getresponse()
        answer.read()
        connection.close()
        if answer.getheader("Connection") == "close":
            assert answer.status == 404
            return answer
    raise AssertionError("the drain never began")


def test_no_request_on_a_kept_connection_is_lost_to_sigterm(
    served: RunningApp, token: str, users: psycopg.Connection
) -> None:
    """Clients that never retry write over kept connections until each is told to close."""
    running = threading.Barrier(9)

    def write() -> int:
        acknowledged = 0
        headers = {"Authorization": token, "Content-Type": "application/json"}
        with contextlib.closing(connect(served)) as client:
            while True:
                client.request("POST", "/api/tasks", '{"title": "kept"}', headers)
                answer = client.getresponse()
                answer.read()
                assert answer.status == 201
                acknowledged += 1
                if acknowledged == 10:
                    running.wait()
                if answer.getheader("Connection") == "close":
                    return acknowledged

    with ThreadPoolExecutor(8) as pool:
        writers = [pool.submit(write) for _ in range(8)]
        running.wait()
        assert served.stop(signal.SIGTERM, 30) == 0
        acknowledged = sum(writer.result() for writer in writers)

    assert acknowledged >= 80
    assert users.execute("SELECT count(*) FROM task").fetchone() == (acknowledged,)


def test_sigterm_during_start_ends_the_process(migrated_url: str) -> None:
    with running_app(migrated_url) as app:
        assert app.stop(signal.SIGTERM, 10) == 0


def test_a_second_signal_does_not_wait_for_idle_connections(served: RunningApp) -> None:
    with contextlib.closing(connect(served)) as idle:
        idle.request("GET", "/health/live")
        assert idle.getresponse().read()
        served.process.send_signal(signal.SIGINT)
        _first_closing_answer(served)
        started = time.monotonic()
        assert served.stop(signal.SIGINT, DRAIN_SECONDS) == 0
        assert time.monotonic() - started < DRAIN_SECONDS - 1


async def test_a_stream_that_was_begun_is_finished() -> None:
    """Server-sent events, through all that every request passes."""
    begun, signalled = asyncio.Event(), asyncio.Event()

    async def stream(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"text/event-stream")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})
        begun.set()
        await signalled.wait()
        for number in (b"2", b"3"):
            # Longer than the drain: the server goes on to its shutdown, which waits for the stream.
            await asyncio.sleep(0.3)
            await send({"type": "http.response.body", "body": b"data: %b\n\n" % number, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    drain = Drain()
    port = free_port()
    config = uvicorn.Config(
        wrap(stream, drain), port=port, lifespan="off", log_config=None, timeout_graceful_shutdown=10
    )
    server = DrainingServer(config, drain, drain_seconds=0.1)
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    async with httpx.AsyncClient() as client, client.stream("GET", f"http://127.0.0.1:{port}/") as answer:
        await begun.wait()
        server.handle_exit(signal.SIGTERM, None)
        signalled.set()
        lines = [line async for line in answer.aiter_lines() if line]
    assert lines == ["data: 1", "data: 2", "data: 3"]
    async with asyncio.timeout(5):
        await running


async def test_a_request_that_never_ends_does_not_keep_the_server() -> None:
    asked = asyncio.Event()

    async def hang(_scope: Scope, _receive: Receive, _send: Send) -> None:
        asked.set()
        await asyncio.Event().wait()

    port = free_port()
    config = uvicorn.Config(
        hang, port=port, lifespan="off", log_config=None, timeout_graceful_shutdown=1, access_log=False
    )
    server = DrainingServer(config, Drain(), drain_seconds=0.1)
    running = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.01)
    _reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await asked.wait()

    server.handle_exit(signal.SIGTERM, None)

    async with asyncio.timeout(5):
        await running
    writer.close()


def test_logs_are_json_and_hold_no_secret_and_no_task(
    served: RunningApp, token: str, migrated_url: str
) -> None:
    client = connect(served)
    headers = {"Authorization": token, "Content-Type": "application/json"}
    for title in (f"{CANARY} ok", f"{CANARY}\x00", CANARY * 100):
        client.request("POST", f"/api/tasks?note={CANARY}", json.dumps({"title": title}), headers)
        client.getresponse().read()
    client.request("GET", "/api/tasks", headers={**headers, "Authorization": f"Bearer {CANARY}.a.b"})
    client.getresponse().read()
    client.request("GET", "/health/live")
    client.getresponse().read()
    client.close()
    with socket.create_connection(("127.0.0.1", served.port)) as raw:
        raw.sendall(f"{CANARY} this is not HTTP\r\n\r\n".encode())
        assert b"400" in raw.recv(1000)

    assert served.stop(signal.SIGTERM, 30) == 0

    lines = log_lines(served.output)
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["method"], line["path"], line["status"]) for line in requests] == [
        ("POST", "/api/tasks", 201),
        ("POST", "/api/tasks", 422),
        ("POST", "/api/tasks", 422),
        ("GET", "/api/tasks", 401),
    ]
    password = psycopg.conninfo.conninfo_to_dict(migrated_url)["password"]
    for secret in (CANARY, SECRET, str(password), token.removeprefix("Bearer ")):
        assert secret not in served.output


def test_a_database_error_is_logged_without_the_row(
    served: RunningApp, token: str, users: psycopg.Connection
) -> None:
    users.execute("ALTER TABLE task ADD CONSTRAINT nothing_goes CHECK (false) NOT VALID")
    try:
        with contextlib.closing(connect(served)) as client:
            text = json.dumps({"title": f"{CANARY} title", "notes": f"{CANARY}\n[SQL: {CANARY}"})
            headers = {"Authorization": token, "Content-Type": "application/json"}
            client.request("POST", "/api/tasks", text, headers)
            answer = client.getresponse()
            assert answer.status == 500
            assert CANARY.encode() not in answer.read()
    finally:
        users.execute("ALTER TABLE task DROP CONSTRAINT nothing_goes")
    assert served.stop(signal.SIGTERM, 30) == 0

    (failure,) = [line for line in log_lines(served.output) if line["event"] == "request failed"]
    assert "app/tasks/store.py" in failure["exception"]
    assert "CheckViolation: 23514: new row for relation" in failure["exception"]
    assert CANARY not in served.output


@pytest.mark.parametrize("given", ["trace-1.a_B", "a" * 64])
def test_a_request_id_is_passed_through_to_the_log(served: RunningApp, given: str) -> None:
    client = connect(served)
    client.request("GET", "/api/tasks", headers={"X-Request-Id": given})
    answer = client.getresponse()
    body = json.loads(answer.read())
    client.close()
    assert answer.getheader("X-Request-Id") == given
    assert body["requestId"] == given
    served.stop(signal.SIGTERM, 30)
    (line,) = [line for line in log_lines(served.output) if line["event"] == "request"]
    assert line["request_id"] == given
