"""The ASGI app, put together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.routing import APIRoute
from starlette.types import ASGIApp

from app import ai, health
from app.database.connections import Database
from app.http.body_limit import BodyLimit
from app.http.deadline import Deadline
from app.http.drain import ConnectionAdvice, Drain
from app.http.problems import MEDIA_TYPE, Problem, install_problem_handlers
from app.http.request_log import HEADER, RequestLog
from app.readiness import Readiness
from app.settings import Settings
from app.tasks import routes as tasks
from app.tokens import TokenVerifier

_PROBLEM_BODY = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def create_api(settings: Settings) -> FastAPI:
    """The routes, with what they need in `state`. The lifespan watches readiness and closes the pool."""
    database = Database(settings.database_url.get_secret_value())
    readiness = Readiness(database)

    @contextlib.asynccontextmanager
    async def lifespan(_api: FastAPI) -> AsyncIterator[None]:
        watching = asyncio.create_task(readiness.watch())
        yield
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching
        await database.close()

    api = FastAPI(
        title="TaskFlow",
        version="1.0.0",
        lifespan=lifespan,
        docs_url=None,  # both pages load their scripts from elsewhere
        redoc_url=None,
        generate_unique_id_function=_operation_id,
    )
    api.state.settings = settings
    api.state.database = database
    api.state.readiness = readiness
    api.state.tokens = TokenVerifier(settings.better_auth_secret.get_secret_value())

    problems: dict[int | str, dict[str, Any]] = {
        status: {"description": description, "content": _PROBLEM_BODY}
        for status, description in (
            (401, "No token, or not an accepted one"),
            (404, "Not there, or not yours"),
            (413, "Body too large"),
            (422, "Not valid"),
            (503, "The database cannot be reached; see Retry-After"),
        )
    }
    routes = APIRouter(prefix="/api", responses=problems)
    routes.include_router(tasks.router)
    routes.include_router(ai.router)
    api.include_router(routes)
    api.include_router(health.router)
    _describe_problems(api)
    install_problem_handlers(api)
    api.add_middleware(
        CORSMiddleware,
        allow_origins=[settings.frontend_url],
        allow_methods=["GET", "POST", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", HEADER],
        expose_headers=[HEADER, "Retry-After"],
    )
    return api


def wrap(api: ASGIApp, drain: Drain) -> ASGIApp:
    """`api` with what every request passes through, outermost first: log, drain, body limit, deadline."""
    return RequestLog(ConnectionAdvice(BodyLimit(Deadline(api)), drain))


def _operation_id(route: APIRoute) -> str:
    return route.name


def _describe_problems(api: FastAPI) -> None:
    original = api.openapi

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            schema = original()
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(problem.pop("$defs", {}))
            schemas["Problem"] = problem
        return original()

    api.openapi = openapi  # type: ignore[method-assign]
