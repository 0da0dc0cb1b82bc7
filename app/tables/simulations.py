"""The table of modelled shifts that supervisors have asked for: the question, how far it is, the figures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask_appbuilder import Model
from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, SmallInteger, String
from sqlalchemy import text as raw
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.tables.columns import USER, counter, facts, now_column, words


class Simulation(Model):
    """«What if»: some ways of pacing on the same modelled shift."""

    __tablename__ = "simulation"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey(USER, ondelete="CASCADE"), nullable=False)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = now_column()
    state: Mapped[str] = mapped_column(String(8), server_default="waiting", nullable=False, default="waiting")
    asked: Mapped[dict[str, Any]] = facts()
    calls_n: Mapped[int] = counter()  # of how many real calls the shift is made; 0: of usual ones
    done_n: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False, default=0)
    of_n: Mapped[int] = mapped_column(SmallInteger, server_default="0", nullable=False, default=0)
    scores: Mapped[list[Any]] = mapped_column(JSONB, server_default=raw("'[]'::jsonb"), nullable=False, default=list)
    trouble: Mapped[str] = words()
    campaign: Mapped[Any] = relationship("Campaign")
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'making', 'done', 'failed')", name="simulation_state"),
        Index("simulation_of_user", "user_id", created_at.desc()),
    )

    def __repr__(self) -> str:
        return f"simulation {self.id}"


__all__ = ["Simulation"]
