"""Forms that the tool keeps for a browser that keeps nothing are forgotten after a day, and found by an index."""

from alembic import op

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_draft_module_key_saved_at', 'draft', ['module_key', 'saved_at'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_draft_module_key_saved_at', 'draft')
