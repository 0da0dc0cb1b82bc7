"""The board: its marks, the goals of the day, whose groups a supervisor sees; call-backs, presence and CRM counted.

Revision ID: 20261123_0520
Revises: 20261123_0510
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_0520"
down_revision = "20261123_0510"
branch_labels = None
depends_on = None

# Moments younger than an hour need no mark: their day is not rolled up before its end is two hours old.
OLD = "now() - interval '1 hour'"
# table: (kind of mark, the moment of a row, the columns whose change matters)
MARKED = {
    "callback": ("callback", "at", "at, created_at, done_at, card_id, operator_id, by_id, is_automatic, call_id"),
    "crm_push": ("push", "created_at", "state, done_at, attempts_n, created_at, connection_id, lead_id, what"),
    "lead_stage": ("stage", "at", "at, stage, lead_id"),
}


def upgrade() -> None:
    op.create_table(
        "board_mark",
        sa.Column("metric", sa.String(length=24), nullable=False),
        sa.Column("amber", sa.Integer(), nullable=False),
        sa.Column("red", sa.Integer(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("amber <> red AND amber >= 0 AND red >= 0", name="board_mark_order"),
        sa.ForeignKeyConstraint(["changed_by_id"], ["ab_user.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("metric"),
    )
    op.create_table(
        "day_goal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("calls", sa.Integer(), nullable=True),
        sa.Column("connects", sa.Integer(), nullable=True),
        sa.Column("leads", sa.Integer(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(user_id IS NULL) <> (group_id IS NULL)", name="day_goal_whose"),
        sa.CheckConstraint("calls > 0 AND connects > 0 AND leads > 0", name="day_goal_above_nothing"),
        sa.ForeignKeyConstraint(["changed_by_id"], ["ab_user.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["group_id"], ["operator_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("group_id"),
        sa.UniqueConstraint("user_id"),
    )
    op.create_table(
        "group_supervisor",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["operator_group.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id", "group_id", name="group_supervisor_once"),
    )
    op.create_index(op.f("ix_group_supervisor_group_id"), "group_supervisor", ["group_id"], unique=False)
    op.create_table(
        "lead_stage",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("lead_id", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("lead_id", "stage", name="lead_stage_once"),
    )
    op.create_index("lead_stage_at", "lead_stage", ["at"], unique=False)
    op.create_index("callback_at", "callback", ["at"], unique=False)
    op.create_index("crm_push_at", "crm_push", ["created_at"], unique=False)
    _days()
    for table, (kind, moment, matters) in MARKED.items():
        _mark(table, kind, moment, matters)
    _mark_callbacks_of_calls()
    _place_calls()
    _mark_card("UNION ALL SELECT 'stage', s.at FROM lead_stage s JOIN lead l ON l.id = s.lead_id "
               "WHERE l.card_id = its_id")  # fmt: skip


def _place_calls() -> None:
    """The town of a call stands on it: a day's calls are counted by town without looking at twenty thousand cars.

    A live call is left alone when its car moves, for it changes all the time: it is placed anew with its next state.
    """
    op.add_column("call", sa.Column("city_id", sa.BigInteger(), nullable=True))
    op.execute(
        """
        CREATE FUNCTION place_call() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.city_id := (SELECT v.city_id FROM card k JOIN vehicle v ON v.id = k.vehicle_id WHERE k.id = NEW.card_id);
          RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER call_insert_place BEFORE INSERT ON call FOR EACH ROW WHEN (NEW.card_id IS NOT NULL) "
        "EXECUTE FUNCTION place_call()"
    )
    op.execute(
        "CREATE TRIGGER call_update_place BEFORE UPDATE OF card_id, state ON call FOR EACH ROW "
        "EXECUTE FUNCTION place_call()"
    )
    op.execute(
        """
        CREATE FUNCTION move_calls() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE call c SET city_id = v.city_id FROM card k JOIN vehicle v ON v.id = k.vehicle_id
          WHERE c.card_id = k.id AND c.state = 'ended' AND c.city_id IS DISTINCT FROM v.city_id
            AND k.id = ANY(CASE WHEN TG_TABLE_NAME = 'card' THEN ARRAY[NEW.id]
                           ELSE ARRAY(SELECT id FROM card WHERE vehicle_id = NEW.id) END);
          RETURN NULL;
        END $$
        """
    )
    for table, column in (("vehicle", "city_id"), ("card", "vehicle_id")):
        op.execute(
            f"CREATE TRIGGER {table}_moves_calls AFTER UPDATE OF {column} ON {table} FOR EACH ROW "
            f"WHEN (OLD.{column} IS DISTINCT FROM NEW.{column}) EXECUTE FUNCTION move_calls()"
        )


def _mark_card(more: str) -> None:
    """As the reports' migration made it, and with the stages of the card's leads."""
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION mark_card(its_id bigint) RETURNS void LANGUAGE sql AS $$
          INSERT INTO dirty_moment (source, at)
          SELECT DISTINCT e.kind, e.at FROM (
            SELECT 'card' AS kind, matched_at AS at FROM card WHERE id = its_id
            UNION ALL SELECT 'assignment', t.at FROM assignment a, LATERAL (VALUES (a.from_at), (a.taken_at)) AS t(at)
                      WHERE a.card_id = its_id
            UNION ALL SELECT 'result', at FROM status_change WHERE card_id = its_id
            UNION ALL SELECT 'lead', created_at FROM lead WHERE card_id = its_id
            UNION ALL SELECT 'call', created_at FROM call WHERE card_id = its_id {more}) e
          WHERE e.at < {OLD}
        $$
        """  # noqa: S608  constants of ours
    )


def _days() -> None:
    op.create_table(
        "day_by_presence",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("at_work_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ready_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("talking_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("wrap_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("paused_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("busy_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("able_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("wraps", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_presence_day"), "day_by_presence", ["day"], unique=False)
    op.create_table(
        "day_by_callback",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("plan", sa.String(length=12), nullable=True),
        sa.Column("due", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("kept", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("missed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("still_open", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("late_n", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("late_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_callback_day"), "day_by_callback", ["day"], unique=False)
    op.create_table(
        "day_by_crm",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("connection_id", sa.Integer(), nullable=True),
        sa.Column("thing", sa.String(length=12), nullable=True),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("pushes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("handed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("waits", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fails", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("dropped", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("took_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_crm_day"), "day_by_crm", ["day"], unique=False)


def _mark(table: str, kind: str, moment: str, matters: str) -> None:
    """A row that comes, goes or changes marks its day, and the day where it was before."""
    op.execute(
        f"""
        CREATE FUNCTION mark_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO dirty_moment (source, at) SELECT DISTINCT '{kind}', t.at FROM (
            SELECT OLD.{moment} AS at WHERE TG_OP <> 'INSERT'
            UNION ALL SELECT NEW.{moment} WHERE TG_OP <> 'DELETE') t
          WHERE t.at < {OLD};
          RETURN NULL;
        END $$
        """  # noqa: S608  constants of ours
    )
    op.execute(
        f"CREATE TRIGGER {table}_marks AFTER INSERT OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION mark_{table}()"
    )
    old, new = (", ".join(f"{row}.{name}" for name in matters.split(", ")) for row in ("OLD", "NEW"))
    op.execute(
        f"CREATE TRIGGER {table}_update_marks AFTER UPDATE ON {table} FOR EACH ROW "
        f"WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION mark_{table}()"
    )


def _mark_callbacks_of_calls() -> None:
    """A late record of a call, or one that goes, may be what kept a call-back or not."""
    op.execute(
        f"""
        CREATE FUNCTION mark_callbacks_of_call() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO dirty_moment (source, at)
          SELECT DISTINCT 'callback', b.at FROM callback b WHERE b.at < {OLD} AND b.card_id IN (
            SELECT OLD.card_id WHERE TG_OP <> 'INSERT' UNION ALL SELECT NEW.card_id WHERE TG_OP <> 'DELETE');
          RETURN NULL;
        END $$
        """  # noqa: S608  constants of ours
    )
    for verb, row in (("insert", "NEW"), ("delete", "OLD")):
        op.execute(
            f"CREATE TRIGGER call_{verb}_marks_callbacks AFTER {verb.upper()} ON call FOR EACH ROW "
            f"WHEN ({row}.card_id IS NOT NULL AND {row}.created_at < {OLD}) EXECUTE FUNCTION mark_callbacks_of_call()"
        )
    op.execute(
        f"CREATE TRIGGER call_update_marks_callbacks AFTER UPDATE ON call FOR EACH ROW "
        f"WHEN (least(OLD.created_at, NEW.created_at) < {OLD} AND (OLD.created_at, OLD.card_id, OLD.type) "
        f"IS DISTINCT FROM (NEW.created_at, NEW.card_id, NEW.type)) EXECUTE FUNCTION mark_callbacks_of_call()"
    )


def downgrade() -> None:
    _mark_card("")
    for table in ("vehicle", "card"):
        op.execute(f"DROP TRIGGER {table}_moves_calls ON {table}")
    op.execute("DROP FUNCTION move_calls()")
    for verb in ("insert", "update"):
        op.execute(f"DROP TRIGGER call_{verb}_place ON call")
    op.execute("DROP FUNCTION place_call()")
    op.drop_column("call", "city_id")
    for verb in ("insert", "delete", "update"):
        op.execute(f"DROP TRIGGER call_{verb}_marks_callbacks ON call")
    op.execute("DROP FUNCTION mark_callbacks_of_call()")
    for table in MARKED:
        op.execute(f"DROP TRIGGER {table}_update_marks ON {table}")
        op.execute(f"DROP TRIGGER {table}_marks ON {table}")
        op.execute(f"DROP FUNCTION mark_{table}()")
    for table in ("day_by_crm", "day_by_callback", "day_by_presence"):
        op.drop_index(op.f(f"ix_{table}_day"), table_name=table)
        op.drop_table(table)
    op.drop_index("crm_push_at", table_name="crm_push")
    op.drop_index("callback_at", table_name="callback")
    op.drop_table("lead_stage")
    op.drop_table("group_supervisor")
    op.drop_table("day_goal")
    op.drop_table("board_mark")
