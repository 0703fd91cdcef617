"""Conversations of a relation that staff have paused, for a flag about somebody's safety."""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0032'
down_revision = '0031'
branch_labels = None
depends_on = None

LASTS = sa.text('ended_at IS NULL')


def upgrade() -> None:
    op.create_table('forum_contact_pause',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('ring', sa.String(length=40), nullable=False),
    sa.Column('flag_id', sa.Integer(), nullable=False),
    sa.Column('paused_by_id', sa.Integer(), nullable=False),
    sa.Column('paused_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('ended_by_id', sa.Integer(), nullable=True),
    sa.Column('ended_at', service.db.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['ended_by_id'], ['person.id'], name=op.f('fk_forum_contact_pause_ended_by_id_person')),
    sa.ForeignKeyConstraint(['flag_id'], ['forum_safety_flag.id'], name=op.f('fk_forum_contact_pause_flag_id_forum_safety_flag')),
    sa.ForeignKeyConstraint(['paused_by_id'], ['person.id'], name=op.f('fk_forum_contact_pause_paused_by_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forum_contact_pause'))
    )
    with op.batch_alter_table('forum_contact_pause', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_forum_contact_pause_flag_id'), ['flag_id'], unique=False)
        batch_op.create_index('uq_forum_contact_pause_now', ['ring'], unique=True, sqlite_where=LASTS, postgresql_where=LASTS)


def downgrade() -> None:
    op.drop_table('forum_contact_pause')
