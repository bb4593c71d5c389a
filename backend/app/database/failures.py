"""Why PostgreSQL can't be had, in one sentence that is safe to show."""

from __future__ import annotations

import re

from app.database.url import describe_target, redact


class CannotConnectError(Exception):
    """PostgreSQL could not be reached; the message is one sentence that is safe to show."""


class MigrationError(Exception):
    """A migration failed; the message is one sentence."""


# libpq gives no SQLSTATE for a failed connection, only words. Waiting mends none of these.
_LASTING = (
    (
        r"password authentication failed|no password supplied|SASL authentication",
        "password authentication failed",
    ),
    (r'role "[^"]*" does not exist', "the user does not exist"),
    (r'database "[^"]*" does not exist', "the database does not exist"),
    (r"no pg_hba\.conf entry", "the server's pg_hba.conf does not let this user in from this address"),
    (
        r"could not translate host name|failed to resolve host|Name or service not known",
        "the host name is unknown",
    ),
    (r"server does not support SSL", "the server does not offer the TLS that sslmode asks for"),
    (r"certificate verify failed", "the server's certificate is not trusted"),
)

_PASSING = (
    (r"Connection refused", "connection refused"),
    (r"timeout expired|timed out", "no answer in time"),
    (
        r"the database system is (starting up|shutting down|in recovery mode)",
        "the server is starting or stopping",
    ),
    (r"too many (clients|connections)|remaining connection slots", "the server has no connection left"),
)


def connection_failure(error: Exception, url: str) -> tuple[str, bool]:
    """The sentence for a failed connection to `url`, and whether it lasts until somebody mends it."""
    text = redact(" ".join(str(error).split()), url)
    for causes, lasting in ((_LASTING, True), (_PASSING, False)):
        for pattern, cause in causes:
            if re.search(pattern, text):
                return _sentence(url, cause), lasting
    # A server that speaks another language: its own words are better than none.
    return _sentence(url, text[:300] or type(error).__name__), False


def _sentence(url: str, cause: str) -> str:
    return f"cannot connect to PostgreSQL at {describe_target(url)}: {cause}"
