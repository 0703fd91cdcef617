"""How sending to each LMS goes, and what is compared with the gradebook"""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None

STATES = ('waiting', 'sending', 'sent', 'confirmed', 'overridden', 'differs', 'not_gradable', 'locked', 'line_item_gone', 'clock_conflict', 'refused', 'paused')
WAITS = sa.text('next_try_at IS NOT NULL')


def upgrade() -> None:
    op.create_table('platform_sending',
    sa.Column('platform_id', sa.Integer(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('paused_until', service.db.UtcDateTime(), nullable=True),
    sa.Column('reason', sa.String(length=255), nullable=False),
    sa.Column('last_answer_at', service.db.UtcDateTime(), nullable=True),
    sa.Column('most_at_once', sa.Integer(), nullable=True),
    sa.Column('most_per_second', sa.Double(), nullable=True),
    sa.Column('clock_difference', sa.Double(), nullable=True),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_platform_sending_platform_id_platform')),
    sa.PrimaryKeyConstraint('platform_id', name=op.f('pk_platform_sending'))
    )
    op.create_table('send_tally',
    sa.Column('platform_id', sa.Integer(), nullable=False),
    sa.Column('outcome', sa.Enum(*STATES, name='scorestate', native_enum=False, length=24), nullable=False),
    sa.Column('within', sa.Integer(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('seconds', sa.Double(), nullable=False),
    sa.ForeignKeyConstraint(['platform_id'], ['platform.id'], name=op.f('fk_send_tally_platform_id_platform')),
    sa.PrimaryKeyConstraint('platform_id', 'outcome', 'within', name=op.f('pk_send_tally'))
    )
    # Only columns that SQLite adds without building a table anew, which the keys that point to it would forbid.
    op.add_column('line_item', sa.Column('public_id', sa.String(length=16), nullable=False, server_default=''))
    op.add_column('line_item', sa.Column('check_at', service.db.UtcDateTime(), nullable=True))
    op.add_column('line_item', sa.Column('checked_at', service.db.UtcDateTime(), nullable=True))
    op.add_column('line_item', sa.Column('check_problem', sa.String(length=255), nullable=False, server_default=''))
    _name_line_items()
    op.create_index(op.f('ix_line_item_public_id'), 'line_item', ['public_id'], unique=True)
    op.create_index(op.f('ix_line_item_check_at'), 'line_item', ['check_at'])

    op.add_column('score', sa.Column('platform_id', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('score', sa.Column('asked_at', service.db.UtcDateTime(), nullable=False, server_default='1970-01-01 00:00:00+00:00'))
    op.add_column('score', sa.Column('overrules', sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE score SET asked_at = queued_at, platform_id = (SELECT course.platform_id FROM course"
        " JOIN line_item ON line_item.course_id = course.id WHERE line_item.id = score.line_item_id)"
    )
    op.drop_index('ix_score_next_try_at', 'score')
    op.create_index('ix_score_queue', 'score', ['platform_id', 'next_try_at', 'id'], postgresql_where=WAITS, sqlite_where=WAITS)

    op.add_column('score_try', sa.Column('payload_hash', sa.String(length=64), nullable=False, server_default=''))
    op.add_column('score_try', sa.Column('next_try_at', service.db.UtcDateTime(), nullable=True))
    op.create_index(op.f('ix_score_try_at'), 'score_try', ['at'])


def downgrade() -> None:
    op.drop_index(op.f('ix_score_try_at'), 'score_try')
    op.drop_column('score_try', 'next_try_at')
    op.drop_column('score_try', 'payload_hash')

    op.drop_index('ix_score_queue', 'score')
    op.create_index('ix_score_next_try_at', 'score', ['next_try_at'])
    for name in ('overrules', 'asked_at', 'platform_id'):
        op.drop_column('score', name)

    op.drop_index(op.f('ix_line_item_check_at'), 'line_item')
    op.drop_index(op.f('ix_line_item_public_id'), 'line_item')
    for name in ('check_problem', 'checked_at', 'check_at', 'public_id'):
        op.drop_column('line_item', name)

    op.drop_table('send_tally')
    op.drop_table('platform_sending')


def _name_line_items() -> None:
    items = sa.table('line_item', sa.column('id', sa.Integer), sa.column('public_id', sa.String))
    connection = op.get_bind()
    for item_id in connection.scalars(sa.select(items.c.id)).all():
        named = sa.update(items).where(items.c.id == item_id).values(public_id=service.db.new_public_id())
        connection.execute(named)
