"""The names that we gave columns"""

import sqlalchemy as sa
from alembic import op

revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('line_item', sa.Column('told_label', sa.String(length=255), nullable=False, server_default=''))
    # A column that we did not make is left alone all the same: its name is looked at before it is changed.
    op.execute("UPDATE line_item SET told_label = label WHERE resource_link_id = '' AND url <> ''")


def downgrade() -> None:
    op.drop_column('line_item', 'told_label')
