"""Errors as RFC 9457 problem details (application/problem+json), the only error form of this API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2
_MAX_FIELD_PROBLEMS = 20

log = structlog.get_logger(__name__)

TITLES = {
    "malformed": "The request cannot be read",
    "unauthorized": "Sign in first",
    "not-found": "There is nothing here",
    "method-not-allowed": "This method is not allowed here",
    "request-timeout": "The request took too long to arrive",
    "too-large": "The request is too large",
    "invalid": "The request is not valid",
    "internal": "Something went wrong on our side",
    "unavailable": "Temporarily unavailable",
}
"""Each kind of problem and its title. The `type` of a problem is `urn:taskflow:problem:<kind>`."""

_KIND_BY_STATUS = {400: "malformed", 401: "unauthorized", 404: "not-found", 405: "method-not-allowed"}


class FieldProblem(BaseModel):
    """One part of a request that is not valid. `pointer` into the JSON body (`#/title`), or `parameter`."""

    pointer: str | None = None
    parameter: str | None = None
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details. `requestId` finds the request in the logs."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[FieldProblem] | None = None


class ProblemError(Exception):
    """Raised anywhere under a route to answer with a problem."""

    def __init__(self, status: int, kind: str, detail: str, headers: dict[str, str] | None = None) -> None:
        self.status, self.kind, self.detail, self.headers = status, kind, detail, headers
        super().__init__(detail)


def problem_response(
    scope: Any,
    status: int,
    kind: str,
    detail: str,
    *,
    headers: dict[str, str] | None = None,
    errors: list[FieldProblem] | None = None,
) -> Response:
    """The response for a problem met while serving the ASGI `scope`."""
    problem = Problem(
        type=f"urn:taskflow:problem:{kind}",
        title=TITLES[kind],
        status=status,
        detail=detail,
        request_id=scope.get("state", {}).get("request_id"),
        errors=errors,
    )
    # ASCII JSON: a message may quote a lone surrogate out of the request, which UTF-8 cannot carry.
    body = json.dumps(problem.model_dump(mode="python", by_alias=True, exclude_none=True))
    return Response(body, status, headers, MEDIA_TYPE)


def unavailable(scope: Any, detail: str) -> Response:
    """503 that tells the client when to try again."""
    headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return problem_response(scope, 503, "unavailable", detail, headers=headers)


def install_problem_handlers(api: FastAPI) -> None:
    """Make every error that leaves a route of `api` a problem."""

    @api.exception_handler(ProblemError)
    async def _problem(request: Request, error: ProblemError) -> Response:
        return problem_response(request.scope, error.status, error.kind, error.detail, headers=error.headers)

    @api.exception_handler(HTTPException)
    async def _http(request: Request, error: HTTPException) -> Response:
        kind = _KIND_BY_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "internal")
        phrase = HTTPStatus(error.status_code).phrase
        detail = error.detail if error.detail and error.detail != phrase else TITLES[kind]
        headers = dict(error.headers) if error.headers else None
        return problem_response(request.scope, error.status_code, kind, detail, headers=headers)

    @api.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> Response:
        problems = error.errors()
        if any(item["type"] == "json_invalid" for item in problems):
            return problem_response(request.scope, 400, "malformed", "The body is not JSON.")
        errors = [_field_problem(item) for item in problems[:_MAX_FIELD_PROBLEMS]]
        detail = "; ".join(f"{e.pointer or e.parameter}: {e.detail}" for e in errors)
        return problem_response(request.scope, 422, "invalid", detail, errors=errors)

    @api.exception_handler(OperationalError)
    @api.exception_handler(InterfaceError)
    @api.exception_handler(PoolTimeoutError)
    async def _database(request: Request, error: Exception) -> Response:
        log.warning("database unavailable", error=type(getattr(error, "orig", None) or error).__name__)
        return unavailable(request.scope, "The database cannot be reached at the moment.")

    @api.exception_handler(Exception)
    async def _internal(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the request log has it
        return problem_response(request.scope, 500, "internal", "The error has been logged.")


def _field_problem(error: dict[str, Any]) -> FieldProblem:
    place: Sequence[str | int] = error["loc"]
    detail = error["msg"].removeprefix("Value error, ")
    if place[0] == "body":
        return FieldProblem(pointer="#" + "".join(f"/{part}" for part in place[1:]), detail=detail)
    return FieldProblem(parameter=str(place[-1]), detail=detail)
