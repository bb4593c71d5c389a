"""/api/tasks."""

from __future__ import annotations

import uuid
from typing import Annotated

import psycopg
from fastapi import APIRouter, Query
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import IntegrityError

from app.database.tables import Task
from app.dependencies import CurrentUser, SessionDep, unauthorized
from app.http.problems import ProblemError
from app.tasks import store
from app.tasks.cursor import Cursor
from app.tasks.schemas import TaskCreate, TaskPage, TaskRead, TaskUpdate

MAX_PAGE = 100

router = APIRouter(prefix="/tasks", tags=["tasks"])


@router.get("")
async def list_tasks(
    user: CurrentUser,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 50,
    cursor: Annotated[str | None, Query(max_length=64)] = None,
) -> TaskPage:
    """The user's tasks, newest first."""
    tasks, following = await store.list_tasks(session, user, limit=limit, after=_cursor(cursor))
    return TaskPage(
        items=[TaskRead.model_validate(task) for task in tasks],
        next_cursor=following.encode() if following else None,
    )


@router.post("", status_code=201)
async def create_task(user: CurrentUser, session: SessionDep, task: TaskCreate) -> TaskRead:
    try:
        created = await store.create_task(session, user, task.model_dump())
    except IntegrityError as error:
        if isinstance(error.orig, psycopg.errors.ForeignKeyViolation):
            # The account was deleted during the token's last seconds.
            raise unauthorized("Not accepted: the account no longer exists.") from error
        raise
    return TaskRead.model_validate(created)


@router.get("/{task_id}")
async def get_task(user: CurrentUser, session: SessionDep, task_id: uuid.UUID) -> TaskRead:
    return _found(await store.get_task(session, user, task_id))


@router.patch("/{task_id}")
async def update_task(
    user: CurrentUser, session: SessionDep, task_id: uuid.UUID, task: TaskUpdate
) -> TaskRead:
    """Changes the fields that are given and leaves the others."""
    return _found(await store.update_task(session, user, task_id, task.model_dump(exclude_unset=True)))


@router.delete("/{task_id}", status_code=204)
async def delete_task(user: CurrentUser, session: SessionDep, task_id: uuid.UUID) -> None:
    if not await store.delete_task(session, user, task_id):
        raise _missing()


def _found(task: Task | None) -> TaskRead:
    if task is None:
        raise _missing()
    return TaskRead.model_validate(task)


def _missing() -> ProblemError:
    return ProblemError(404, "not-found", "There is no such task.")


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    try:
        return Cursor.decode(text)
    except ValueError as error:
        raise RequestValidationError(
            [{"type": "value_error", "loc": ("query", "cursor"), "msg": str(error)}]
        ) from error
