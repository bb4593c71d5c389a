"""Addresses of databases: described, redirected, never shown with a password."""

from __future__ import annotations

import psycopg
import pytest

from app.database.failures import connection_failure
from app.database.url import describe_target, direct_url, redact

URL = "postgresql://taskflow:hunter2@db.example.com/tasks"


@pytest.mark.parametrize(
    ("url", "direct"),
    [
        (
            "postgresql://u:p@ep-a-1-pooler.eu.aws.neon.tech/d?sslmode=require",
            "postgresql://u:p@ep-a-1.eu.aws.neon.tech/d?sslmode=require",
        ),
        ("postgresql://u:p@ep-a-1-pooler.neon.tech:5432/d", "postgresql://u:p@ep-a-1.neon.tech:5432/d"),
        ("postgresql://u:p@ep-a-1-pooler/d", "postgresql://u:p@ep-a-1/d"),
        ("postgresql://u-pooler:p-pooler@host/d-pooler", "postgresql://u-pooler:p-pooler@host/d-pooler"),
        ("postgresql://u:p@a.b-pooler.neon.tech/d", "postgresql://u:p@a.b-pooler.neon.tech/d"),
        ("postgresql://u:p@my-pooler-host/d", "postgresql://u:p@my-pooler-host/d"),
        (URL, URL),
    ],
)
def test_only_the_poolers_label_goes(url: str, direct: str) -> None:
    assert direct_url(url) == direct


def test_a_target_has_no_password() -> None:
    assert describe_target(URL) == "db.example.com:5432/tasks as taskflow"


def test_a_password_is_blanked_out_of_a_message() -> None:
    assert redact("connecting with hunter2 failed", URL) == "connecting with *** failed"


@pytest.mark.parametrize(
    ("said", "cause", "lasting"),
    [
        ('FATAL:  password authentication failed for user "u"', "password authentication failed", True),
        ("fe_sendauth: no password supplied", "password authentication failed", True),
        ('FATAL:  database "d" does not exist', "the database does not exist", True),
        ('FATAL:  role "u" does not exist', "the user does not exist", True),
        (
            'FATAL:  no pg_hba.conf entry for host "10.0.0.1"',
            "the server's pg_hba.conf does not let this user in from this address",
            True,
        ),
        (
            "failed to resolve host 'h': [Errno -2] Name or service not known",
            "the host name is unknown",
            True,
        ),
        ("connection to server failed: Connection refused", "connection refused", False),
        ("connection timeout expired", "no answer in time", False),
        ("FATAL:  the database system is starting up", "the server is starting or stopping", False),
        ("FATAL:  sorry, too many clients already", "the server has no connection left", False),
        ("FATAL:  etwas mit hunter2", "FATAL: etwas mit ***", False),
    ],
)
def test_a_failed_connection_is_one_sentence(said: str, cause: str, lasting: bool) -> None:
    expected = f"cannot connect to PostgreSQL at db.example.com:5432/tasks as taskflow: {cause}"
    assert connection_failure(psycopg.OperationalError(said), URL) == (expected, lasting)
