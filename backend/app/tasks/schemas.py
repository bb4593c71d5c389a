"""Tasks as JSON."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

MAX_TITLE_CHARS = 500
MAX_NOTES_CHARS = 10_000


def _storable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("may not contain the NUL character")
    return value


Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_TITLE_CHARS),
    AfterValidator(_storable),
]
Notes = Annotated[str, StringConstraints(max_length=MAX_NOTES_CHARS), AfterValidator(_storable)]
UtcTime = Annotated[datetime, AfterValidator(lambda time: time.astimezone(UTC))]


class _Json(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, from_attributes=True)


class _Input(_Json):
    # A misspelt field is refused rather than ignored.
    model_config = ConfigDict(extra="forbid")


class TaskCreate(_Input):
    title: Title
    notes: Notes | None = None


def _without_defaults(schema: dict[str, Any]) -> None:
    for field in schema["properties"].values():
        field.pop("default", None)


class TaskUpdate(_Input):
    """Fields that are absent stay as they are. Read it with `exclude_unset`: the defaults mean nothing."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    title: Title = ""
    notes: Notes | None = None
    completed: bool = False


class TaskRead(_Json):
    id: uuid.UUID
    title: str
    notes: str | None
    completed: bool
    created_at: UtcTime
    updated_at: UtcTime
    completed_at: UtcTime | None


class TaskPage(_Json):
    """Newest first. `nextCursor` fetches the next page; null on the last."""

    items: list[TaskRead]
    next_cursor: str | None
