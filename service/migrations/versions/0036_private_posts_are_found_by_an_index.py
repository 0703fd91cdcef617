"""private posts are found by an index"""

import sqlalchemy as sa
from alembic import op

revision = '0036'
down_revision = '0035'
branch_labels = None
depends_on = None

_PRIVATE = sa.text('private_to_id IS NOT NULL')


def upgrade() -> None:
    with op.batch_alter_table('forum_post', schema=None) as batch_op:
        batch_op.create_index('ix_forum_post_private', ['posted_at'], unique=False, sqlite_where=_PRIVATE, postgresql_where=_PRIVATE)


def downgrade() -> None:
    with op.batch_alter_table('forum_post', schema=None) as batch_op:
        batch_op.drop_index('ix_forum_post_private')
