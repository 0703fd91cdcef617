"""groups and organisations of people"""

import sqlalchemy as sa
from alembic import op

revision = '0037'
down_revision = '0036'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('label',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('group', 'organisation', name='labelkind', native_enum=False, length=24), nullable=False),
    sa.Column('folded', sa.String(length=255), nullable=False),
    sa.Column('words', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_label_course_id_course')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_label')),
    sa.UniqueConstraint('course_id', 'kind', 'folded', name=op.f('uq_label_course_id_kind_folded'))
    )
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.add_column(sa.Column('lms_group_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('lms_organisation_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('staff_group_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('staff_organisation_id', sa.Integer(), nullable=True))
        batch_op.drop_index(batch_op.f('ix_membership_board'))
        batch_op.create_index('ix_membership_board', ['course_id', 'person_id', 'role', 'left_at', 'is_test_user', 'last_seen_at', 'staff_group_id', 'lms_group_id', 'staff_organisation_id', 'lms_organisation_id'], unique=False)
        batch_op.create_foreign_key(batch_op.f('fk_membership_lms_group_id_label'), 'label', ['lms_group_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_membership_staff_organisation_id_label'), 'label', ['staff_organisation_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_membership_staff_group_id_label'), 'label', ['staff_group_id'], ['id'])
        batch_op.create_foreign_key(batch_op.f('fk_membership_lms_organisation_id_label'), 'label', ['lms_organisation_id'], ['id'])


def downgrade() -> None:
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_membership_lms_organisation_id_label'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_membership_staff_group_id_label'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_membership_staff_organisation_id_label'), type_='foreignkey')
        batch_op.drop_constraint(batch_op.f('fk_membership_lms_group_id_label'), type_='foreignkey')
        batch_op.drop_index('ix_membership_board')
        batch_op.create_index(batch_op.f('ix_membership_board'), ['course_id', 'person_id', 'role', 'left_at', 'is_test_user', 'last_seen_at'], unique=False)
        batch_op.drop_column('staff_organisation_id')
        batch_op.drop_column('staff_group_id')
        batch_op.drop_column('lms_organisation_id')
        batch_op.drop_column('lms_group_id')

    op.drop_table('label')