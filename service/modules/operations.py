"""What is done with content in the database: versions that were answered, and which LMS link shows what."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.db import add_or_get, set_row
from service.errors import InvalidInputError
from service.modules import rules
from service.modules.content import Catalogue, Module
from service.modules.models import ModuleVersion, Placement
from service.people.known import AnyCourse
from service.people.models import Course


def record_version(session: Session, module: Module, *, at: datetime) -> ModuleVersion:
    """Return the row of this very version of the module, kept from the first answer on."""
    keys = {"module_key": module.key, "digest": module.digest}
    values = {"version": module.version, "structure": module.as_data(), "first_seen_at": at}
    return add_or_get(session, ModuleVersion, keys, values)


def find_first_seen(session: Session, module_key: str, version: int) -> datetime | None:
    """Return when someone first answered this version of a module or a later one, None if nobody has."""
    first = select(func.min(ModuleVersion.first_seen_at)).where(ModuleVersion.module_key == module_key)
    return session.scalar(first.where(ModuleVersion.version >= version))


def find_placement(session: Session, course_id: int, resource_link_id: str) -> Placement | None:
    """Return what the LMS link shows, None if it was never set."""
    return session.scalars(
        select(Placement).filter_by(course_id=course_id, resource_link_id=resource_link_id)
    ).one_or_none()


def find_ancestor(
    session: Session, course: AnyCourse, link_ids: Sequence[str], context_ids: Sequence[str]
) -> Placement | None:
    """Return the placement of the newest link that a copied one descends from, as far as we know it (CONFORMANCE Y02).

    `link_ids` and `context_ids` are what the LMS says of the copy's history, newest first. Ids of another LMS, or of
    another institution behind the same registration, never count (Y05); where deployments of one LMS use the same id,
    the course of the history decides.
    """
    query = (
        select(Placement, Course.context_id)
        .join(Course, Course.id == Placement.course_id)
        .where(Course.platform_id == course.platform_id, Course.tenant == course.tenant)
        .where(Placement.resource_link_id.in_(link_ids), Placement.content != "")
    )
    found = session.execute(query).all() if link_ids else []
    nearest = sorted(found, key=lambda row: (link_ids.index(row[0].resource_link_id), row[1] not in context_ids))
    return nearest[0][0] if nearest else None


def note_link(session: Session, course_id: int, resource_link_id: str, title: str, *, at: datetime) -> None:
    """Remember an LMS link of which nobody has said what it shows, so that staff can choose."""
    keys = {"course_id": course_id, "resource_link_id": resource_link_id}
    set_row(session, Placement, keys, {"title": title[:255], "content": "", "updated_at": at})


def set_placement(
    session: Session,
    catalogue: Catalogue,
    course_id: int,
    resource_link_id: str,
    title: str,
    content: str,
    *,
    at: datetime,
) -> Placement:
    """Make the LMS link show `content`, a key as `modules.rules` describes them.

    Raise InvalidInputError if it is none, or names what the catalogue does not have.
    """
    if not rules.is_known_content(catalogue, content):
        raise InvalidInputError("placement.unknown_content", "A link cannot show this.", content=content[:128])
    keys = {"course_id": course_id, "resource_link_id": resource_link_id}
    return set_row(session, Placement, keys, {"title": title[:255], "content": content, "updated_at": at})
