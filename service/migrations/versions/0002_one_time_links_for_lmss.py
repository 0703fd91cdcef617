"""One-time links for LMSs, and where their services and tokens are"""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('platform_invite',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('note', sa.String(length=255), nullable=False),
    sa.Column('may_use_private_addresses', sa.Boolean(), nullable=False),
    sa.Column('created_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('expires_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('used_at', service.db.UtcDateTime(), nullable=True),
    sa.Column('platform_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_platform_invite_platform_id_platform')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_platform_invite')),
    sa.UniqueConstraint('public_id', name=op.f('uq_platform_invite_public_id')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_platform_invite_token_hash'))
    )
    with op.batch_alter_table('platform', schema=None) as batch_op:
        batch_op.add_column(sa.Column('token_audience', sa.String(length=1024), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('service_hosts', sa.String(length=1024), nullable=False, server_default=''))


def downgrade() -> None:
    with op.batch_alter_table('platform', schema=None) as batch_op:
        batch_op.drop_column('service_hosts')
        batch_op.drop_column('token_audience')

    op.drop_table('platform_invite')
