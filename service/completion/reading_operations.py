"""What is done with sections that were read: record them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from service.completion.models import ReadingMark
from service.db import add_rows
from service.errors import NotFoundError
from service.modules.content import Catalogue


def record_read(
    session: Session,
    catalogue: Catalogue,
    person_id: int,
    module_key: str,
    section_keys: Sequence[str],
    *,
    at: datetime,
) -> bool:
    """Record sections of a module as read by a person, and tell whether one of them was not yet.

    Raise NotFoundError for a module or section that the catalogue does not have.
    """
    unknown = set(section_keys) - set(catalogue.module(module_key).sections)
    if unknown:
        raise NotFoundError("section.unknown", f"There is no section {min(unknown)!r}.")
    keys = {"person_id": person_id, "module_key": module_key, "read_at": at}
    rows = [{**keys, "section_key": key} for key in dict.fromkeys(section_keys)]
    return bool(add_rows(session, ReadingMark, rows, ReadingMark.id))
