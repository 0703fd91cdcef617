"""What people tell of themselves for being matched."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import service.db

revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    op.create_table('profile',
    sa.Column('membership_id', sa.Integer(), nullable=False),
    sa.Column('languages', JSON, nullable=False),
    sa.Column('setting', sa.String(length=16), nullable=False),
    sa.Column('times', JSON, nullable=False),
    sa.Column('field', sa.String(length=200), nullable=False),
    sa.Column('matter', sa.Text(), nullable=False),
    sa.Column('wishes', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('changed_at', service.db.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['membership_id'], ['membership.id'], name=op.f('fk_profile_membership_id_membership')),
    sa.PrimaryKeyConstraint('membership_id', name=op.f('pk_profile'))
    )


def downgrade() -> None:
    op.drop_table('profile')
