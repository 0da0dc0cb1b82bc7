"""What the supervisor wants of the day: marks of the board that turn a number amber or red, and goals of people."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.tables.columns import USER, now_column, user_column


class BoardMark(Model):
    """Where a number of the board becomes amber and red. With red below amber, less is worse."""

    __tablename__ = "board_mark"
    metric: Mapped[str] = mapped_column(String(24), primary_key=True)
    amber: Mapped[int] = mapped_column(Integer, nullable=False)
    red: Mapped[int] = mapped_column(Integer, nullable=False)
    changed_at: Mapped[datetime] = now_column()
    changed_by_id: Mapped[int | None] = user_column()
    __table_args__ = (CheckConstraint("amber <> red AND amber >= 0 AND red >= 0", name="board_mark_order"),)


class DayGoal(Model):
    """What an operator should reach in a day: his own goal, or the one of everybody in his group."""

    __tablename__ = "day_goal"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), unique=True)
    group_id: Mapped[int | None] = mapped_column(ForeignKey("operator_group.id", ondelete="CASCADE"), unique=True)
    calls: Mapped[int | None] = mapped_column(Integer)
    connects: Mapped[int | None] = mapped_column(Integer)
    leads: Mapped[int | None] = mapped_column(Integer)
    changed_at: Mapped[datetime] = now_column()
    changed_by_id: Mapped[int | None] = user_column()
    __table_args__ = (
        CheckConstraint("(user_id IS NULL) <> (group_id IS NULL)", name="day_goal_whose"),
        CheckConstraint("calls > 0 AND connects > 0 AND leads > 0", name="day_goal_above_nothing"),
    )


class GroupSupervisor(Model):
    """Whose figures a supervisor may see: the groups named here. Who has none here, and every admin, sees all."""

    __tablename__ = "group_supervisor"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), nullable=False)
    group_id: Mapped[int] = mapped_column(
        ForeignKey("operator_group.id", ondelete="CASCADE"), nullable=False, index=True
    )
    user: Mapped[Any] = relationship("User", lazy="joined")
    group: Mapped[Any] = relationship("OperatorGroup", lazy="joined")
    __table_args__ = (UniqueConstraint("user_id", "group_id", name="group_supervisor_once"),)

    def __repr__(self) -> str:
        return f"{self.user} → {self.group}"
