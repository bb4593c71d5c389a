"""PostgreSQL addresses: checked, described and rewritten without ever showing a password."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

_SCHEMES = ("postgresql", "postgres")  # the two that libpq itself reads
_UNREADABLE = "cannot be read as a postgresql:// URL (is a special character in it not percent-encoded?)"


def check_database_url(url: str) -> None:
    """Raises ValueError, in words that are safe to log, when libpq could not use `url`."""
    if url.split("://", 1)[0] not in _SCHEMES or "://" not in url:
        raise ValueError("is not a postgresql:// URL")
    if re.search(r"[\s\x00]", url):
        raise ValueError("contains white space or a NUL character")
    # libpq would take `u:p@ss@host` or `u:pa/ss@host` apart without a word, and every message would then show
    # the rest of the password as the name of the host or the database.
    authority, _, path = url.split("://", 1)[1].partition("?")[0].partition("/")
    if authority.count("@") > 1 or "@" in path:
        raise ValueError(_UNREADABLE)
    try:
        urlsplit(url)
    except ValueError:
        raise ValueError(_UNREADABLE) from None
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error as error:
        # libpq's own words can quote a piece of a password that was not percent-encoded: only a query
        # parameter's name is passed on.
        unknown = re.search(r'invalid URI query parameter: "([a-z_]{1,40})"', str(error))
        if unknown:
            raise ValueError(f"has a query parameter that PostgreSQL does not know: {unknown[1]}") from None
        raise ValueError(_UNREADABLE) from None
    needed = (("host", "host"), ("user", "user"), ("database name", "dbname"))
    absent = [name for name, key in needed if not parts.get(key)]
    if absent:
        raise ValueError("has no " + " and no ".join(absent))


def describe_target(url: str) -> str:
    """`HOST:PORT/DATABASE as USER`, for messages."""
    parts = conninfo_to_dict(url)
    return f"{parts['host']}:{parts.get('port') or 5432}/{parts['dbname']} as {parts['user']}"


def direct_url(url: str) -> str:
    """`url` without Neon's pooler: `-pooler` goes from the end of the host's first label."""
    parts = urlsplit(url)
    login, at, host = parts.netloc.rpartition("@")
    host = re.sub(r"^([^.:]+)-pooler(?=[.:]|$)", r"\1", host)
    return urlunsplit(parts._replace(netloc=f"{login}{at}{host}"))


def redact(text: str, url: str) -> str:
    """`text` with the password of `url` blanked out, should a driver ever quote it."""
    password = conninfo_to_dict(url).get("password")
    return text.replace(str(password), "***") if password else text
