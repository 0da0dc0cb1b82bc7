"""Calls: servers, lines, prefixes, caller numbers, phones, calls and what was said of them.

Revision ID: 20261123_0200
Revises: 20261123_0120
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_0200"
down_revision = "20261123_0120"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('operator_profile', sa.Column('wrap_up_until', sa.DateTime(timezone=True), nullable=True))
    op.create_table('asterisk',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('ami_host', sa.Text(), nullable=False),
    sa.Column('ami_port', sa.Integer(), server_default='5038', nullable=False),
    sa.Column('ami_user', sa.Text(), nullable=False),
    sa.Column('ami_secret', sa.LargeBinary(), nullable=True),
    sa.Column('ws_url', sa.Text(), server_default='', nullable=False),
    sa.Column('sip_host', sa.Text(), server_default='', nullable=False),
    sa.Column('recordings_dir', sa.Text(), server_default='', nullable=False),
    sa.Column('cdr_csv', sa.Text(), server_default='', nullable=False),
    sa.Column('recording_stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('recording_trouble', sa.Text(), server_default='', nullable=False),
    sa.Column('state', sa.String(length=8), server_default='never', nullable=False),
    sa.Column('state_since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Text(), server_default='', nullable=False),
    sa.Column('trouble', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint("state IN ('never', 'up', 'down')", name='asterisk_state'),
    sa.CheckConstraint('ami_port BETWEEN 1 AND 65535', name='asterisk_port'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('name')
    )
    op.create_table('phone_account',
    sa.Column('user_id', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('asterisk_id', sa.Integer(), nullable=False),
    sa.Column('extension', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=8), server_default='browser', nullable=False),
    sa.Column('password_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sid_hash', sa.String(length=64), server_default='', nullable=False),
    sa.Column('device_state', sa.String(length=16), server_default='unknown', nullable=False),
    sa.Column('device_since', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("extension ~ '^[a-z0-9]{1,16}$'", name='phone_account_extension_safe'),
    sa.CheckConstraint("kind IN ('browser', 'desk')", name='phone_account_kind'),
    sa.ForeignKeyConstraint(['asterisk_id'], ['asterisk.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['ab_user.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id'),
    sa.UniqueConstraint('asterisk_id', 'extension', name='phone_account_extension')
    )
    op.create_index(op.f('ix_phone_account_asterisk_id'), 'phone_account', ['asterisk_id'], unique=False)
    op.create_table('trunk',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('asterisk_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('endpoint', sa.String(length=32), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('position', sa.SmallInteger(), server_default='100', nullable=False),
    sa.Column('number_format', sa.String(length=4), server_default='7', nullable=False),
    sa.Column('max_channels', sa.Integer(), server_default='10', nullable=False),
    sa.Column('calls_per_second', sa.Float(), server_default='2', nullable=False),
    sa.Column('ring_s', sa.SmallInteger(), server_default='40', nullable=False),
    sa.Column('schedule', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False),
    sa.Column('stop_after', sa.SmallInteger(), server_default='10', nullable=False),
    sa.Column('failed_n', sa.Integer(), server_default='0', nullable=False),
    sa.Column('stopped_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('stopped_why', sa.Text(), server_default='', nullable=False),
    sa.CheckConstraint("endpoint ~ '^[a-z][a-z0-9_-]{0,31}$'", name='trunk_endpoint_safe'),
    sa.CheckConstraint("number_format IN ('7', '8', '+7', '10')", name='trunk_number_format'),
    sa.CheckConstraint('max_channels BETWEEN 0 AND 10000 AND calls_per_second > 0', name='trunk_limits'),
    sa.CheckConstraint('ring_s BETWEEN 5 AND 120 AND stop_after >= 0', name='trunk_times'),
    sa.ForeignKeyConstraint(['asterisk_id'], ['asterisk.id'], ),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('asterisk_id', 'endpoint', name='trunk_endpoint_once'),
    sa.UniqueConstraint('name')
    )
    op.create_index(op.f('ix_trunk_asterisk_id'), 'trunk', ['asterisk_id'], unique=False)
    op.create_table('caller_number',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('trunk_id', sa.Integer(), nullable=False),
    sa.Column('phone', sa.String(length=11), nullable=False),
    sa.Column('is_enabled', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.Column('label', sa.String(length=32), server_default='', nullable=False),
    sa.Column('owner', sa.Text(), server_default='', nullable=False),
    sa.Column('contract_on', sa.Date(), nullable=True),
    sa.CheckConstraint("phone ~ '^7[0-9]{10}$'", name='caller_number_digits'),
    sa.ForeignKeyConstraint(['trunk_id'], ['trunk.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('phone')
    )
    op.create_index(op.f('ix_caller_number_trunk_id'), 'caller_number', ['trunk_id'], unique=False)
    op.create_table('dial_prefix',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('trunk_id', sa.Integer(), nullable=False),
    sa.Column('digits', sa.String(length=6), server_default='', nullable=False),
    sa.Column('name', sa.Text(), server_default='', nullable=False),
    sa.Column('is_enabled', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.CheckConstraint("digits ~ '^[0-9]{0,6}$'", name='dial_prefix_digits'),
    sa.ForeignKeyConstraint(['trunk_id'], ['trunk.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('trunk_id', 'digits', name='dial_prefix_once')
    )
    op.create_table('call',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('link', sa.String(length=40), server_default=sa.text("'pz-' || replace(gen_random_uuid()::text, '-', '')"), nullable=False),
    sa.Column('type', sa.String(length=12), nullable=False),
    sa.Column('state', sa.String(length=16), server_default='asked', nullable=False),
    sa.Column('asterisk_id', sa.Integer(), nullable=False),
    sa.Column('trunk_id', sa.Integer(), nullable=True),
    sa.Column('prefix_id', sa.Integer(), nullable=True),
    sa.Column('caller_number', sa.Text(), server_default='', nullable=False),
    sa.Column('phone', sa.String(length=20), server_default='', nullable=False),
    sa.Column('operator_id', sa.Integer(), nullable=True),
    sa.Column('card_id', sa.BigInteger(), nullable=True),
    sa.Column('ad_id', sa.BigInteger(), nullable=True),
    sa.Column('seller_id', sa.BigInteger(), nullable=True),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('operator_up_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ringing_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ring_ms', sa.Integer(), nullable=True),
    sa.Column('talk_ms', sa.Integer(), nullable=True),
    sa.Column('outcome', sa.String(length=16), nullable=True),
    sa.Column('cause', sa.SmallInteger(), nullable=True),
    sa.Column('tech_cause', sa.Text(), server_default='', nullable=False),
    sa.Column('ended_by', sa.String(length=10), server_default='', nullable=False),
    sa.Column('trouble', sa.Text(), server_default='', nullable=False),
    sa.Column('recording', sa.Text(), server_default='', nullable=False),
    sa.Column('recording_bytes', sa.BigInteger(), nullable=True),
    sa.Column('recording_gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name='call_ended_has_time'),
    sa.CheckConstraint("outcome IS NULL OR outcome IN ('answered', 'busy', 'no_answer', 'unavailable', 'rejected', 'wrong_number', 'machine', 'failed', 'cancelled')", name='call_outcome'),
    sa.CheckConstraint("phone ~ '^[0-9+]{0,20}$'", name='call_phone_safe'),
    sa.CheckConstraint("state <> 'ended' OR outcome IS NOT NULL", name='call_ended_has_outcome'),
    sa.CheckConstraint("state IN ('asked', 'sent', 'operator_ringing', 'ringing', 'talking', 'ended')", name='call_state'),
    sa.CheckConstraint("type IN ('incoming', 'internal') OR phone ~ '^7[0-9]{10}$'", name='call_phone_digits'),
    sa.CheckConstraint("type IN ('individual', 'campaign', 'callback', 'incoming', 'internal')", name='call_type'),
    sa.ForeignKeyConstraint(['ad_id'], ['ad.id'], ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['asked_by_id'], ['ab_user.id'], ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['asterisk_id'], ['asterisk.id'], ),
    sa.ForeignKeyConstraint(['card_id'], ['card.id'], ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['operator_id'], ['ab_user.id'], ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['prefix_id'], ['dial_prefix.id'], ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['seller_id'], ['seller.id'], ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['trunk_id'], ['trunk.id'], ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('link')
    )
    op.create_index('call_at', 'call', [sa.literal_column('created_at DESC')], unique=False)
    op.create_index('call_live', 'call', ['asterisk_id'], unique=False, postgresql_where=sa.text("state <> 'ended'"))
    op.create_index('call_live_operator', 'call', ['operator_id'], unique=True, postgresql_where=sa.text("state <> 'ended' AND operator_id IS NOT NULL AND type <> 'incoming'"))
    op.create_index('call_live_phone', 'call', ['phone'], unique=True, postgresql_where=sa.text("state <> 'ended' AND type NOT IN ('incoming', 'internal')"))
    op.create_index('call_of_card', 'call', ['card_id', sa.literal_column('created_at DESC')], unique=False)
    op.create_index('call_of_operator', 'call', ['operator_id', sa.literal_column('created_at DESC')], unique=False)
    op.create_index('call_of_phone', 'call', ['phone', sa.literal_column('created_at DESC')], unique=False)
    op.create_index('call_recorded', 'call', ['ended_at'], unique=False, postgresql_where=sa.text("recording <> '' AND recording_gone_at IS NULL"))
    op.create_table('line_rule',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('position', sa.SmallInteger(), server_default='100', nullable=False),
    sa.Column('city_id', sa.BigInteger(), nullable=True),
    sa.Column('region_id', sa.Integer(), nullable=True),
    sa.Column('group_id', sa.Integer(), nullable=True),
    sa.Column('trunk_id', sa.Integer(), nullable=False),
    sa.Column('prefix_id', sa.Integer(), nullable=True),
    sa.Column('is_enabled', sa.Boolean(), server_default=sa.text('true'), nullable=False),
    sa.ForeignKeyConstraint(['city_id'], ['city.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['group_id'], ['operator_group.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['prefix_id'], ['dial_prefix.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['region_id'], ['region.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['trunk_id'], ['trunk.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('call_event',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('call_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('name', sa.String(length=32), nullable=False),
    sa.Column('channel', sa.Text(), server_default='', nullable=False),
    sa.Column('details', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('once', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('call_id', 'once', name='call_event_once')
    )
    op.create_index('call_event_at', 'call_event', ['at'], unique=False)
    op.create_table('call_order',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('asterisk_id', sa.Integer(), nullable=False),
    sa.Column('verb', sa.String(length=16), nullable=False),
    sa.Column('call_id', sa.BigInteger(), nullable=True),
    sa.Column('args', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('asked_by_id', sa.Integer(), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('trouble', sa.Text(), server_default='', nullable=False),
    sa.Column('answer', sa.Text(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['asked_by_id'], ['ab_user.id'], ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['asterisk_id'], ['asterisk.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['call_id'], ['call.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('call_order_open', 'call_order', ['asterisk_id', 'id'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_index(op.f('ix_call_order_call_id'), 'call_order', ['call_id'], unique=False)
    op.add_column('callback', sa.Column('call_id', sa.BigInteger(), nullable=True))
    op.create_foreign_key('callback_call_id_fkey', 'callback', 'call', ['call_id'], ['id'], ondelete='SET NULL')


def downgrade() -> None:
    op.drop_column('operator_profile', 'wrap_up_until')
    op.drop_constraint('callback_call_id_fkey', 'callback', type_='foreignkey')
    op.drop_column('callback', 'call_id')
    op.drop_index(op.f('ix_call_order_call_id'), table_name='call_order')
    op.drop_index('call_order_open', table_name='call_order', postgresql_where=sa.text('done_at IS NULL'))
    op.drop_table('call_order')
    op.drop_index('call_event_at', table_name='call_event')
    op.drop_table('call_event')
    op.drop_table('line_rule')
    op.drop_index('call_of_phone', table_name='call')
    op.drop_index('call_of_operator', table_name='call')
    op.drop_index('call_of_card', table_name='call')
    op.drop_index('call_recorded', table_name='call', postgresql_where=sa.text("recording <> '' AND recording_gone_at IS NULL"))
    op.drop_index('call_live_phone', table_name='call', postgresql_where=sa.text("state <> 'ended' AND type NOT IN ('incoming', 'internal')"))
    op.drop_index('call_live_operator', table_name='call', postgresql_where=sa.text("state <> 'ended' AND operator_id IS NOT NULL AND type <> 'incoming'"))
    op.drop_index('call_live', table_name='call', postgresql_where=sa.text("state <> 'ended'"))
    op.drop_index('call_at', table_name='call')
    op.drop_table('call')
    op.drop_table('dial_prefix')
    op.drop_index(op.f('ix_caller_number_trunk_id'), table_name='caller_number')
    op.drop_table('caller_number')
    op.drop_index(op.f('ix_trunk_asterisk_id'), table_name='trunk')
    op.drop_table('trunk')
    op.drop_index(op.f('ix_phone_account_asterisk_id'), table_name='phone_account')
    op.drop_table('phone_account')
    op.drop_table('asterisk')
