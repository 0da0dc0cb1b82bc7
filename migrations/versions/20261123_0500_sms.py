"""SMS: gateways, templates in use, messages on their way and what became of them.

Revision ID: 20261123_0500
Revises: 20261123_0300
"""

revision = "20261123_0500"
down_revision = "20261123_0300"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
