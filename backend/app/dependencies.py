"""What routes ask for: the signed-in user and a database session."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.connections import Database
from app.http.problems import ProblemError
from app.settings import Settings
from app.tokens import InvalidTokenError, TokenVerifier

_bearer = HTTPBearer(
    bearerFormat="JWT", description="The 60 s token that the frontend's proxy mints", auto_error=False
)


def unauthorized(detail: str, error: str | None = "invalid_token") -> ProblemError:
    """401 with the challenge that RFC 6750 asks for."""
    challenge = "Bearer" + (f' error="{error}"' if error else "")
    return ProblemError(401, "unauthorized", detail, {"WWW-Authenticate": challenge})


async def current_user(
    request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> str:
    """The id of the user that the request's bearer token speaks for."""
    if credentials is None:
        raise unauthorized("There is no bearer token.", error=None)
    verifier: TokenVerifier = request.app.state.tokens
    try:
        user_id = verifier.user_id(credentials.credentials)
    except InvalidTokenError as error:
        raise unauthorized(f"Not accepted: {error}.") from error
    # Who it was, for the log, without putting ids that link to a person there.
    request.state.user_hash = hashlib.sha256(user_id.encode()).hexdigest()[:12]
    return user_id


async def session(request: Request) -> AsyncIterator[AsyncSession]:
    """A session for this request."""
    database: Database = request.app.state.database
    async with database.session() as opened:
        yield opened


def settings(request: Request) -> Settings:
    """The settings that the app was started with."""
    found: Settings = request.app.state.settings
    return found


CurrentUser = Annotated[str, Depends(current_user)]
SessionDep = Annotated[AsyncSession, Depends(session)]
SettingsDep = Annotated[Settings, Depends(settings)]
