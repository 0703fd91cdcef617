"""Pinned threads are few, and found by an index: a list of threads reads no more than it shows."""

import sqlalchemy as sa
from alembic import op

revision = '0031'
down_revision = '0030'
branch_labels = None
depends_on = None

PINNED = sa.text('pinned_at IS NOT NULL')


def upgrade() -> None:
    op.create_index('ix_forum_thread_pinned', 'forum_thread', ['forum_id'], unique=False, sqlite_where=PINNED, postgresql_where=PINNED)


def downgrade() -> None:
    op.drop_index('ix_forum_thread_pinned', 'forum_thread')
