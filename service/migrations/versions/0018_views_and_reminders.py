"""views and reminders"""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('reminder',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('submission_key', sa.String(length=32), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('sent_by_id', sa.Integer(), nullable=False),
    sa.Column('sent_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('person_count', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_reminder_course_id_course')),
    sa.ForeignKeyConstraint(['sent_by_id'], ['membership.id'], name=op.f('fk_reminder_sent_by_id_membership')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reminder')),
    sa.UniqueConstraint('sent_by_id', 'submission_key', name=op.f('uq_reminder_sent_by_id_submission_key'))
    )
    with op.batch_alter_table('reminder', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reminder_course_id'), ['course_id'], unique=False)
    op.create_table('reminded',
    sa.Column('reminder_id', sa.Integer(), nullable=False),
    sa.Column('membership_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['membership_id'], ['membership.id'], name=op.f('fk_reminded_membership_id_membership')),
    sa.ForeignKeyConstraint(['reminder_id'], ['reminder.id'], name=op.f('fk_reminded_reminder_id_reminder')),
    sa.PrimaryKeyConstraint('reminder_id', 'membership_id', name=op.f('pk_reminded'))
    )
    with op.batch_alter_table('reminded', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reminded_membership_id'), ['membership_id'], unique=False)
    op.create_table('saved_view',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('membership_id', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=80), nullable=False),
    sa.Column('query', sa.Text(), nullable=False),
    sa.Column('is_default', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['membership_id'], ['membership.id'], name=op.f('fk_saved_view_membership_id_membership')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_view')),
    sa.UniqueConstraint('membership_id', 'name', name=op.f('uq_saved_view_membership_id_name')),
    sa.UniqueConstraint('public_id', name=op.f('uq_saved_view_public_id'))
    )
    with op.batch_alter_table('saved_view', schema=None) as batch_op:
        batch_op.create_index('uq_saved_view_default', ['membership_id'], unique=True, sqlite_where=sa.text('is_default'), postgresql_where=sa.text('is_default'))


def downgrade() -> None:
    op.drop_table('saved_view')
    op.drop_table('reminded')
    op.drop_table('reminder')
