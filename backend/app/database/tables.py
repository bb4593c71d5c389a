"""Every table of the database. Alembic compares this with its migrations, so it is the schema in one page."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    MetaData,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

_TIME = DateTime(timezone=True)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Task(Base):
    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("char_length(title) BETWEEN 1 AND 500", name="title_length"),
        CheckConstraint("completed = (completed_at IS NOT NULL)", name="completed_at_set"),
        # The list's own order, so a page is one index range whatever the number of tasks.
        Index("ix_task_user_id_created_at_id", "user_id", text("created_at DESC"), text("id DESC")),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, server_default=func.gen_random_uuid())
    user_id: Mapped[str] = mapped_column(Text, ForeignKey("user.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(Text)
    notes: Mapped[str | None] = mapped_column(Text)
    completed: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[datetime] = mapped_column(_TIME, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(_TIME, server_default=func.now())
    completed_at: Mapped[datetime | None] = mapped_column(_TIME)


# Better Auth's own tables, under its own names. The frontend reads and writes them; the backend only migrates
# them and hangs tasks on user.id.

Table(
    "user",
    Base.metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("email", Text, nullable=False, unique=True),
    Column("emailVerified", Boolean, nullable=False, server_default=text("false")),
    Column("image", Text),
    Column("createdAt", _TIME, nullable=False, server_default=func.now()),
    Column("updatedAt", _TIME, nullable=False, server_default=func.now()),
)

Table(
    "session",
    Base.metadata,
    Column("id", Text, primary_key=True),
    Column("expiresAt", _TIME, nullable=False),
    Column("token", Text, nullable=False, unique=True),
    Column("createdAt", _TIME, nullable=False, server_default=func.now()),
    Column("updatedAt", _TIME, nullable=False, server_default=func.now()),
    Column("ipAddress", Text),
    Column("userAgent", Text),
    Column("userId", Text, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
)

Table(
    "account",
    Base.metadata,
    Column("id", Text, primary_key=True),
    Column("accountId", Text, nullable=False),
    Column("providerId", Text, nullable=False),
    Column("userId", Text, ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("accessToken", Text),
    Column("refreshToken", Text),
    Column("idToken", Text),
    Column("accessTokenExpiresAt", _TIME),
    Column("refreshTokenExpiresAt", _TIME),
    Column("scope", Text),
    Column("password", Text),
    Column("createdAt", _TIME, nullable=False, server_default=func.now()),
    Column("updatedAt", _TIME, nullable=False, server_default=func.now()),
)

Table(
    "verification",
    Base.metadata,
    Column("id", Text, primary_key=True),
    Column("identifier", Text, nullable=False, index=True),
    Column("value", Text, nullable=False),
    Column("expiresAt", _TIME, nullable=False),
    Column("createdAt", _TIME, nullable=False, server_default=func.now()),
    Column("updatedAt", _TIME, nullable=False, server_default=func.now()),
)
