"""Drafts a migration from what the tables in the code have more than those of the history.

`python -m service.migrations.draft "what it does"` writes it into `versions/`. Read it before it is committed.
"""

import re
import sys
import tempfile
from pathlib import Path

from alembic import command

from service.db import make_engine
from service.migrations import config_for, upgrade

VERSIONS = Path(__file__).parent / "versions"


def draft(message: str) -> None:
    """Write the next migration, named after `message`."""
    number = 1 + max((int(path.name[:4]) for path in VERSIONS.glob("[0-9]*.py")), default=0)
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{folder}/draft.sqlite")
        upgrade(engine)
        with engine.begin() as connection:
            command.revision(config_for(connection), message=message, autogenerate=True, rev_id=f"{number:04}")
        engine.dispose()
    [path] = VERSIONS.glob(f"{number:04}_*.py")
    text = path.read_text()
    # Alembic writes a name that it does not import, and arguments that our own type has already.
    text = text.replace("astext_type=Text()", "").replace("UtcDateTime(timezone=True)", "UtcDateTime()")
    path.write_text(re.sub(r"\n+(from sqlalchemy\.dialects)", r"\n\1", text))


if __name__ == "__main__":
    draft(" ".join(sys.argv[1:]))
