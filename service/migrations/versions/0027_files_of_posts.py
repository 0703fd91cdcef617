"""Pictures and documents of posts."""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

KINDS = ('png', 'jpg', 'webp', 'pdf', 'txt', 'odt', 'ods', 'odp', 'docx', 'xlsx', 'pptx')


def upgrade() -> None:
    op.create_table('forum_file',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('submission_key', sa.String(length=64), nullable=False),
    sa.Column('post_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.Enum(*KINDS, name='filekind', native_enum=False, length=24), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('alt', sa.String(length=300), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('width', sa.Integer(), nullable=False),
    sa.Column('height', sa.Integer(), nullable=False),
    sa.Column('added_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('dropped_at', service.db.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_forum_file_course_id_course')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_forum_file_person_id_person')),
    sa.ForeignKeyConstraint(['post_id'], ['forum_post.id'], name=op.f('fk_forum_file_post_id_forum_post')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_forum_file')),
    sa.UniqueConstraint('public_id', name=op.f('uq_forum_file_public_id'))
    )
    with op.batch_alter_table('forum_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_forum_file_course_id_added_at'), ['course_id', 'added_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_forum_file_dropped_at'), ['dropped_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_forum_file_person_id_submission_key'), ['person_id', 'submission_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_forum_file_post_id'), ['post_id'], unique=False)


def downgrade() -> None:
    op.drop_table('forum_file')
