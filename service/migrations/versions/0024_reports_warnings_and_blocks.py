"""reports, warnings and blocks"""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0024'
down_revision = '0023'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('forum_report',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Enum('unkind', 'confidential', 'advert', 'other', name='reportreason', native_enum=False, length=24), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('reported_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('decided_at', service.db.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_forum_report_person_id_person')),
    sa.ForeignKeyConstraint(['post_id'], ['forum_post.id'], name=op.f('fk_forum_report_post_id_forum_post')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forum_report')),
    sa.UniqueConstraint('post_id', 'person_id', name=op.f('uq_forum_report_post_id_person_id'))
    )
    with op.batch_alter_table('forum_report', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_forum_report_person_id_reported_at'), ['person_id', 'reported_at'], unique=False)

    op.create_table('forum_measure',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('platform_id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=True),
    sa.Column('post_id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('warning', 'block', name='measurekind', native_enum=False, length=24), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('made_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('undone_at', service.db.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_forum_measure_course_id_course')),
    sa.ForeignKeyConstraint(['entry_id'], ['forum_moderation_entry.id'], name=op.f('fk_forum_measure_entry_id_forum_moderation_entry')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_forum_measure_person_id_person')),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_forum_measure_platform_id_platform')),
    sa.ForeignKeyConstraint(['post_id'], ['forum_post.id'], name=op.f('fk_forum_measure_post_id_forum_post')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forum_measure')),
    sa.UniqueConstraint('entry_id', name=op.f('uq_forum_measure_entry_id')),
    sa.UniqueConstraint('public_id', name=op.f('uq_forum_measure_public_id'))
    )
    with op.batch_alter_table('forum_measure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_forum_measure_course_id'), ['course_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_forum_measure_person_id_kind'), ['person_id', 'kind'], unique=False)
        batch_op.create_index(batch_op.f('ix_forum_measure_post_id'), ['post_id'], unique=False)


def downgrade() -> None:
    op.drop_table('forum_measure')
    op.drop_table('forum_report')
