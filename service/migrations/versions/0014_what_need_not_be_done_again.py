"""what need not be done again"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')


def upgrade() -> None:
    op.add_column('completion', sa.Column('done_in', JSON, nullable=False, server_default='{}'))
    completion = sa.table(
        'completion', sa.column('id', sa.Integer()), sa.column('module_version_id', sa.Integer()),
        sa.column('completed_at', sa.DateTime()), sa.column('done_in', JSON),
    )
    version = sa.table('module_version', sa.column('id', sa.Integer()), sa.column('version', sa.Integer()), sa.column('structure', JSON))
    connection = op.get_bind()
    versions = {row.id: row for row in connection.execute(sa.select(version))}
    done = sa.select(completion.c.id, completion.c.module_version_id).where(completion.c.completed_at.is_not(None))
    for row in connection.execute(done).all():
        then = versions[row.module_version_id]
        done_in = {exercise['key']: then.version for exercise in then.structure['exercises']}
        connection.execute(sa.update(completion).where(completion.c.id == row.id).values(done_in=done_in))


def downgrade() -> None:
    op.drop_column('completion', 'done_in')
