"""Better Auth's tables and tasks."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.schema import SchemaItem

from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)


def _times() -> list[sa.Column[object]]:
    return [
        sa.Column(name, TIME, nullable=False, server_default=sa.func.now())
        for name in ("createdAt", "updatedAt")
    ]


def _owner(table: str) -> list[SchemaItem]:
    return [
        sa.Column("userId", sa.Text, nullable=False),
        sa.ForeignKeyConstraint(["userId"], ["user.id"], name=f"fk_{table}_userId_user", ondelete="CASCADE"),
    ]


def upgrade() -> None:
    op.create_table(
        "user",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("emailVerified", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("image", sa.Text),
        *_times(),
        sa.PrimaryKeyConstraint("id", name="pk_user"),
        sa.UniqueConstraint("email", name="uq_user_email"),
    )
    op.create_table(
        "session",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("expiresAt", TIME, nullable=False),
        sa.Column("token", sa.Text, nullable=False),
        *_times(),
        sa.Column("ipAddress", sa.Text),
        sa.Column("userAgent", sa.Text),
        *_owner("session"),
        sa.PrimaryKeyConstraint("id", name="pk_session"),
        sa.UniqueConstraint("token", name="uq_session_token"),
    )
    op.create_index("ix_session_userId", "session", ["userId"])
    op.create_table(
        "account",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("accountId", sa.Text, nullable=False),
        sa.Column("providerId", sa.Text, nullable=False),
        *_owner("account"),
        sa.Column("accessToken", sa.Text),
        sa.Column("refreshToken", sa.Text),
        sa.Column("idToken", sa.Text),
        sa.Column("accessTokenExpiresAt", TIME),
        sa.Column("refreshTokenExpiresAt", TIME),
        sa.Column("scope", sa.Text),
        sa.Column("password", sa.Text),
        *_times(),
        sa.PrimaryKeyConstraint("id", name="pk_account"),
    )
    op.create_index("ix_account_userId", "account", ["userId"])
    op.create_table(
        "verification",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("identifier", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("expiresAt", TIME, nullable=False),
        *_times(),
        sa.PrimaryKeyConstraint("id", name="pk_verification"),
    )
    op.create_index("ix_verification_identifier", "verification", ["identifier"])
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid, nullable=False, server_default=sa.func.gen_random_uuid()),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("notes", sa.Text),
        sa.Column("completed", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("created_at", TIME, nullable=False, server_default=sa.func.now()),
        sa.Column("updated_at", TIME, nullable=False, server_default=sa.func.now()),
        sa.Column("completed_at", TIME),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name="fk_task_user_id_user", ondelete="CASCADE"),
        sa.CheckConstraint("char_length(title) BETWEEN 1 AND 500", name="ck_task_title_length"),
        sa.CheckConstraint("completed = (completed_at IS NOT NULL)", name="ck_task_completed_at_set"),
    )
    op.create_index(
        "ix_task_user_id_created_at_id", "task", ["user_id", sa.text("created_at DESC"), sa.text("id DESC")]
    )
