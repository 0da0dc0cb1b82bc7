"""SMS: gateways, templates in use, messages on their way and what became of them.

Revision ID: 20261123_0500
Revises: 20261123_0300
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0500"
down_revision = "20261123_0300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sms_gateway",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("options", postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
        sa.Column("secrets", sa.Text(), server_default="", nullable=False),
        sa.Column("sender", sa.String(length=15), server_default="", nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("per_second", sa.SmallInteger(), server_default="10", nullable=False),
        sa.Column("turn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hook_token", sa.String(length=64), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("balance", sa.Numeric(precision=12, scale=2), nullable=True),
        sa.Column("balance_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.String(length=32), server_default="", nullable=False),
        sa.Column("last_ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("per_second BETWEEN 1 AND 1000", name="sms_gateway_rate"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hook_token"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "sms_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("status_id", sa.Integer(), nullable=True),
        sa.Column("after_missed", sa.SmallInteger(), nullable=True),
        sa.CheckConstraint("after_missed BETWEEN 1 AND 20", name="sms_template_missed"),
        sa.ForeignKeyConstraint(["status_id"], ["status.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index(op.f("ix_sms_template_status_id"), "sms_template", ["status_id"], unique=False)
    op.create_table(
        "sms_consent",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("phone_hash", sa.String(length=64), nullable=False),
        sa.Column("card_id", sa.BigInteger(), nullable=True),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("is_withdrawn", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sms_consent_phone_hash"), "sms_consent", ["phone_hash"], unique=False)
    op.create_table(
        "sms_message",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("card_id", sa.BigInteger(), nullable=True),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("phone", sa.String(length=11), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("parts", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("ground", sa.String(length=12), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("gateway_id", sa.Integer(), nullable=True),
        sa.Column("ref", sa.String(length=80), server_default="", nullable=False),
        sa.Column("cost", sa.Numeric(precision=10, scale=2), nullable=True),
        sa.Column("trouble", sa.String(length=32), server_default="", nullable=False),
        sa.Column("attempts_n", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("tried_ids", postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("phone ~ '^7[0-9]{10}$'", name="sms_message_phone"),
        sa.CheckConstraint(
            "state IN ('waiting', 'sending', 'sent', 'delivered', 'failed', 'expired', 'unknown', 'cancelled')",
            name="sms_message_state",
        ),
        sa.ForeignKeyConstraint(["by_id"], ["ab_user.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["card_id"], ["card.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["gateway_id"],
            ["sms_gateway.id"],
        ),
        sa.ForeignKeyConstraint(["template_id"], ["sms_template.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_sms_message_card_id"), "sms_message", ["card_id"], unique=False)
    op.create_index(
        "sms_message_due",
        "sms_message",
        ["next_at", "id"],
        unique=False,
        postgresql_where=sa.text("state IN ('waiting', 'sending', 'sent')"),
    )
    op.create_index(
        "sms_message_phone_when", "sms_message", ["phone", sa.literal_column("created_at DESC")], unique=False
    )
    op.create_index(
        "sms_message_ref", "sms_message", ["gateway_id", "ref"], unique=False, postgresql_where=sa.text("ref <> ''")
    )
    op.create_index("sms_message_when", "sms_message", [sa.literal_column("created_at DESC"), "id"], unique=False)
    _report()


def _report() -> None:
    """The roll-up of messages. What becomes of a message is told days later: then its day is to be counted again."""
    op.create_table(
        "day_by_sms",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("gateway_id", sa.Integer(), nullable=True),
        sa.Column("template_id", sa.Integer(), nullable=True),
        sa.Column("ground", sa.String(length=12), nullable=True),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("messages", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("went", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("delivered", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("undelivered", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("unsure", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("parts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("cost_k", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_sms_day"), "day_by_sms", ["day"], unique=False)
    op.execute(
        """
        CREATE FUNCTION mark_sms_message() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO dirty_moment (source, at) SELECT DISTINCT 'sms', t.at FROM (
            SELECT OLD.created_at AS at WHERE TG_OP <> 'INSERT'
            UNION ALL SELECT NEW.created_at WHERE TG_OP <> 'DELETE') t
          WHERE t.at < now() - interval '1 hour';
          RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER sms_message_marks AFTER INSERT OR DELETE ON sms_message FOR EACH ROW "
        "EXECUTE FUNCTION mark_sms_message()"
    )
    fields = "created_at, state, sent_at, gateway_id, template_id, ground, by_id, parts, cost"
    old, new = (", ".join(f"{row}.{name}" for name in fields.split(", ")) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER sms_message_update_marks AFTER UPDATE ON sms_message FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION mark_sms_message()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER sms_message_update_marks ON sms_message")
    op.execute("DROP TRIGGER sms_message_marks ON sms_message")
    op.execute("DROP FUNCTION mark_sms_message()")
    op.drop_index(op.f("ix_day_by_sms_day"), table_name="day_by_sms")
    op.drop_table("day_by_sms")
    op.drop_index("sms_message_when", table_name="sms_message")
    op.drop_index("sms_message_ref", table_name="sms_message", postgresql_where=sa.text("ref <> ''"))
    op.drop_index("sms_message_phone_when", table_name="sms_message")
    op.drop_index(
        "sms_message_due", table_name="sms_message", postgresql_where=sa.text("state IN ('waiting', 'sending', 'sent')")
    )
    op.drop_index(op.f("ix_sms_message_card_id"), table_name="sms_message")
    op.drop_table("sms_message")
    op.drop_index(op.f("ix_sms_consent_phone_hash"), table_name="sms_consent")
    op.drop_table("sms_consent")
    op.drop_index(op.f("ix_sms_template_status_id"), table_name="sms_template")
    op.drop_table("sms_template")
    op.drop_table("sms_gateway")
