"""Who gets in, and everything that must not."""

from __future__ import annotations

import base64
import json
import time

import httpx
import jwt
import psycopg
import pytest

from app.tokens import InvalidTokenError, TokenVerifier, derive_key
from tests.conftest import add_user
from tests.support.tokens import ABSENT, SECRET, claims, mint

NOW = int(time.time())


def unsigned(header: dict[str, object], payload: dict[str, object], signature: str = "") -> str:
    parts = (header, payload)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, signature])


ATTACKS = {
    "nothing": "",
    "not a token": "abc",
    "three dots": "...",
    "alg none": unsigned({"alg": "none", "typ": "at+jwt"}, claims()),
    "alg None, signed by nobody": unsigned({"alg": "None", "typ": "at+jwt"}, claims(), "AAAA"),
    "no signature": unsigned({"alg": "HS256", "typ": "at+jwt"}, claims()),
    "the raw secret": mint(key=SECRET.encode()),
    "another secret": mint(key=derive_key("x" * 32)),
    "a key of zeros": mint(key=bytes(32)),
    "HS512 under our key": mint(algorithm="HS512"),
    "no typ": mint(typ=None),
    "typ JWT": mint(typ="JWT"),
    "Better Auth's e-mail verification token": jwt.encode(
        {"email": "alice@example.com", "iat": NOW, "exp": NOW + 3600}, SECRET, algorithm="HS256"
    ),
    "wrong audience": mint(aud="taskflow-web"),
    "a list of audiences": mint(aud=["taskflow-api", "other"]),
    "wrong issuer": mint(iss="somebody"),
    "expired": mint(iat=NOW - 3600, exp=NOW - 11),
    "issued in the future": mint(iat=NOW + 3600, exp=NOW + 3660),
    "not valid before later": mint(nbf=NOW + 3600),
    "exp is text": mint(exp="never"),
    **{f"no {name}": mint(**{name: ABSENT}) for name in ("iss", "aud", "sub", "iat", "exp", "jti")},
    "an empty user": mint(sub=""),
    "a user with a NUL": mint(sub="a\x00b"),
    "an endless user": mint(sub="a" * 256),
}


@pytest.mark.parametrize("token", ATTACKS.values(), ids=ATTACKS.keys())
async def test_a_wrong_token_is_refused(
    anonymous: httpx.AsyncClient, users: psycopg.Connection, token: str
) -> None:
    users.execute("INSERT INTO \"user\" (id, name, email) VALUES ('user-1', 'x', 'x')")

    response = await anonymous.post(
        "/api/tasks", json={"title": "forged"}, headers={"Authorization": f"Bearer {token}"}
    )

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert not token or token not in response.text
    assert users.execute("SELECT count(*) FROM task").fetchone() == (0,)


@pytest.mark.parametrize("header", ["", "Bearer", "Basic YTpi", "bearer  ", "Token abc"])
async def test_another_kind_of_authorization_is_refused(anonymous: httpx.AsyncClient, header: str) -> None:
    response = await anonymous.get("/api/tasks", headers={"Authorization": header})
    assert response.status_code == 401


@pytest.mark.parametrize("path", ["/api/tasks", "/api/ai/status"])
async def test_nothing_under_api_answers_without_a_token(anonymous: httpx.AsyncClient, path: str) -> None:
    response = await anonymous.get(path)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_the_frontends_token_is_accepted(
    anonymous: httpx.AsyncClient, users: psycopg.Connection
) -> None:
    token = mint(sub=add_user(users, "alice"))
    response = await anonymous.get("/api/tasks", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200


def test_clocks_may_differ_by_ten_seconds() -> None:
    verifier = TokenVerifier(SECRET)
    now = int(time.time())
    assert verifier.user_id(mint(iat=now + 8, exp=now + 68)) == "user-1"
    assert verifier.user_id(mint(iat=now - 68, exp=now - 8)) == "user-1"
    with pytest.raises(InvalidTokenError, match="expired"):
        verifier.user_id(mint(iat=now - 80, exp=now - 20))


def test_the_key_is_the_one_that_node_derives() -> None:
    # crypto.hkdfSync("sha256", SECRET, "taskflow", "taskflow/api-token/v1", 32)
    assert derive_key(SECRET).hex() == "d748167bf7367f64a07520518199d9c549b76ede10d2bb73d2cb8fd31afe5b5e"
