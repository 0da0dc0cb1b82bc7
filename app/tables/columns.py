"""How a column of ours looks: times in UTC, flags, counters, people. The tables are made of these."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, DateTime, ForeignKey, Integer, Text, func
from sqlalchemy import text as raw
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

PHONE_CHECK = "phone ~ '^7[0-9]{10}$'"
USER = "ab_user.id"


def now_column(**options: Any) -> Mapped[datetime]:
    return mapped_column(DateTime(timezone=True), server_default=func.now(), nullable=False, **options)


def time_column(**options: Any) -> Mapped[datetime | None]:
    return mapped_column(DateTime(timezone=True), **options)


def user_column(**options: Any) -> Mapped[int | None]:
    """Who. Empty when a job or an import did it. A deleted user leaves the history standing."""
    return mapped_column(ForeignKey(USER, ondelete="SET NULL"), **options)


def flag(default: bool = False) -> Mapped[bool]:
    return mapped_column(Boolean, server_default=raw("true" if default else "false"), nullable=False, default=default)


def counter() -> Mapped[int]:
    return mapped_column(Integer, server_default="0", nullable=False, default=0)


def words(**options: Any) -> Mapped[str]:
    return mapped_column(Text, server_default="", nullable=False, default="", **options)


def facts() -> Mapped[dict[str, Any]]:
    return mapped_column(JSONB, server_default=raw("'{}'::jsonb"), nullable=False, default=dict)
