"""Files that a change of a post takes out, and which files it had before."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import service.db

revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('forum_file', sa.Column('taken_out_at', service.db.UtcDateTime(), nullable=True))
    op.add_column('forum_post_revision', sa.Column('files', sa.JSON().with_variant(postgresql.JSONB(), 'postgresql'), nullable=True))


def downgrade() -> None:
    # What was taken out is shown to nobody by the older version.
    op.execute("DELETE FROM forum_file WHERE taken_out_at IS NOT NULL")
    op.drop_column('forum_post_revision', 'files')
    op.drop_column('forum_file', 'taken_out_at')
