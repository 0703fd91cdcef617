"""Who stopped all mail by the link in one, and which mails come to who only wants no digest."""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0030'
down_revision = '0029'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('mail_choice', sa.Column('stopped_at', service.db.UtcDateTime(), nullable=True))
    op.add_column('mail', sa.Column('is_urgent', sa.Boolean(), nullable=False, server_default=sa.false()))
    # "Never" meant of all mail until now, whoever chose it: they are asked nothing of, so it still does.
    op.execute("UPDATE mail_choice SET stopped_at = CURRENT_TIMESTAMP WHERE cadence = 'never'")


def downgrade() -> None:
    op.drop_column('mail', 'is_urgent')
    op.drop_column('mail_choice', 'stopped_at')
