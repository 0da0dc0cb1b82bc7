"""the queue: procrastinate's own tables

Revision ID: 20261123_0110
Revises: 20261123_0100
"""

from alembic import op

revision = "20261123_0110"
down_revision = "20261123_0100"
branch_labels = None
depends_on = None


def upgrade() -> None:
    from procrastinate.schema import SchemaManager

    # The driver's own cursor: the text is many statements and holds % signs.
    cursor = op.get_bind().connection.cursor()
    cursor.execute(SchemaManager.get_schema())
    cursor.close()


def downgrade() -> None:
    op.execute(
        """
        DO $$
        DECLARE one record;
        BEGIN
          FOR one IN SELECT tablename FROM pg_tables WHERE tablename LIKE 'procrastinate\\_%' AND schemaname = 'public' LOOP
            EXECUTE format('DROP TABLE IF EXISTS %I CASCADE', one.tablename);
          END LOOP;
          FOR one IN SELECT oid::regprocedure AS signature FROM pg_proc WHERE proname LIKE 'procrastinate\\_%' LOOP
            EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', one.signature);
          END LOOP;
          FOR one IN SELECT typname FROM pg_type WHERE typname LIKE 'procrastinate\\_%' AND typtype IN ('e', 'c') LOOP
            EXECUTE format('DROP TYPE IF EXISTS %I CASCADE', one.typname);
          END LOOP;
        END $$
        """
    )
