"""The frontend's access tokens: HS256 under a key derived from BETTER_AUTH_SECRET, never the secret itself.

Better Auth signs its own e-mail verification tokens with the raw secret; a separate key, `typ` and `aud` keep
each kind of token out of the other's place.
"""

from __future__ import annotations

from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ALGORITHM = "HS256"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type, RFC 9068
ISSUER = "taskflow-web"
AUDIENCE = "taskflow-api"
LEEWAY_SECONDS = 10
MAX_SUBJECT_CHARS = 255


class InvalidTokenError(Exception):
    """The token is not one of ours, or no longer. The message says why, without quoting it."""


def derive_key(secret: str) -> bytes:
    """The 32-byte signing key, the same that the frontend derives."""
    hkdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=b"taskflow", info=b"taskflow/api-token/v1")
    return hkdf.derive(secret.encode())


class TokenVerifier:
    """Reads access tokens."""

    def __init__(self, secret: str) -> None:
        self._key = derive_key(secret)

    def user_id(self, token: str) -> str:
        """The user that `token` speaks for, or InvalidTokenError."""
        try:
            decoded = jwt.decode_complete(
                token,
                self._key,
                algorithms=[ALGORITHM],
                audience=AUDIENCE,
                issuer=ISSUER,
                leeway=LEEWAY_SECONDS,
                options={"require": ["iss", "aud", "sub", "iat", "exp", "jti"], "strict_aud": True},
            )
        except jwt.ExpiredSignatureError as error:
            raise InvalidTokenError("the token has expired") from error
        except jwt.PyJWTError as error:
            raise InvalidTokenError("the token is not valid") from error
        if decoded["header"].get("typ") != TOKEN_TYPE:
            raise InvalidTokenError("the token is of another kind")
        return _subject(decoded["payload"])


def _subject(claims: dict[str, Any]) -> str:
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_CHARS or "\x00" in subject:
        raise InvalidTokenError("the token names no user")
    return subject
