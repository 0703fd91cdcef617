"""The index of the search; the worker fills it, a few hundred posts at a time."""

import sqlalchemy as sa
from alembic import op

revision = '0028'
down_revision = '0027'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('forum_index_word',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('word', sa.String(length=200), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forum_index_word')),
    sa.UniqueConstraint('word', name=op.f('uq_forum_index_word_word'))
    )
    op.create_table('forum_index_place',
    sa.Column('word_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['post_id'], ['forum_post.id'], name=op.f('fk_forum_index_place_post_id_forum_post')),
    sa.ForeignKeyConstraint(['word_id'], ['forum_index_word.id'], name=op.f('fk_forum_index_place_word_id_forum_index_word')),
    sa.PrimaryKeyConstraint('word_id', 'post_id', name=op.f('pk_forum_index_place'))
    )
    with op.batch_alter_table('forum_index_place', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_forum_index_place_post_id'), ['post_id'], unique=False)
    # Added plainly, so that SQLite need not write the table anew: every post that is there waits to be read.
    op.add_column('forum_post', sa.Column('waits_for_index', sa.Boolean(), nullable=True, server_default=sa.true()))
    op.create_index(op.f('ix_forum_post_waits_for_index'), 'forum_post', ['waits_for_index'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_forum_post_waits_for_index'), 'forum_post')
    op.drop_column('forum_post', 'waits_for_index')
    op.drop_table('forum_index_place')
    op.drop_table('forum_index_word')
