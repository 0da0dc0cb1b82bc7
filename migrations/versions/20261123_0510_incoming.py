"""Leads that come in: sources, keys, what was sent to us.

Revision ID: 20261123_0510
Revises: 20261123_0500
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0510"
down_revision = "20261123_0500"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('lead_intake',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('token', sa.String(length=64), nullable=False),
    sa.Column('secret', sa.Text(), server_default='', nullable=False),
    sa.Column('source_id', sa.Integer(), nullable=False),
    sa.Column('target_min', sa.SmallInteger(), server_default='5', nullable=False),
    sa.Column('per_minute', sa.SmallInteger(), server_default='30', nullable=False),
    sa.Column('thanks_url', sa.Text(), server_default='', nullable=False),
    sa.Column('is_enabled', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("kind IN ('form', 'partner')", name='lead_intake_kind'),
    sa.CheckConstraint('per_minute BETWEEN 1 AND 1000', name='lead_intake_rate'),
    sa.CheckConstraint('target_min BETWEEN 1 AND 1440', name='lead_intake_target'),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name'),
    sa.UniqueConstraint('token')
    )
    op.create_table('incoming_lead',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('intake_id', sa.Integer(), nullable=False),
    sa.Column('once', sa.String(length=64), nullable=False),
    sa.Column('phone', sa.String(length=11), nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('facts', postgresql.JSONB(), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ad_id', sa.BigInteger(), nullable=True),
    sa.Column('card_id', sa.BigInteger(), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('taken_by_id', sa.Integer(), nullable=True),
    sa.Column('escalated_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('mailed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('trouble', sa.String(length=32), server_default='', nullable=False),
    sa.CheckConstraint("phone ~ '^7[0-9]{10}$'", name='incoming_lead_phone'),
    sa.ForeignKeyConstraint(['ad_id'], ['ad.id'], ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['card_id'], ['card.id'], ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['intake_id'], ['lead_intake.id'], ),
    sa.ForeignKeyConstraint(['taken_by_id'], ['ab_user.id'], ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('intake_id', 'once', name='incoming_lead_once')
    )
    op.create_index('incoming_lead_new', 'incoming_lead', ['id'], unique=False, postgresql_where=sa.text("ad_id IS NULL AND trouble = ''"))
    op.create_index('incoming_lead_waits', 'incoming_lead', ['due_at'], unique=False, postgresql_where=sa.text("taken_at IS NULL AND trouble = ''"))
    op.create_index('incoming_lead_when', 'incoming_lead', [sa.literal_column('received_at DESC'), 'id'], unique=False)
    op.create_index(op.f('ix_incoming_lead_card_id'), 'incoming_lead', ['card_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_incoming_lead_card_id'), table_name='incoming_lead')
    op.drop_index('incoming_lead_when', table_name='incoming_lead')
    op.drop_index('incoming_lead_waits', table_name='incoming_lead', postgresql_where=sa.text("taken_at IS NULL AND trouble = ''"))
    op.drop_index('incoming_lead_new', table_name='incoming_lead', postgresql_where=sa.text("ad_id IS NULL AND trouble = ''"))
    op.drop_table('incoming_lead')
    op.drop_table('lead_intake')
