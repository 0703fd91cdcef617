"""what other systems are told"""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('webhook_endpoint',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('client_id', sa.Integer(), nullable=False),
    sa.Column('url', sa.String(length=2048), nullable=False),
    sa.Column('may_use_private_addresses', sa.Boolean(), nullable=False),
    sa.Column('created_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('disabled_at', service.db.UtcDateTime(), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('paused_until', service.db.UtcDateTime(), nullable=True),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.ForeignKeyConstraint(['client_id'], ['api_client.id'], name=op.f('fk_webhook_endpoint_client_id_api_client')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_endpoint')),
    sa.UniqueConstraint('public_id', name=op.f('uq_webhook_endpoint_public_id'))
    )
    with op.batch_alter_table('webhook_endpoint', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_webhook_endpoint_client_id'), ['client_id'], unique=False)

    op.create_table('webhook_delivery',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('endpoint_id', sa.Integer(), nullable=False),
    sa.Column('membership_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum('readiness.gained', 'readiness.lost', 'ping', name='eventkind', native_enum=False, length=24), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'sending', 'delivered', 'given_up', name='deliverystate', native_enum=False, length=24), nullable=False),
    sa.Column('created_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('asked_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('next_try_at', service.db.UtcDateTime(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('last_try_at', service.db.UtcDateTime(), nullable=True),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.ForeignKeyConstraint(['endpoint_id'], ['webhook_endpoint.id'], name=op.f('fk_webhook_delivery_endpoint_id_webhook_endpoint')),
    sa.ForeignKeyConstraint(['membership_id'], ['membership.id'], name=op.f('fk_webhook_delivery_membership_id_membership')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_delivery')),
    sa.UniqueConstraint('public_id', name=op.f('uq_webhook_delivery_public_id'))
    )
    with op.batch_alter_table('webhook_delivery', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_webhook_delivery_created_at'), ['created_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_webhook_delivery_endpoint_id_membership_id'), ['endpoint_id', 'membership_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_webhook_delivery_endpoint_id_next_try_at'), ['endpoint_id', 'next_try_at'], unique=False)

    op.create_table('webhook_secret',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('endpoint_id', sa.Integer(), nullable=False),
    sa.Column('encrypted_secret', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('ends_at', service.db.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['endpoint_id'], ['webhook_endpoint.id'], name=op.f('fk_webhook_secret_endpoint_id_webhook_endpoint')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_webhook_secret'))
    )
    with op.batch_alter_table('webhook_secret', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_webhook_secret_endpoint_id'), ['endpoint_id'], unique=False)

    with op.batch_alter_table('ready_span', schema=None) as batch_op:
        batch_op.add_column(sa.Column('told', sa.Integer(), server_default='0', nullable=False))
        batch_op.create_index(batch_op.f('ix_ready_span_told_ended_at'), ['told', 'ended_at'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('ready_span', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ready_span_told_ended_at'))
        batch_op.drop_column('told')

    with op.batch_alter_table('webhook_secret', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_webhook_secret_endpoint_id'))

    op.drop_table('webhook_secret')
    with op.batch_alter_table('webhook_delivery', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_webhook_delivery_endpoint_id_next_try_at'))
        batch_op.drop_index(batch_op.f('ix_webhook_delivery_endpoint_id_membership_id'))
        batch_op.drop_index(batch_op.f('ix_webhook_delivery_created_at'))

    op.drop_table('webhook_delivery')
    with op.batch_alter_table('webhook_endpoint', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_webhook_endpoint_client_id'))

    op.drop_table('webhook_endpoint')
