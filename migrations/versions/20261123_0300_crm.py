"""CRM: connections, what is on its way to them, what they told us.

Revision ID: 20261123_0300
Revises: 20261123_0400
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0300"
down_revision = "20261123_0400"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('crm_connection',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('adapter', sa.String(length=32), nullable=False),
    sa.Column('options', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('secrets', sa.Text(), server_default='', nullable=False),
    sa.Column('field_map', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False),
    sa.Column('car_map', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('stage_map', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('hook_token', sa.String(length=64), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('sync_minutes', sa.Integer(), server_default='15', nullable=False),
    sa.Column('next_sync_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('cursor', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('health', sa.String(length=16), server_default='', nullable=False),
    sa.Column('health_text', sa.Text(), server_default='', nullable=False),
    sa.Column('last_ok_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('sync_minutes BETWEEN 0 AND 10080', name='crm_connection_sync'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('hook_token'),
    sa.UniqueConstraint('name')
    )
    op.create_table('crm_client',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('external_id', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('phones', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('url', sa.Text(), server_default='', nullable=False),
    sa.Column('is_gone', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['crm_connection.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('connection_id', 'external_id', name='crm_client_once')
    )
    op.create_table('crm_hook',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('once', sa.String(length=64), nullable=False),
    sa.Column('events', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['crm_connection.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('connection_id', 'once', name='crm_hook_once')
    )
    op.create_index('crm_hook_at', 'crm_hook', ['at'], unique=False)
    op.create_index('crm_hook_open', 'crm_hook', ['id'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_table('crm_token',
    sa.Column('connection_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('sealed', sa.Text(), server_default='', nullable=False),
    sa.Column('good_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('number', sa.Integer(), server_default='0', nullable=False),
    sa.Column('trouble', sa.Text(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['crm_connection.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('connection_id')
    )
    op.create_table('crm_turn',
    sa.Column('connection_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('bucket_until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['connection_id'], ['crm_connection.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('connection_id'),
    postgresql_with={'fillfactor': '20'}
    )
    op.create_table('crm_client_phone',
    sa.Column('phone', sa.String(length=11), nullable=False),
    sa.Column('client_id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.CheckConstraint("phone ~ '^7[0-9]{10}$'", name='crm_client_phone_digits'),
    sa.ForeignKeyConstraint(['client_id'], ['crm_client.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('phone', 'client_id')
    )
    op.create_index(op.f('ix_crm_client_phone_client_id'), 'crm_client_phone', ['client_id'], unique=False)
    op.create_table('crm_vehicle',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('external_id', sa.String(length=64), nullable=False),
    sa.Column('client_external_id', sa.String(length=64), server_default='', nullable=False),
    sa.Column('city', sa.Text(), server_default='', nullable=False),
    sa.Column('make', sa.Text(), server_default='', nullable=False),
    sa.Column('model', sa.Text(), server_default='', nullable=False),
    sa.Column('year', sa.SmallInteger(), nullable=True),
    sa.Column('vin', sa.String(length=17), nullable=True),
    sa.Column('plate', sa.String(length=12), nullable=True),
    sa.Column('url', sa.Text(), server_default='', nullable=False),
    sa.Column('is_gone', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('vehicle_id', sa.BigInteger(), nullable=True),
    sa.Column('changed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['connection_id'], ['crm_connection.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['vehicle_id'], ['vehicle.id'], ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('connection_id', 'external_id', name='crm_vehicle_once')
    )
    op.create_index('crm_vehicle_client', 'crm_vehicle', ['connection_id', 'client_external_id'], unique=False)
    op.create_index('crm_vehicle_vin', 'crm_vehicle', ['vin'], unique=False, postgresql_where=sa.text('vin IS NOT NULL'))
    op.create_index(op.f('ix_crm_vehicle_vehicle_id'), 'crm_vehicle', ['vehicle_id'], unique=False)
    op.create_table('crm_push',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(length=36), server_default=sa.text('gen_random_uuid()::text'), nullable=False),
    sa.Column('connection_id', sa.Integer(), nullable=False),
    sa.Column('lead_id', sa.BigInteger(), nullable=False),
    sa.Column('what', sa.String(length=40), nullable=False),
    sa.Column('body', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('state', sa.String(length=8), server_default='waiting', nullable=False),
    sa.Column('attempts_n', sa.Integer(), server_default='0', nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('waiting_since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_no', sa.Integer(), server_default='0', nullable=False),
    sa.Column('external_id', sa.String(length=64), server_default='', nullable=False),
    sa.Column('url', sa.Text(), server_default='', nullable=False),
    sa.Column('error', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('waiting', 'done', 'failed', 'dropped')", name='crm_push_state'),
    sa.ForeignKeyConstraint(['connection_id'], ['crm_connection.id'], ),
    sa.ForeignKeyConstraint(['lead_id'], ['lead.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('key'),
    sa.UniqueConstraint('lead_id', 'connection_id', 'what', name='crm_push_once'),
    postgresql_with={'fillfactor': '70'}
    )
    op.create_index('crm_push_due', 'crm_push', ['next_at', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('crm_push_failed', 'crm_push', ['id'], unique=False, postgresql_where=sa.text("state = 'failed'"))
    op.create_index('crm_push_known', 'crm_push', ['connection_id', 'external_id'], unique=False, postgresql_where=sa.text("what = 'lead'"))
    op.add_column('lead', sa.Column('stage', sa.String(length=16), server_default='', nullable=False))
    op.add_column('lead', sa.Column('stage_at', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column('lead', 'stage_at')
    op.drop_column('lead', 'stage')
    op.drop_index('crm_push_known', table_name='crm_push', postgresql_where=sa.text("what = 'lead'"))
    op.drop_index('crm_push_failed', table_name='crm_push', postgresql_where=sa.text("state = 'failed'"))
    op.drop_index('crm_push_due', table_name='crm_push', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_table('crm_push')
    op.drop_index(op.f('ix_crm_vehicle_vehicle_id'), table_name='crm_vehicle')
    op.drop_index('crm_vehicle_vin', table_name='crm_vehicle', postgresql_where=sa.text('vin IS NOT NULL'))
    op.drop_index('crm_vehicle_client', table_name='crm_vehicle')
    op.drop_table('crm_vehicle')
    op.drop_index(op.f('ix_crm_client_phone_client_id'), table_name='crm_client_phone')
    op.drop_table('crm_client_phone')
    op.drop_table('crm_turn')
    op.drop_table('crm_token')
    op.drop_index('crm_hook_open', table_name='crm_hook', postgresql_where=sa.text('done_at IS NULL'))
    op.drop_index('crm_hook_at', table_name='crm_hook')
    op.drop_table('crm_hook')
    op.drop_table('crm_client')
    op.drop_table('crm_connection')
