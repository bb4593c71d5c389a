"""Access tokens as the frontend mints them, and deliberately wrong ones."""

from __future__ import annotations

import time
import uuid
import warnings
from typing import Any

import jwt
from jwt.warnings import InsecureKeyLengthWarning

from app.tokens import derive_key

SECRET = "0123456789abcdef0123456789abcdef"

ABSENT: Any = object()
"""As a claim's value: leave the claim out."""


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a good token, changed."""
    now = int(time.time())
    good = {
        "iss": "taskflow-web",
        "aud": "taskflow-api",
        "sub": "user-1",
        "iat": now,
        "exp": now + 60,
        "jti": uuid.uuid4().hex,
    }
    return {name: value for name, value in {**good, **changes}.items() if value is not ABSENT}


def mint(
    *, key: bytes | None = None, algorithm: str = "HS256", typ: str | None = "at+jwt", **changes: Any
) -> str:
    """A token with changed claims, key, algorithm or header."""
    signing_key = derive_key(SECRET) if key is None else key
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", InsecureKeyLengthWarning)  # HS512 under our 32 bytes
        return jwt.encode(claims(**changes), signing_key, algorithm=algorithm, headers={"typ": typ})
