"""An exception as text for the log: where it came from and what it was, without anybody's data."""

from __future__ import annotations

import sys
import traceback
from typing import Any

import psycopg
from structlog.typing import EventDict


def exception_text(error: BaseException) -> str:
    """The traceback of `error` and its causes, outermost last, as Python prints it.

    A database error's message can quote whole rows ("Failing row contains ..."), and SQLAlchemy repeats it:
    of those only the SQLSTATE and PostgreSQL's primary message are kept.
    """
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    before = exception_text(cause) if cause else ""
    frames = "".join(traceback.format_tb(error.__traceback__))
    return f"{before}{frames}{type(error).__name__}: {_message(error)}\n"


def render_exception(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """structlog processor: `exc_info` becomes the text `exception`."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = exception_text(error)
    return event


def _message(error: BaseException) -> str:
    if isinstance(getattr(error, "orig", None), BaseException):
        return "(as above)"
    if isinstance(error, psycopg.Error):
        return f"{error.sqlstate}: {error.diag.message_primary}"
    return str(error)
