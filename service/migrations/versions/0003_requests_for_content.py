"""Requests for content"""

import sqlalchemy as sa
from alembic import op

import service.db
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('deep_linking_request',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('membership_id', sa.Integer(), nullable=False),
    sa.Column('deployment_id', sa.String(length=255), nullable=False),
    sa.Column('return_url', sa.String(length=2048), nullable=False),
    sa.Column('takes_links', sa.Boolean(), nullable=False),
    sa.Column('takes_many', sa.Boolean(), nullable=False),
    sa.Column('data', sa.Text(), nullable=True),
    sa.Column('created_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('expires_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('answered_at', service.db.UtcDateTime(), nullable=True),
    sa.Column('answer', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True),
    sa.Column('token', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['membership_id'], ['membership.id'], name=op.f('fk_deep_linking_request_membership_id_membership')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deep_linking_request')),
    sa.UniqueConstraint('public_id', name=op.f('uq_deep_linking_request_public_id'))
    )
    with op.batch_alter_table('deep_linking_request', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deep_linking_request_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_deep_linking_request_membership_id'), ['membership_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('deep_linking_request', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deep_linking_request_membership_id'))
        batch_op.drop_index(batch_op.f('ix_deep_linking_request_expires_at'))

    op.drop_table('deep_linking_request')
