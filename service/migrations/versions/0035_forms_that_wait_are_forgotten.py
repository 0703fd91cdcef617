"""Forms that the tool keeps for a browser that keeps nothing are forgotten after a day, and found by an index."""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None

IS_FORM = sa.text("module_key = 'form:'")


def upgrade() -> None:
    op.create_index('ix_draft_form', 'draft', ['saved_at'], unique=False, sqlite_where=IS_FORM, postgresql_where=IS_FORM)


def downgrade() -> None:
    op.drop_index('ix_draft_form', 'draft')
