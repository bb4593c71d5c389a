"""The schema that this code is written for. Light: a migration that has nothing to do loads nothing else."""

from __future__ import annotations

import structlog

SCHEMA_REVISION = "0001"
"""The Alembic revision that this code is written for. Revisions are numbered, so they compare as text."""

SCHEMA_QUERY = "SELECT version_num FROM alembic_version"
"""The revision of a database; UndefinedTable where no migration has run."""

log = structlog.get_logger(__name__)


def reached(revision: str) -> bool:
    """Whether a database at `revision` has all that this code needs; says so in the log."""
    if revision == SCHEMA_REVISION:
        log.info("schema is up to date", revision=revision)
    elif revision > SCHEMA_REVISION:
        log.info("schema is ahead of this version; nothing to do", revision=revision, wanted=SCHEMA_REVISION)
    return revision >= SCHEMA_REVISION
