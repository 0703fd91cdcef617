"""Called by Alembic: runs the migrations on the connection that it was given."""

from alembic import context

import service.tables  # noqa: F401 (fills the registry of tables)
from service.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
