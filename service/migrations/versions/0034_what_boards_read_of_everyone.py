"""what boards read of everyone"""

from alembic import op

revision = '0034'
down_revision = '0033'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('standing', schema=None) as batch_op:
        batch_op.create_index('ix_standing_board', ['membership_id', 'policy_id', 'states', 'ready_since', 'changed_at', 'due_at', 'content', 'first_at'], unique=False)
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.create_index('ix_membership_board', ['course_id', 'person_id', 'role', 'left_at', 'is_test_user', 'last_seen_at'], unique=False)
        batch_op.drop_index(batch_op.f('ix_membership_course_id'))


def downgrade() -> None:
    with op.batch_alter_table('membership', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_membership_course_id'), ['course_id'], unique=False)
        batch_op.drop_index('ix_membership_board')
    with op.batch_alter_table('standing', schema=None) as batch_op:
        batch_op.drop_index('ix_standing_board')
