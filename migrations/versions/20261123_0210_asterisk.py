"""What Asterisk itself reads and writes: phones it lets in, its records of calls and of what happened in them.

Revision ID: 20261123_0210
Revises: 20261123_0200
"""

import sqlalchemy as sa
from alembic import op

revision = "20261123_0210"
down_revision = "20261123_0200"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('cdr',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('start', sa.DateTime(timezone=True), nullable=True),
    sa.Column('answer', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end', sa.DateTime(timezone=True), nullable=True),
    sa.Column('clid', sa.Text(), nullable=True),
    sa.Column('src', sa.Text(), nullable=True),
    sa.Column('dst', sa.Text(), nullable=True),
    sa.Column('dcontext', sa.Text(), nullable=True),
    sa.Column('channel', sa.Text(), nullable=True),
    sa.Column('dstchannel', sa.Text(), nullable=True),
    sa.Column('lastapp', sa.Text(), nullable=True),
    sa.Column('lastdata', sa.Text(), nullable=True),
    sa.Column('duration', sa.Integer(), nullable=True),
    sa.Column('billsec', sa.Integer(), nullable=True),
    sa.Column('disposition', sa.Text(), nullable=True),
    sa.Column('uniqueid', sa.Text(), nullable=True),
    sa.Column('linkedid', sa.Text(), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=True),
    sa.Column('pz_id', sa.Text(), nullable=True),
    sa.Column('pz_kind', sa.Text(), nullable=True),
    sa.Column('pz_called', sa.Text(), nullable=True),
    sa.Column('pz_status', sa.Text(), nullable=True),
    sa.Column('pz_cause', sa.Text(), nullable=True),
    sa.Column('pz_tech', sa.Text(), nullable=True),
    sa.Column('pz_talk_ms', sa.Integer(), nullable=True),
    sa.Column('pz_rec', sa.Text(), nullable=True),
    sa.Column('stored_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('cdr_linkedid', 'cdr', ['linkedid'], unique=False)
    op.create_index('cdr_stored', 'cdr', ['stored_at'], unique=False)
    op.create_index('cdr_incoming', 'cdr', ['stored_at'], unique=False, postgresql_where=sa.text("pz_kind = 'in'"))
    op.create_table('cel',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('eventtype', sa.Text(), nullable=True),
    sa.Column('eventtime', sa.DateTime(timezone=True), nullable=True),
    sa.Column('cid_name', sa.Text(), nullable=True),
    sa.Column('cid_num', sa.Text(), nullable=True),
    sa.Column('exten', sa.Text(), nullable=True),
    sa.Column('context', sa.Text(), nullable=True),
    sa.Column('channame', sa.Text(), nullable=True),
    sa.Column('appname', sa.Text(), nullable=True),
    sa.Column('appdata', sa.Text(), nullable=True),
    sa.Column('uniqueid', sa.Text(), nullable=True),
    sa.Column('linkedid', sa.Text(), nullable=True),
    sa.Column('peer', sa.Text(), nullable=True),
    sa.Column('extra', sa.Text(), nullable=True),
    sa.Column('userdeftype', sa.Text(), nullable=True),
    sa.Column('userfield', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('cel_at', 'cel', ['eventtime'], unique=False)
    op.create_index('cel_linkedid', 'cel', ['linkedid'], unique=False)
    op.create_table('ps_aors',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('max_contacts', sa.Integer(), server_default='1', nullable=True),
    sa.Column('remove_existing', sa.Text(), server_default='yes', nullable=True),
    sa.Column('contact', sa.Text(), nullable=True),
    sa.Column('default_expiration', sa.Integer(), server_default='60', nullable=True),
    sa.Column('minimum_expiration', sa.Integer(), server_default='30', nullable=True),
    sa.Column('maximum_expiration', sa.Integer(), server_default='120', nullable=True),
    sa.Column('qualify_frequency', sa.Integer(), server_default='30', nullable=True),
    sa.CheckConstraint("id ~ '^[a-z0-9]{1,16}$'", name='ps_aors_safe'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('ps_auths',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('auth_type', sa.Text(), server_default='md5', nullable=True),
    sa.Column('username', sa.Text(), nullable=True),
    sa.Column('realm', sa.Text(), nullable=True),
    sa.Column('md5_cred', sa.Text(), nullable=True),
    sa.Column('password', sa.Text(), nullable=True),
    sa.CheckConstraint("id ~ '^[a-z0-9]{1,16}$'", name='ps_auths_safe'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('ps_endpoints',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('aors', sa.Text(), nullable=True),
    sa.Column('auth', sa.Text(), nullable=True),
    sa.Column('context', sa.Text(), server_default='pz-phones', nullable=True),
    sa.Column('disallow', sa.Text(), server_default='all', nullable=True),
    sa.Column('allow', sa.Text(), server_default='alaw,ulaw', nullable=True),
    sa.Column('webrtc', sa.Text(), server_default='no', nullable=True),
    sa.Column('callerid', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), server_default='ru', nullable=True),
    sa.Column('device_state_busy_at', sa.Integer(), server_default='1', nullable=True),
    sa.Column('direct_media', sa.Text(), server_default='no', nullable=True),
    sa.Column('rtp_symmetric', sa.Text(), server_default='yes', nullable=True),
    sa.Column('force_rport', sa.Text(), server_default='yes', nullable=True),
    sa.Column('rewrite_contact', sa.Text(), server_default='yes', nullable=True),
    sa.Column('send_connected_line', sa.Text(), server_default='no', nullable=True),
    sa.Column('allow_subscribe', sa.Text(), server_default='no', nullable=True),
    sa.Column('allow_transfer', sa.Text(), server_default='no', nullable=True),
    sa.Column('timers', sa.Text(), server_default='no', nullable=True),
    sa.Column('dtmf_mode', sa.Text(), server_default='auto_info', nullable=True),
    sa.Column('rtp_timeout', sa.Integer(), server_default='45', nullable=True),
    sa.Column('rtp_timeout_hold', sa.Integer(), server_default='600', nullable=True),
    sa.CheckConstraint("context = 'pz-phones'", name='ps_endpoints_context'),
    sa.CheckConstraint("id ~ '^[a-z0-9]{1,16}$'", name='ps_endpoints_safe'),
    sa.CheckConstraint('auth = id', name='ps_endpoints_has_auth'),
    sa.PrimaryKeyConstraint('id')
    )


    # Whom Asterisk's queue may ring while our own process is silent: its app_queue reads this as its table of members.
    op.execute("""
        CREATE VIEW queue_members AS
        SELECT 'prozvon'::text AS queue_name, 'PJSIP/' || a.extension AS interface, a.extension::text AS membername,
               'PJSIP/' || a.extension AS state_interface, 0 AS penalty, 0 AS paused, ''::text AS reason_paused,
               a.user_id::text AS uniqueid, 0 AS wrapuptime, 'no'::text AS ringinuse
        FROM phone_account a JOIN operator_profile p ON p.user_id = a.user_id JOIN ab_user u ON u.id = a.user_id
        WHERE u.active AND p.presence = 'ready'
    """)


def downgrade() -> None:
    op.execute("DROP VIEW queue_members")
    op.drop_table('ps_endpoints')
    op.drop_table('ps_auths')
    op.drop_table('ps_aors')
    op.drop_index('cel_linkedid', table_name='cel')
    op.drop_index('cel_at', table_name='cel')
    op.drop_table('cel')
    op.drop_index('cdr_incoming', table_name='cdr', postgresql_where=sa.text("pz_kind = 'in'"))
    op.drop_index('cdr_stored', table_name='cdr')
    op.drop_index('cdr_linkedid', table_name='cdr')
    op.drop_table('cdr')
