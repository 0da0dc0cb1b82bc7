"""Campaigns: their rules, the cards they gave out, and who started every call.

Revision ID: 20261123_0540
Revises: 20261123_0520
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0540"
down_revision = "20261123_0520"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=8), server_default="draft", nullable=False),
        sa.Column("state_since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("weight", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("hours_from", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("hours_to", sa.SmallInteger(), server_default="24", nullable=False),
        sa.Column("day_cap", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("life_cap", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("gap_min", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_spread", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("on_weekends", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("script", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state IN ('draft', 'running', 'draining', 'paused', 'stopped')", name="campaign_state"),
        sa.CheckConstraint("day_cap >= 0 AND life_cap >= 0 AND gap_min >= 0", name="campaign_caps"),
        sa.CheckConstraint("hours_from >= 0 AND hours_from < hours_to AND hours_to <= 24", name="campaign_hours"),
        sa.CheckConstraint("weight BETWEEN 1 AND 100", name="campaign_weight"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "campaign_group",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["group_id"], ["operator_group.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("campaign_id", "group_id"),
    )
    op.create_index(op.f("ix_campaign_group_group_id"), "campaign_group", ["group_id"], unique=False)
    op.create_table(
        "campaign_filter",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("filter_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["filter_id"], ["ad_filter.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("campaign_id", "filter_id"),
    )
    op.create_index(op.f("ix_campaign_filter_filter_id"), "campaign_filter", ["filter_id"], unique=False)
    op.create_table(
        "campaign_trunk",
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("trunk_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["trunk_id"], ["trunk.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("campaign_id", "trunk_id"),
    )
    op.create_index(op.f("ix_campaign_trunk_trunk_id"), "campaign_trunk", ["trunk_id"], unique=False)
    op.create_table(
        "campaign_target",
        sa.Column("card_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["operator_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("card_id"),
    )
    op.create_index(op.f("ix_campaign_target_campaign_id"), "campaign_target", ["campaign_id"], unique=False)
    op.create_index(op.f("ix_campaign_target_operator_id"), "campaign_target", ["operator_id"], unique=False)
    op.create_table(
        "campaign_dial",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.BigInteger(), nullable=True),
        sa.Column("card_id", sa.BigInteger(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("ground", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ground IN ('person')", name="campaign_dial_ground"),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaign.id"],
        ),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("campaign_dial_when", "campaign_dial", ["campaign_id", sa.literal_column("at DESC")], unique=False)
    op.create_index(op.f("ix_campaign_dial_call_id"), "campaign_dial", ["call_id"], unique=False)
    op.create_index(op.f("ix_campaign_dial_card_id"), "campaign_dial", ["card_id"], unique=False)
    _let_the_log_stay()
    op.create_index(
        "card_of_filter",
        "card",
        ["filter_id", sa.literal_column("rank DESC"), "id"],
        unique=False,
        postgresql_where=sa.text("stage = 0 AND filter_id IS NOT NULL AND for_operator_id IS NULL"),
    )
    op.create_table(
        "simulation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("state", sa.String(length=8), server_default="waiting", nullable=False),
        sa.Column(
            "asked", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False
        ),
        sa.Column("calls_n", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done_n", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("of_n", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column(
            "scores", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False
        ),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.CheckConstraint("state IN ('waiting', 'making', 'done', 'failed')", name="simulation_state"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_simulation_campaign_id", "simulation", ["campaign_id"], unique=False)
    op.create_index("simulation_of_user", "simulation", ["user_id", sa.literal_column("created_at DESC")], unique=False)


def _let_the_log_stay() -> None:
    """Nobody rewrites who started a call. Only what it points at may go, by the foreign keys themselves."""
    op.execute("""
        CREATE FUNCTION campaign_dial_stays() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF TG_OP = 'UPDATE' AND pg_trigger_depth() > 1
             AND (NEW.id, NEW.campaign_id, NEW.ground, NEW.at) = (OLD.id, OLD.campaign_id, OLD.ground, OLD.at)
             AND (NEW.call_id IS NULL OR NEW.call_id = OLD.call_id)
             AND (NEW.card_id IS NULL OR NEW.card_id = OLD.card_id)
             AND (NEW.by_id IS NULL OR NEW.by_id = OLD.by_id) THEN
            RETURN NEW;
          END IF;
          RAISE EXCEPTION 'who started a call is never rewritten' USING ERRCODE = 'restrict_violation';
        END $$
    """)
    op.execute(
        "CREATE TRIGGER campaign_dial_stays BEFORE UPDATE OR DELETE ON campaign_dial "
        "FOR EACH ROW EXECUTE FUNCTION campaign_dial_stays()"
    )
    op.execute(
        "CREATE TRIGGER campaign_dial_whole BEFORE TRUNCATE ON campaign_dial "
        "FOR EACH STATEMENT EXECUTE FUNCTION campaign_dial_stays()"
    )


def downgrade() -> None:
    op.drop_index("simulation_of_user", table_name="simulation")
    op.drop_index("ix_simulation_campaign_id", table_name="simulation")
    op.drop_table("simulation")
    op.drop_index(
        "card_of_filter",
        table_name="card",
        postgresql_where=sa.text("stage = 0 AND filter_id IS NOT NULL AND for_operator_id IS NULL"),
    )
    op.drop_index(op.f("ix_campaign_dial_card_id"), table_name="campaign_dial")
    op.drop_index(op.f("ix_campaign_dial_call_id"), table_name="campaign_dial")
    op.drop_index("campaign_dial_when", table_name="campaign_dial")
    op.drop_table("campaign_dial")
    op.execute("DROP FUNCTION campaign_dial_stays()")
    op.drop_index(op.f("ix_campaign_target_operator_id"), table_name="campaign_target")
    op.drop_index(op.f("ix_campaign_target_campaign_id"), table_name="campaign_target")
    op.drop_table("campaign_target")
    op.drop_index(op.f("ix_campaign_trunk_trunk_id"), table_name="campaign_trunk")
    op.drop_table("campaign_trunk")
    op.drop_index(op.f("ix_campaign_filter_filter_id"), table_name="campaign_filter")
    op.drop_table("campaign_filter")
    op.drop_index(op.f("ix_campaign_group_group_id"), table_name="campaign_group")
    op.drop_table("campaign_group")
    op.drop_table("campaign")
