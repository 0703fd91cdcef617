"""Courses of institutions that share a registration are told apart by their deployment."""

import sqlalchemy as sa
from alembic import op

revision = '0033'
down_revision = '0032'
branch_labels = None
depends_on = None

SHARED = 'https://blackboard.com'
"""The one LMS that had such registrations until now."""


def upgrade() -> None:
    op.add_column('course', sa.Column('tenant', sa.String(length=255), server_default='', nullable=False))
    with op.batch_alter_table('course') as course:
        course.drop_constraint('uq_course_platform_id_context_id', type_='unique')
        course.create_unique_constraint('uq_course_platform_id_tenant_context_id', ['platform_id', 'tenant', 'context_id'])
    _find_tenants()


def _find_tenants() -> None:
    """Give each course of a shared registration its deployment, where there is only one that it can be of."""
    op.execute(
        sa.text(
            "UPDATE course SET tenant = (SELECT deployment_id FROM deployment WHERE platform_id = course.platform_id)"
            " WHERE platform_id IN (SELECT id FROM platform WHERE issuer = :issuer)"
            " AND 1 = (SELECT count(*) FROM deployment WHERE platform_id = course.platform_id)"
        ).bindparams(issuer=SHARED)
    )


def downgrade() -> None:
    with op.batch_alter_table('course') as course:
        course.drop_constraint('uq_course_platform_id_tenant_context_id', type_='unique')
        course.create_unique_constraint('uq_course_platform_id_context_id', ['platform_id', 'context_id'])
    op.drop_column('course', 'tenant')
