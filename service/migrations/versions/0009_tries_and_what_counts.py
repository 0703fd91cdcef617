"""tries and what counts"""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None

WHAT_COUNTED = """
UPDATE attempt SET
  counted_share = (SELECT max(earlier.points / earlier.max_points) FROM attempt AS earlier
    WHERE earlier.person_id = attempt.person_id AND earlier.module_key = attempt.module_key
      AND earlier.exercise_key = attempt.exercise_key AND earlier.number <= attempt.number),
  passed_version = (SELECT max(module_version.version) FROM attempt AS earlier
    JOIN module_version ON module_version.id = earlier.module_version_id
    WHERE earlier.person_id = attempt.person_id AND earlier.module_key = attempt.module_key
      AND earlier.exercise_key = attempt.exercise_key AND earlier.number <= attempt.number AND earlier.is_passed)
"""
"""Until now the best try has counted."""


def upgrade() -> None:
    op.add_column('module_version', sa.Column('version', sa.Integer(), nullable=False, server_default='1'))
    versions = sa.table('module_version', sa.column('version', sa.Integer()), sa.column('structure', sa.JSON()))
    op.execute(sa.update(versions).values(version=versions.c.structure['version'].as_integer()))
    op.add_column('attempt', sa.Column('counted_share', sa.Double(), nullable=False, server_default='0'))
    op.add_column('attempt', sa.Column('passed_version', sa.Integer(), nullable=True))
    op.add_column('attempt', sa.Column('is_held', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(WHAT_COUNTED)
    with op.batch_alter_table('attempt', schema=None) as batch_op:
        batch_op.create_check_constraint('counted_is_a_share', 'counted_share >= 0 AND counted_share <= 1')
    op.create_table('exercise_done',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('module_key', sa.String(length=64), nullable=False),
    sa.Column('exercise_key', sa.String(length=64), nullable=False),
    sa.Column('after_number', sa.Integer(), nullable=False),
    sa.Column('done_at', service.db.UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_exercise_done_person_id_person')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_exercise_done')),
    sa.UniqueConstraint('person_id', 'module_key', 'exercise_key', 'after_number', name=op.f('uq_exercise_done_person_id_module_key_exercise_key_after_number'))
    )
    op.create_table('extra_tries',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('public_id', sa.String(length=16), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('module_key', sa.String(length=64), nullable=False),
    sa.Column('exercise_key', sa.String(length=64), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('submission_key', sa.String(length=64), nullable=False),
    sa.Column('given_by_id', sa.Integer(), nullable=False),
    sa.Column('given_at', service.db.UtcDateTime(), nullable=False),
    sa.Column('taken_back_by_id', sa.Integer(), nullable=True),
    sa.Column('taken_back_at', service.db.UtcDateTime(), nullable=True),
    sa.CheckConstraint('tries > 0', name=op.f('ck_extra_tries_some_tries')),
    sa.ForeignKeyConstraint(['given_by_id'], ['membership.id'], name=op.f('fk_extra_tries_given_by_id_membership')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_extra_tries_person_id_person')),
    sa.ForeignKeyConstraint(['taken_back_by_id'], ['membership.id'], name=op.f('fk_extra_tries_taken_back_by_id_membership')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_extra_tries')),
    sa.UniqueConstraint('person_id', 'submission_key', name=op.f('uq_extra_tries_person_id_submission_key')),
    sa.UniqueConstraint('public_id', name=op.f('uq_extra_tries_public_id'))
    )


def downgrade() -> None:
    op.drop_table('extra_tries')
    op.drop_table('exercise_done')
    with op.batch_alter_table('attempt', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('ck_attempt_counted_is_a_share'), type_='check')
        batch_op.drop_column('is_held')
        batch_op.drop_column('passed_version')
        batch_op.drop_column('counted_share')
    op.drop_column('module_version', 'version')
