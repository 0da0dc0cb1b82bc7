"""Why somebody who is at work does not work on cards: the company's own list."""

from __future__ import annotations

from flask_appbuilder import Model
from sqlalchemy import CheckConstraint, Integer, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.tables.columns import flag


class PauseReason(Model):
    """Rest, or other work: a break, a training."""

    __tablename__ = "pause_reason"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    name: Mapped[str] = mapped_column(String(40), nullable=False, unique=True)
    is_work: Mapped[bool] = flag()
    is_enabled: Mapped[bool] = flag(True)
    position: Mapped[int] = mapped_column(Integer, server_default="0", nullable=False, default=0)
    limit_min: Mapped[int | None] = mapped_column(SmallInteger)  # after so long the board warns; empty: never
    __table_args__ = (CheckConstraint("limit_min BETWEEN 1 AND 720", name="pause_reason_limit"),)

    def __repr__(self) -> str:
        return self.name
