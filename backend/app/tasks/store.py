"""Tasks in the database. Every statement names the owner, so another user's task is simply not there."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import delete, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.tables import Task
from app.tasks.cursor import Cursor


async def list_tasks(
    session: AsyncSession, user_id: str, *, limit: int, after: Cursor | None
) -> tuple[list[Task], Cursor | None]:
    """A page of the user's tasks, newest first, and the cursor of the next page if there is one."""
    query = (
        select(Task)
        .where(Task.user_id == user_id)
        .order_by(Task.created_at.desc(), Task.id.desc())
        .limit(limit + 1)
    )
    if after:
        query = query.where(tuple_(Task.created_at, Task.id) < (after.created_at, after.id))
    rows = list(await session.scalars(query))
    page = rows[:limit]
    more = len(rows) > limit
    return page, Cursor(page[-1].created_at, page[-1].id) if more else None


async def get_task(session: AsyncSession, user_id: str, task_id: uuid.UUID) -> Task | None:
    """The user's task, or None."""
    found: Task | None = await session.scalar(select(Task).where(Task.id == task_id, Task.user_id == user_id))
    return found


async def create_task(session: AsyncSession, user_id: str, values: dict[str, Any]) -> Task:
    """A new task. Raises IntegrityError when the user no longer exists."""
    async with session.begin():
        rows = await session.scalars(insert(Task).values(user_id=user_id, **values).returning(Task))
        task: Task = rows.one()
    return task


async def update_task(
    session: AsyncSession, user_id: str, task_id: uuid.UUID, changes: dict[str, Any]
) -> Task | None:
    """The user's task after `changes` (which may be none), or None. `completed` keeps `completed_at` true."""
    if not changes:
        return await get_task(session, user_id, task_id)
    values = {**changes, "updated_at": func.now()}
    if "completed" in changes:
        # Completing twice keeps the first time.
        values["completed_at"] = (
            func.coalesce(Task.completed_at, func.now()) if changes["completed"] else None
        )
    mine = update(Task).where(Task.id == task_id, Task.user_id == user_id)
    async with session.begin():
        changed: Task | None = await session.scalar(mine.values(values).returning(Task))
    return changed


async def delete_task(session: AsyncSession, user_id: str, task_id: uuid.UUID) -> bool:
    """Whether there was such a task of this user."""
    mine = delete(Task).where(Task.id == task_id, Task.user_id == user_id)
    async with session.begin():
        gone = await session.scalar(mine.returning(Task.id))
    return gone is not None
