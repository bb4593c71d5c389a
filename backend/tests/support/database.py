"""URLs of test databases."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit


def database_url(server_url: str, name: str) -> str:
    """`server_url` with another database."""
    return urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))


def with_login(url: str, user: str, password: str) -> str:
    """`url` with another user and password."""
    parts = urlsplit(url)
    host = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit(parts._replace(netloc=f"{quote(user)}:{quote(password)}@{host}"))


def with_address(url: str, host: str, port: int) -> str:
    """`url` at another host and port."""
    parts = urlsplit(url)
    login = parts.netloc.rsplit("@", 1)[0]
    return urlunsplit(parts._replace(netloc=f"{login}@{host}:{port}"))


def address(url: str) -> tuple[str, int]:
    """Host and port of `url`."""
    parts = urlsplit(url)
    return parts.hostname or "localhost", parts.port or 5432
