"""One user's tasks do not exist for another, whatever is asked in whatever order."""

from __future__ import annotations

import random
import uuid
from collections.abc import Awaitable, Callable

import httpx
import psycopg

from tests.conftest import ClientFor, add_user
from tests.support.tokens import mint
from tests.test_tasks import add

CASES = 1_000


async def test_a_foreign_task_answers_like_one_that_never_was(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    foreign = f"/api/tasks/{(await add(alice, 'a secret'))['id']}"
    never = f"/api/tasks/{uuid.uuid4()}"
    requests: list[Callable[[str], Awaitable[httpx.Response]]] = [
        bob.get,
        bob.delete,
        lambda path: bob.patch(path, json={"title": "mine now"}),
        lambda path: bob.patch(path, json={}),
    ]
    for request in requests:
        answers = [await request(path) for path in (foreign, never)]
        bodies = [{**answer.json(), "requestId": None} for answer in answers]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert bodies[0] == bodies[1]


async def test_a_cursor_of_another_user_shows_only_ones_own(
    alice: httpx.AsyncClient, bob: httpx.AsyncClient
) -> None:
    older = await add(bob, "bob's")
    for n in range(3):
        await add(alice, f"alice's {n}")
    cursor = (await alice.get("/api/tasks", params={"limit": 1})).json()["nextCursor"]
    page = (await bob.get("/api/tasks", params={"cursor": cursor})).json()
    assert page == {"items": [older], "nextCursor": None}


async def test_a_thousand_generated_steps_never_cross_over(client_for: ClientFor) -> None:
    """Two users act at random on every id there is; a model of what each owns must stay true."""
    chance = random.Random(20261123)  # noqa: S311 - repeatable, not secret
    clients = [client_for("alice"), client_for("bob")]
    owned: list[dict[str, str]] = [{}, {}]
    crossings = 0

    for step in range(CASES):
        actor = chance.randrange(2)
        client, mine = clients[actor], owned[actor]
        ids = [*owned[0], *owned[1]]
        if not ids or (len(ids) < 40 and chance.random() < 0.3):
            title = f"{step} of {actor}"
            mine[(await add(client, title))["id"]] = title
            continue
        task_id = chance.choice(ids)
        path = f"/api/tasks/{task_id}"
        crossings += task_id not in mine
        match chance.choice(["read", "change", "delete"]):
            case "read":
                response = await client.get(path)
                assert response.status_code == (200 if task_id in mine else 404)
                if task_id in mine:
                    assert response.json()["title"] == mine[task_id]
            case "change":
                response = await client.patch(path, json={"title": f"{step} by {actor}"})
                assert response.status_code == (200 if task_id in mine else 404)
                if task_id in mine:
                    mine[task_id] = f"{step} by {actor}"
            case _:
                response = await client.delete(path)
                assert response.status_code == (204 if task_id in mine else 404)
                mine.pop(task_id, None)

    assert crossings > CASES / 10
    for client, mine in zip(clients, owned, strict=True):
        kept = (await client.get("/api/tasks", params={"limit": 100})).json()["items"]
        assert {task["id"]: task["title"] for task in kept} == mine


async def test_tasks_go_with_their_user(alice: httpx.AsyncClient, users: psycopg.Connection) -> None:
    await add(alice)
    users.execute('DELETE FROM "user"')
    assert users.execute("SELECT count(*) FROM task").fetchone() == (0,)


async def test_a_deleted_user_with_a_live_token_is_told_to_sign_in(
    anonymous: httpx.AsyncClient, users: psycopg.Connection
) -> None:
    user_id = add_user(users, "carol")
    token = {"Authorization": f"Bearer {mint(sub=user_id)}"}
    assert (await anonymous.post("/api/tasks", json={"title": "a"}, headers=token)).status_code == 201

    users.execute('DELETE FROM "user" WHERE id = %s', (user_id,))

    response = await anonymous.post("/api/tasks", json={"title": "b"}, headers=token)
    assert response.status_code == 401
    assert response.json()["type"] == "urn:taskflow:problem:unauthorized"
