"""what boards count by"""

import sqlalchemy as sa
from alembic import op

import service.db

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None

AT = service.db.UtcDateTime()


def upgrade() -> None:
    op.create_table('ready_span',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('membership_id', sa.Integer(), nullable=False),
    sa.Column('began_at', AT, nullable=False),
    sa.Column('ended_at', AT, nullable=True),
    sa.ForeignKeyConstraint(['membership_id'], ['membership.id'], name=op.f('fk_ready_span_membership_id_membership')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ready_span'))
    )
    with op.batch_alter_table('ready_span', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ready_span_membership_id'), ['membership_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
    with op.batch_alter_table('standing', schema=None) as batch_op:
        batch_op.add_column(sa.Column('states', sa.Text(), server_default='', nullable=False))
        batch_op.add_column(sa.Column('content', sa.String(length=16), server_default='', nullable=False))
        batch_op.add_column(sa.Column('first_at', AT, nullable=True))
        batch_op.add_column(sa.Column('changed_at', AT, nullable=True))
    # The worker looks at everyone again, since no content is known by "": then the letters are there too.
    op.execute("UPDATE standing SET first_at = COALESCE(ready_since, evaluated_at), changed_at = COALESCE(ready_since, evaluated_at)")
    op.execute("INSERT INTO ready_span (membership_id, began_at) SELECT membership_id, ready_since FROM standing WHERE ready_since IS NOT NULL")
    with op.batch_alter_table('standing', schema=None) as batch_op:
        batch_op.alter_column('first_at', existing_type=AT, nullable=False)
        batch_op.alter_column('changed_at', existing_type=AT, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('standing', schema=None) as batch_op:
        for name in ('changed_at', 'first_at', 'content', 'states'):
            batch_op.drop_column(name)
    op.drop_table('ready_span')
