"""/api/tasks for one user."""

from __future__ import annotations

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest


async def add(client: httpx.AsyncClient, title: str = "buy milk", **fields: Any) -> dict[str, Any]:
    response = await client.post("/api/tasks", json={"title": title, **fields})
    assert response.status_code == 201, response.text
    task: dict[str, Any] = response.json()
    return task


async def test_a_new_task_is_open_and_carries_every_field(alice: httpx.AsyncClient) -> None:
    task = await add(alice, notes="semi-skimmed")

    assert uuid.UUID(task["id"])
    assert task["createdAt"].endswith("Z")
    assert datetime.fromisoformat(task["createdAt"]).utcoffset() == timedelta(0)
    assert task == {
        "id": task["id"],
        "title": "buy milk",
        "notes": "semi-skimmed",
        "completed": False,
        "createdAt": task["createdAt"],
        "updatedAt": task["createdAt"],
        "completedAt": None,
    }


async def test_a_task_can_be_read_again(alice: httpx.AsyncClient) -> None:
    task = await add(alice)
    assert (await alice.get(f"/api/tasks/{task['id']}")).json() == task


async def test_the_list_of_a_new_user_is_empty(alice: httpx.AsyncClient) -> None:
    assert (await alice.get("/api/tasks")).json() == {"items": [], "nextCursor": None}


async def test_pages_hold_every_task_once_newest_first(alice: httpx.AsyncClient) -> None:
    made = [await add(alice, f"task {n}") for n in range(7)]

    seen: list[dict[str, Any]] = []
    sizes = []
    query: dict[str, str | int] = {"limit": 3}
    while True:
        page = (await alice.get("/api/tasks", params=query)).json()
        sizes.append(len(page["items"]))
        seen += page["items"]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]

    assert sizes == [3, 3, 1]
    assert seen == list(reversed(made))


async def test_a_full_last_page_has_no_next_cursor(alice: httpx.AsyncClient) -> None:
    for n in range(2):
        await add(alice, f"task {n}")
    assert (await alice.get("/api/tasks", params={"limit": 2})).json()["nextCursor"] is None


async def test_a_task_added_while_paging_does_not_shift_the_next_page(alice: httpx.AsyncClient) -> None:
    first, second, third = [await add(alice, f"task {n}") for n in range(3)]
    page = (await alice.get("/api/tasks", params={"limit": 2})).json()
    assert page["items"] == [third, second]

    await add(alice, "in between")

    rest = (await alice.get("/api/tasks", params={"limit": 2, "cursor": page["nextCursor"]})).json()
    assert rest == {"items": [first], "nextCursor": None}


async def test_a_change_touches_only_the_given_fields(alice: httpx.AsyncClient) -> None:
    task = await add(alice, notes="semi-skimmed")

    changed = (await alice.patch(f"/api/tasks/{task['id']}", json={"title": "buy oat milk"})).json()

    assert changed == {**task, "title": "buy oat milk", "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > task["updatedAt"]
    assert (await alice.get(f"/api/tasks/{task['id']}")).json() == changed


async def test_notes_can_be_removed(alice: httpx.AsyncClient) -> None:
    task = await add(alice, notes="semi-skimmed")
    changed = (await alice.patch(f"/api/tasks/{task['id']}", json={"notes": None})).json()
    assert changed["notes"] is None


async def test_completing_sets_the_time_once_and_reopening_clears_it(alice: httpx.AsyncClient) -> None:
    path = f"/api/tasks/{(await add(alice))['id']}"

    done = (await alice.patch(path, json={"completed": True})).json()
    again = (await alice.patch(path, json={"completed": True})).json()
    reopened = (await alice.patch(path, json={"completed": False})).json()

    assert done["completed"] is True
    assert done["completedAt"] == done["updatedAt"]
    assert again["completedAt"] == done["completedAt"]
    assert (reopened["completed"], reopened["completedAt"]) == (False, None)


async def test_an_empty_change_changes_nothing(alice: httpx.AsyncClient) -> None:
    task = await add(alice)
    response = await alice.patch(f"/api/tasks/{task['id']}", json={})
    assert (response.status_code, response.json()) == (200, task)


async def test_a_deleted_task_is_gone(alice: httpx.AsyncClient) -> None:
    task = await add(alice)
    path = f"/api/tasks/{task['id']}"

    response = await alice.delete(path)

    assert (response.status_code, response.content) == (204, b"")
    assert (await alice.get(path)).status_code == 404
    assert (await alice.delete(path)).status_code == 404
    assert (await alice.patch(path, json={"title": "x"})).status_code == 404


@pytest.mark.parametrize(
    "title",
    ["🧺 Wäsche", "👩‍👩‍👧‍👦" * 40, "שלום עולם", "a\tb\u2028c", "'; DROP TABLE task; --", "𐍈" * 500],
    ids=["emoji", "joined emoji", "right to left", "control characters", "SQL", "500 astral characters"],
)
async def test_any_text_comes_back_as_it_went_in(alice: httpx.AsyncClient, title: str) -> None:
    task = await add(alice, title, notes=title)
    read = (await alice.get(f"/api/tasks/{task['id']}")).json()
    assert (read["title"], read["notes"]) == (title, title)


async def test_white_space_around_a_title_is_dropped(alice: httpx.AsyncClient) -> None:
    assert (await add(alice, "  buy milk \n"))["title"] == "buy milk"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/title"),
        ({"title": ""}, "#/title"),
        ({"title": " \t\n"}, "#/title"),
        ({"title": "x" * 501}, "#/title"),
        ({"title": "a\x00b"}, "#/title"),
        ({"title": "a\ud800b"}, "#/title"),
        ({"title": None}, "#/title"),
        ({"title": 7}, "#/title"),
        ({"title": ["a"]}, "#/title"),
        ({"title": "a", "notes": "x" * 10_001}, "#/notes"),
        ({"title": "a", "notes": "\x00"}, "#/notes"),
        ({"title": "a", "completed": True}, "#/completed"),
        ({"title": "a", "userId": "somebody-else"}, "#/userId"),
        ([], "#"),
        (None, "#"),
    ],
)
async def test_a_wrong_new_task_is_refused_and_named(
    alice: httpx.AsyncClient, body: object, pointer: str
) -> None:
    # ASCII JSON carries a lone surrogate, which UTF-8 could not.
    text = json.dumps(body)
    response = await alice.post("/api/tasks", content=text, headers={"Content-Type": "application/json"})

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
    assert (await alice.get("/api/tasks")).json()["items"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"title": None},
        {"title": ""},
        {"completed": None},
        {"completed": "maybe"},
        {"notes": "a\x00"},
        {"createdAt": "2020-01-01T00:00:00Z"},
        {"id": str(uuid.uuid4())},
    ],
)
async def test_a_wrong_change_is_refused_and_changes_nothing(
    alice: httpx.AsyncClient, body: dict[str, object]
) -> None:
    task = await add(alice)
    path = f"/api/tasks/{task['id']}"

    assert (await alice.patch(path, json=body)).status_code == 422
    assert (await alice.get(path)).json() == task


@pytest.mark.parametrize(
    "body",
    [b"{", b"\xff\xfe", b'{"title": "a\xff"}', b"[" * 100_000, b'{"title": NaN}'],
    ids=["cut off", "not UTF-8", "not UTF-8 in a string", "100,000 levels deep", "NaN"],
)
async def test_a_body_that_is_not_json_is_refused(alice: httpx.AsyncClient, body: bytes) -> None:
    response = await alice.post("/api/tasks", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code in (400, 422)
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "cursor", ["", "x", "AAAA", "ä", "\x00", "=" * 32, "A" * 31 + "*", "f" * 32, "A" * 65, "0|1' OR 1=1"]
)
async def test_a_cursor_that_we_did_not_give_out_is_refused(alice: httpx.AsyncClient, cursor: str) -> None:
    response = await alice.get("/api/tasks", params={"cursor": cursor})
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize("limit", ["0", "101", "-1", "many", "1e3", ""])
async def test_a_limit_out_of_range_is_refused(alice: httpx.AsyncClient, limit: str) -> None:
    response = await alice.get("/api/tasks", params={"limit": limit})
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "limit"


@pytest.mark.parametrize("task_id", ["1", "not-a-uuid", "%00", "a\ud800".encode("utf-8", "replace").decode()])
async def test_an_id_that_is_no_uuid_is_refused(alice: httpx.AsyncClient, task_id: str) -> None:
    response = await alice.get(f"/api/tasks/{task_id}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["parameter"] == "task_id"
