"""A number that changes with every edit of a role, so that web processes may keep rights in memory.

Revision ID: 20261123_0120
Revises: 20261123_0110
"""

from alembic import op

revision = "20261123_0120"
down_revision = "20261123_0110"
branch_labels = None
depends_on = None

TABLES = ("ab_permission_view_role", "ab_permission_view", "ab_permission", "ab_view_menu", "ab_role")


def upgrade() -> None:
    # The time makes the number one of its kind even after a backup was restored under a running web process.
    op.execute(
        """
        CREATE FUNCTION raise_rights() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          INSERT INTO revision (name, n) VALUES ('rights', (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)
          ON CONFLICT (name) DO UPDATE SET n = GREATEST(revision.n + 1, EXCLUDED.n);
          RETURN NULL;
        END $$
        """
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_raises_rights AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION raise_rights()"
        )


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TRIGGER {table}_raises_rights ON {table}")
    op.execute("DROP FUNCTION raise_rights()")
    op.execute("DELETE FROM revision WHERE name = 'rights'")
