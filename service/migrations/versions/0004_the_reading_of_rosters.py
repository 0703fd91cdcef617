"""The reading of rosters"""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('roster_read',
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('next_read_at', service.db.UtcDateTime(), nullable=True),
    sa.Column('is_being_read', sa.Boolean(), nullable=False),
    sa.Column('started_at', service.db.UtcDateTime(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('read_at', service.db.UtcDateTime(), nullable=True),
    sa.Column('member_count', sa.Integer(), nullable=False),
    sa.Column('skipped_count', sa.Integer(), nullable=False),
    sa.Column('problem', sa.Enum('unreachable', 'refused', 'gone', 'unreadable', 'incomplete', 'empty', 'no_client', 'own_fault', name='rosterproblem', native_enum=False, length=24), nullable=True),
    sa.Column('detail', sa.String(length=255), nullable=False),
    sa.Column('doubted_at', service.db.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['course_id'], ['course.id'], name=op.f('fk_roster_read_course_id_course')),
    sa.PrimaryKeyConstraint('course_id', name=op.f('pk_roster_read'))
    )
    with op.batch_alter_table('roster_read', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_roster_read_next_read_at'), ['next_read_at'], unique=False)

    op.add_column('membership', sa.Column('is_listed', sa.Boolean(), nullable=False, server_default=sa.false()))
    _replace_last_seen_at(nullable=True)


def downgrade() -> None:
    op.execute("UPDATE membership SET last_seen_at = CURRENT_TIMESTAMP WHERE last_seen_at IS NULL")
    _replace_last_seen_at(nullable=False)
    op.drop_column('membership', 'is_listed')

    with op.batch_alter_table('roster_read', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_roster_read_next_read_at'))

    op.drop_table('roster_read')


def _replace_last_seen_at(*, nullable: bool) -> None:
    """Change whether a membership must have been seen, by a new column in place of the old one.

    Altering it would make SQLite build the table anew, which the keys that point to it forbid.
    """
    default = None if nullable else sa.text("'1970-01-01 00:00:00'")
    op.add_column('membership', sa.Column('seen_at', service.db.UtcDateTime(), nullable=nullable, server_default=default))
    op.execute("UPDATE membership SET seen_at = last_seen_at")
    op.drop_column('membership', 'last_seen_at')
    op.execute("ALTER TABLE membership RENAME COLUMN seen_at TO last_seen_at")
