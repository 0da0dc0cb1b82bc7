"""Reports: narrow roll-ups, marks of what has changed written by the database itself, saved views, exports.

Revision ID: 20261123_0400
Revises: 20261123_0210
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0400"
down_revision = "20261123_0210"
branch_labels = None
depends_on = None

# Moments younger than an hour need no mark: their day is not rolled up before its end is two hours old.
OLD = "now() - interval '1 hour'"

# table: (kind of mark, the moments of a row, the condition under which a changed row matters)
MARKED = {
    "call": ("call", "x.created_at", None),
    "assignment": ("assignment", "x.from_at, x.taken_at", None),
    "status_change": ("result", "x.at", None),
    "lead": ("lead", "x.created_at", None),
    "ad": (
        "ad",
        "coalesce(x.published_at, x.first_seen_at)",
        "(OLD.published_at, OLD.first_seen_at, OLD.city_id, OLD.make_id, OLD.source_id) IS DISTINCT FROM "
        "(NEW.published_at, NEW.first_seen_at, NEW.city_id, NEW.make_id, NEW.source_id)",
    ),
}


def upgrade() -> None:
    op.add_column("assignment", sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE assignment SET taken_at = from_at WHERE why = 'taken'")
    op.create_index("assignment_taken", "assignment", ["taken_at"], postgresql_where=sa.text("taken_at IS NOT NULL"))
    op.create_index("assignment_from", "assignment", ["from_at"])
    op.create_index("card_matched", "card", ["matched_at"], postgresql_where=sa.text("matched_at IS NOT NULL"))
    op.create_index("lead_at", "lead", ["created_at"])
    # Adverts come nearly in the order of their days: a few bytes for each block range find them.
    op.execute(
        "CREATE INDEX ad_posted ON ad USING brin "
        "(coalesce(published_at, first_seen_at) timestamptz_minmax_multi_ops) WITH (pages_per_range = 32)"
    )
    _tables()
    for table, (kind, moments, matters) in MARKED.items():
        _mark(table, kind, moments, matters)
    _mark_first_calls()
    _mark_cards()
    _mark_states()
    _forget_on_new_meaning()


def _mark(table: str, kind: str, moments: str, matters: str | None) -> None:
    """Insert and delete by statement; update by row where it matters, else by statement too."""
    values = ", ".join(f"({moment.strip()})" for moment in _split(moments))
    for verb, rows in (("insert", "new_rows"), ("delete", "old_rows")):
        op.execute(
            f"""
            CREATE FUNCTION mark_{table}_{verb}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              INSERT INTO dirty_moment (source, at)
              SELECT '{kind}', m.at FROM (
                SELECT DISTINCT date_trunc('hour', t.at, 'UTC') AS at FROM {rows} x, LATERAL (VALUES {values}) AS t(at)
                WHERE t.at < {OLD}) m;
              RETURN NULL;
            END $$
            """
        )
        referenced = "NEW TABLE AS new_rows" if verb == "insert" else "OLD TABLE AS old_rows"
        op.execute(
            f"CREATE TRIGGER {table}_{verb}_marks AFTER {verb.upper()} ON {table} REFERENCING {referenced} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION mark_{table}_{verb}()"
        )
    both = f"{values.replace('x.', 'OLD.')}, {values.replace('x.', 'NEW.')}"
    op.execute(
        f"""
        CREATE FUNCTION mark_{table}_update() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO dirty_moment (source, at) SELECT DISTINCT '{kind}', t.at FROM (VALUES {both}) AS t(at)
          WHERE t.at < {OLD};
          RETURN NULL;
        END $$
        """
    )
    when = f"WHEN ({matters or 'OLD.* IS DISTINCT FROM NEW.*'})"
    op.execute(
        f"CREATE TRIGGER {table}_update_marks AFTER UPDATE ON {table} FOR EACH ROW {when} "
        f"EXECUTE FUNCTION mark_{table}_update()"
    )


def _split(moments: str) -> list[str]:
    return [moments] if "(" in moments else moments.split(",")


def _mark_first_calls() -> None:
    """A late record, or one that goes, may make another call of the card its first one."""
    for verb, rows in (("insert", "new_rows"), ("delete", "old_rows")):
        op.execute(
            f"""
            CREATE FUNCTION mark_first_call_{verb}() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
              INSERT INTO dirty_moment (source, at)
              SELECT DISTINCT 'call', k.created_at FROM {rows} x JOIN call k ON k.card_id = x.card_id
              WHERE x.created_at < {OLD} AND k.created_at < {OLD};
              RETURN NULL;
            END $$
            """
        )
        referenced = "NEW TABLE AS new_rows" if verb == "insert" else "OLD TABLE AS old_rows"
        op.execute(
            f"CREATE TRIGGER call_{verb}_marks_first AFTER {verb.upper()} ON call REFERENCING {referenced} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION mark_first_call_{verb}()"
        )
    op.execute(
        f"""
        CREATE FUNCTION mark_first_call_update() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO dirty_moment (source, at)
          SELECT 'call', created_at FROM call WHERE card_id IN (OLD.card_id, NEW.card_id) AND created_at < {OLD};
          RETURN NULL;
        END $$
        """
    )
    op.execute(
        f"""
        CREATE TRIGGER call_update_marks_first AFTER UPDATE ON call FOR EACH ROW
        WHEN (least(OLD.created_at, NEW.created_at) < {OLD} AND (OLD.created_at, OLD.card_id, OLD.type, OLD.state)
              IS DISTINCT FROM (NEW.created_at, NEW.card_id, NEW.type, NEW.state))
        EXECUTE FUNCTION mark_first_call_update()
        """
    )


def _mark_cards() -> None:
    """All that was ever done about a card is counted elsewhere when it turns out to be of another filter, town or make."""
    op.execute(
        f"""
        CREATE FUNCTION mark_card(its_id bigint) RETURNS void LANGUAGE sql AS $$
          INSERT INTO dirty_moment (source, at)
          SELECT DISTINCT e.kind, e.at FROM (
            SELECT 'card' AS kind, matched_at AS at FROM card WHERE id = its_id
            UNION ALL SELECT 'assignment', t.at FROM assignment a, LATERAL (VALUES (a.from_at), (a.taken_at)) AS t(at)
                      WHERE a.card_id = its_id
            UNION ALL SELECT 'result', at FROM status_change WHERE card_id = its_id
            UNION ALL SELECT 'lead', created_at FROM lead WHERE card_id = its_id
            UNION ALL SELECT 'call', created_at FROM call WHERE card_id = its_id) e
          WHERE e.at < {OLD}
        $$
        """
    )
    op.execute(
        f"""
        CREATE FUNCTION mark_card_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          IF OLD.matched_at < {OLD} THEN INSERT INTO dirty_moment (source, at) VALUES ('card', OLD.matched_at); END IF;
          IF TG_OP = 'UPDATE' THEN PERFORM mark_card(NEW.id); END IF;
          RETURN NULL;
        END $$
        """
    )
    # A card nobody has had yet is matched by the thousand; there is nothing of it to count again.
    op.execute(
        """
        CREATE TRIGGER card_update_marks AFTER UPDATE ON card FOR EACH ROW
        WHEN ((OLD.version > 1 OR OLD.filter_id IS NOT NULL) AND (OLD.filter_id, OLD.vehicle_id, OLD.matched_at)
              IS DISTINCT FROM (NEW.filter_id, NEW.vehicle_id, NEW.matched_at))
        EXECUTE FUNCTION mark_card_change()
        """
    )
    op.execute(
        "CREATE TRIGGER card_delete_marks AFTER DELETE ON card FOR EACH ROW WHEN (OLD.matched_at IS NOT NULL) "
        "EXECUTE FUNCTION mark_card_change()"
    )
    op.execute(
        """
        CREATE FUNCTION mark_vehicle_update() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM mark_card(id) FROM card WHERE vehicle_id = NEW.id; RETURN NULL; END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER vehicle_update_marks AFTER UPDATE ON vehicle FOR EACH ROW
        WHEN ((OLD.city_id, OLD.make_id, OLD.ad_id, OLD.published_at)
              IS DISTINCT FROM (NEW.city_id, NEW.make_id, NEW.ad_id, NEW.published_at))
        EXECUTE FUNCTION mark_vehicle_update()
        """
    )


def _mark_states() -> None:
    """A state marks every day that it lasted over, before and after the change."""
    op.execute(
        f"""
        CREATE FUNCTION mark_operator_state() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO dirty_moment (source, at)
          SELECT DISTINCT 'state', t.at FROM (
            SELECT generate_series(s.since, coalesce(s.until, now()), interval '12 hours') AS at
            FROM (SELECT OLD.since, OLD.until WHERE TG_OP <> 'INSERT'
                  UNION ALL SELECT NEW.since, NEW.until WHERE TG_OP <> 'DELETE') s
            UNION ALL SELECT s.until FROM (SELECT OLD.until WHERE TG_OP <> 'INSERT'
                  UNION ALL SELECT NEW.until WHERE TG_OP <> 'DELETE') s) t
          WHERE t.at < {OLD};
          RETURN NULL;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER operator_state_marks AFTER INSERT OR UPDATE OR DELETE ON operator_state FOR EACH ROW "
        "EXECUTE FUNCTION mark_operator_state()"
    )


def _forget_on_new_meaning() -> None:
    """When a status means something else, or a card gets another place, every rolled day is to be counted again."""
    op.execute(
        """
        CREATE FUNCTION forget_rolled_days() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN DELETE FROM rolled_day; RETURN NULL; END $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER status_meaning AFTER UPDATE ON status FOR EACH ROW
        WHEN ((OLD.is_closing, OLD.is_reached) IS DISTINCT FROM (NEW.is_closing, NEW.is_reached))
        EXECUTE FUNCTION forget_rolled_days()
        """
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER status_meaning ON status")
    op.execute("DROP FUNCTION forget_rolled_days()")
    op.execute("DROP TRIGGER operator_state_marks ON operator_state")
    op.execute("DROP FUNCTION mark_operator_state()")
    op.execute("DROP TRIGGER vehicle_update_marks ON vehicle")
    op.execute("DROP FUNCTION mark_vehicle_update()")
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER card_{verb}_marks ON card")
    op.execute("DROP FUNCTION mark_card_change()")
    op.execute("DROP FUNCTION mark_card(bigint)")
    for verb in ("insert", "update", "delete"):
        op.execute(f"DROP TRIGGER call_{verb}_marks_first ON call")
        op.execute(f"DROP FUNCTION mark_first_call_{verb}()")
    for table in MARKED:
        for verb in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER {table}_{verb}_marks ON {table}")
            op.execute(f"DROP FUNCTION mark_{table}_{verb}()")
    _drop_tables()
    for name, table in (
        ("ad_posted", "ad"),
        ("lead_at", "lead"),
        ("card_matched", "card"),
        ("assignment_from", "assignment"),
        ("assignment_taken", "assignment"),
    ):
        op.drop_index(name, table_name=table)
    op.drop_column("assignment", "taken_at")


def _tables() -> None:
    op.create_table(
        "day_by_call_city",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("connects", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ring_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rung", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_call_city_day"), "day_by_call_city", ["day"], unique=False)
    op.create_table(
        "day_by_caller",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("connects", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ring_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rung", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_caller_day"), "day_by_caller", ["day"], unique=False)
    op.create_table(
        "day_by_city",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("city_id", sa.BigInteger(), nullable=True),
        sa.Column("source_id", sa.Integer(), nullable=True),
        sa.Column("posted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("matched", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("called", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("wait_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("waited", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("given", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("taken", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("processed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reached", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("leads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("crm_in_work", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("inspected", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bought", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("crm_refused", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_city_day"), "day_by_city", ["day"], unique=False)
    op.create_table(
        "day_by_code",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("trunk_id", sa.Integer(), nullable=True),
        sa.Column("prefix_id", sa.Integer(), nullable=True),
        sa.Column("caller_number", sa.Text(), nullable=True),
        sa.Column("code", sa.String(length=4), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("connects", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ring_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rung", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_code_day"), "day_by_code", ["day"], unique=False)
    op.create_table(
        "day_by_filter",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("filter_id", sa.Integer(), nullable=True),
        sa.Column("matched", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("given", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("taken", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("processed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reached", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("leads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("crm_in_work", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("inspected", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bought", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("crm_refused", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_filter_day"), "day_by_filter", ["day"], unique=False)
    op.create_table(
        "day_by_hour",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.SmallInteger(), nullable=True),
        sa.Column("type", sa.String(length=12), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("connects", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ring_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rung", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_hour_day"), "day_by_hour", ["day"], unique=False)
    op.create_table(
        "day_by_line",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("trunk_id", sa.Integer(), nullable=True),
        sa.Column("prefix_id", sa.Integer(), nullable=True),
        sa.Column("caller_number", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("connects", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("talk_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("ring_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("rung", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_line_day"), "day_by_line", ["day"], unique=False)
    op.create_table(
        "day_by_make",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("make_id", sa.Integer(), nullable=True),
        sa.Column("posted", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("matched", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("called", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("wait_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("waited", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("given", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("taken", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("processed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reached", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("leads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("crm_in_work", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("inspected", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bought", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("crm_refused", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_make_day"), "day_by_make", ["day"], unique=False)
    op.create_table(
        "day_by_operator",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("given", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("taken", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("processed", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reached", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("leads", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("crm_in_work", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("inspected", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("bought", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("crm_refused", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_operator_day"), "day_by_operator", ["day"], unique=False)
    op.create_table(
        "day_by_state",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=True),
        sa.Column("spent_s", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_state_day"), "day_by_state", ["day"], unique=False)
    op.create_table(
        "day_by_status",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("operator_id", sa.Integer(), nullable=True),
        sa.Column("status_id", sa.Integer(), nullable=True),
        sa.Column("changes", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_day_by_status_day"), "day_by_status", ["day"], unique=False)
    op.create_table(
        "dirty_moment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rolled_day",
        sa.Column("family", sa.String(length=16), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("family", "day"),
    )
    op.create_table(
        "export",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("token", sa.String(length=43), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("report", sa.String(length=32), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("question", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.String(length=10), server_default="waiting", nullable=False),
        sa.Column("rows_n", sa.Integer(), server_default="0", nullable=False),
        sa.Column("of_n", sa.Integer(), server_default="0", nullable=False),
        sa.Column("file_name", sa.Text(), server_default="", nullable=False),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token"),
    )
    op.create_index(op.f("ix_export_user_id"), "export", ["user_id"], unique=False)
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("report", sa.String(length=32), nullable=False),
        sa.Column("query", sa.Text(), server_default="", nullable=False),
        sa.Column("is_shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_start", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_saved_view_user_id"), "saved_view", ["user_id"], unique=False)
    op.create_index("saved_view_name", "saved_view", ["user_id", "report", "name"], unique=True)
    op.create_index("saved_view_start", "saved_view", ["user_id"], unique=True, postgresql_where=sa.text("is_start"))
    op.create_table(
        "report_mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("view_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("every", sa.String(length=8), nullable=False),
        sa.Column("on_day", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trouble", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["created_by_id"], ["ab_user.id"], ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["view_id"], ["saved_view.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("view_id", "user_id", name="report_mailing_once"),
    )
    for column in ("next_at", "user_id", "view_id"):
        op.create_index(op.f(f"ix_report_mailing_{column}"), "report_mailing", [column], unique=False)


def _drop_tables() -> None:
    for column in ("next_at", "user_id", "view_id"):
        op.drop_index(op.f(f"ix_report_mailing_{column}"), table_name="report_mailing")
    op.drop_table("report_mailing")
    op.drop_index("saved_view_start", table_name="saved_view", postgresql_where=sa.text("is_start"))
    op.drop_index("saved_view_name", table_name="saved_view")
    op.drop_index(op.f("ix_saved_view_user_id"), table_name="saved_view")
    op.drop_table("saved_view")
    op.drop_index(op.f("ix_export_user_id"), table_name="export")
    op.drop_table("export")
    op.drop_table("rolled_day")
    op.drop_table("dirty_moment")
    op.drop_index(op.f("ix_day_by_status_day"), table_name="day_by_status")
    op.drop_table("day_by_status")
    op.drop_index(op.f("ix_day_by_state_day"), table_name="day_by_state")
    op.drop_table("day_by_state")
    op.drop_index(op.f("ix_day_by_operator_day"), table_name="day_by_operator")
    op.drop_table("day_by_operator")
    op.drop_index(op.f("ix_day_by_make_day"), table_name="day_by_make")
    op.drop_table("day_by_make")
    op.drop_index(op.f("ix_day_by_line_day"), table_name="day_by_line")
    op.drop_table("day_by_line")
    op.drop_index(op.f("ix_day_by_hour_day"), table_name="day_by_hour")
    op.drop_table("day_by_hour")
    op.drop_index(op.f("ix_day_by_filter_day"), table_name="day_by_filter")
    op.drop_table("day_by_filter")
    op.drop_index(op.f("ix_day_by_code_day"), table_name="day_by_code")
    op.drop_table("day_by_code")
    op.drop_index(op.f("ix_day_by_city_day"), table_name="day_by_city")
    op.drop_table("day_by_city")
    op.drop_index(op.f("ix_day_by_caller_day"), table_name="day_by_caller")
    op.drop_table("day_by_caller")
    op.drop_index(op.f("ix_day_by_call_city_day"), table_name="day_by_call_city")
    op.drop_table("day_by_call_city")
