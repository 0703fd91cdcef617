"""Sessions of the professional forum: agenda, what is written down, what stays open."""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('session_point',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('list', sa.Enum('agenda', 'questions', name='pointlist', native_enum=False, length=24), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('thread_id', sa.Integer(), nullable=True),
    sa.Column('text', sa.String(length=500), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('settled_at', service.db.UtcDateTime(), nullable=True),
    sa.Column('carried_from_id', sa.Integer(), nullable=True),
    sa.Column('added_by_id', sa.Integer(), nullable=False),
    sa.Column('added_at', service.db.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['added_by_id'], ['membership.id'], name=op.f('fk_session_point_added_by_id_membership')),
    sa.ForeignKeyConstraint(['carried_from_id'], ['session_point.id'], name=op.f('fk_session_point_carried_from_id_session_point')),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_session_point_event_id_event')),
    sa.ForeignKeyConstraint(['thread_id'], ['forum_thread.id'], name=op.f('fk_session_point_thread_id_forum_thread')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_session_point')),
    sa.UniqueConstraint('event_id', 'carried_from_id', name=op.f('uq_session_point_event_id_carried_from_id')),
    sa.UniqueConstraint('event_id', 'thread_id', name=op.f('uq_session_point_event_id_thread_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_session_point_public_id'))
    )
    op.create_table('session_record',
    sa.Column('event_id', sa.Integer(), nullable=False),
    sa.Column('materials', sa.Text(), nullable=False),
    sa.Column('summary', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('changed_by_id', sa.Integer(), nullable=False),
    sa.Column('changed_at', service.db.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['changed_by_id'], ['membership.id'], name=op.f('fk_session_record_changed_by_id_membership')),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_session_record_event_id_event')),
    sa.PrimaryKeyConstraint('event_id', name=op.f('pk_session_record'))
    )


def downgrade() -> None:
    op.drop_table('session_record')
    op.drop_table('session_point')
