"""Leads that come in: sources, keys, what was sent to us.

Revision ID: 20261123_0510
Revises: 20261123_0500
"""

revision = "20261123_0510"
down_revision = "20261123_0500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
