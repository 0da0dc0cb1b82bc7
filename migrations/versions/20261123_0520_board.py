"""The board: its marks, the goals of the day.

Revision ID: 20261123_0520
Revises: 20261123_0510
"""

revision = "20261123_0520"
down_revision = "20261123_0510"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
