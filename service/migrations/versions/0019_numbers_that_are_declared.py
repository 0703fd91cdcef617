"""Numbers that people declare, and decisions that do not apply."""

import sqlalchemy as sa
from alembic import op

revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('declaration', sa.Column('number', sa.Integer(), nullable=True))
    op.add_column('decision', sa.Column('is_applicable', sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    op.drop_column('decision', 'is_applicable')
    op.drop_column('declaration', 'number')
