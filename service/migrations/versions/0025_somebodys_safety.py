"""somebody's safety"""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('forum_safety_flag',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('membership_id', sa.Integer(), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=True),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('quote', sa.Text(), nullable=False),
    sa.Column('submission_key', sa.String(length=64), nullable=False),
    sa.Column('raised_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('state', sa.Enum('new', 'seen', 'closed', name='flagstate', native_enum=False, length=24), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_forum_safety_flag_course_id_course')),
    sa.ForeignKeyConstraint(['membership_id'], ['membership.id'], name=op.f('fk_forum_safety_flag_membership_id_membership')),
    sa.ForeignKeyConstraint(['post_id'], ['forum_post.id'], name=op.f('fk_forum_safety_flag_post_id_forum_post')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forum_safety_flag')),
    sa.UniqueConstraint('membership_id', 'submission_key', name=op.f('uq_forum_safety_flag_membership_id_submission_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_forum_safety_flag_public_id'))
    )
    with op.batch_alter_table('forum_safety_flag', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_forum_safety_flag_course_id_state'), ['course_id', 'state'], unique=False)
        batch_op.create_index(batch_op.f('ix_forum_safety_flag_post_id'), ['post_id'], unique=False)

    op.create_table('forum_safety_step',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('flag_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('state', sa.Enum('new', 'seen', 'closed', name='flagstate', native_enum=False, length=24), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('done_at', service.db.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['flag_id'], ['forum_safety_flag.id'], name=op.f('fk_forum_safety_step_flag_id_forum_safety_flag')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_forum_safety_step_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forum_safety_step'))
    )
    with op.batch_alter_table('forum_safety_step', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_forum_safety_step_flag_id'), ['flag_id'], unique=False)


def downgrade() -> None:
    op.drop_table('forum_safety_step')
    op.drop_table('forum_safety_flag')
