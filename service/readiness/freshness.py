"""Whether what was found out about a member still answers what is asked: looked at in each launch, so without ado."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, aliased

from service.db import Json
from service.modules.content import Catalogue
from service.people.known import Member
from service.people.models import Role
from service.readiness.conditions import COMMITMENT_GIVEN, MODULE_COMPLETE, Condition
from service.readiness.models import Policy, Standing
from service.readiness.policies import conditions_from_content, with_own

_NEWER = aliased(Policy)
_NEWEST = (
    select(func.max(_NEWER.version))
    .where(_NEWER.course_id == Policy.course_id, _NEWER.role == Policy.role)
    .scalar_subquery()
)
_FIND_STANDING = (
    select(Standing.results, Standing.due_at, Policy.role, Policy.version, Policy.conditions, Policy.own)
    .add_columns(_NEWEST.label("newest"))
    .join_from(Standing, Policy)
    .where(Standing.membership_id == bindparam("member_id"))
)


@dataclass(frozen=True)
class _Content:
    """What the content asks of a role: conditions, also as data; versions of texts by kind, `asked_in` of modules."""

    conditions: tuple[Condition, ...]
    data: list[Json]
    texts: Mapping[str, int]
    modules: Mapping[str, int]


@lru_cache(maxsize=32)
def _content_of(catalogue: Catalogue, role: Role) -> _Content:
    conditions = conditions_from_content(catalogue, role)
    texts = {text.kind: text.version for text in catalogue.commitments}
    modules = {module.key: module.asked_in for module in catalogue.modules}
    return _Content(conditions, [one.as_data() for one in conditions], texts, modules)


def is_up_to_date(session: Session, catalogue: Catalogue, member: Member, *, at: datetime) -> bool:
    """Tell in one statement whether a member's standing answers what is asked now of their role.

    Events keep a standing in step with the evidence; a new role, policy or text makes it old by itself, time, and a
    module that asks for something again.
    """
    kept = session.connection().execute(_FIND_STANDING, {"member_id": member.id}).one_or_none()
    if kept is None or (kept.due_at is not None and kept.due_at <= at):
        return False
    content = _content_of(catalogue, member.role)
    own = [Condition.from_data(data) for data in kept.own]
    conditions = [one.as_data() for one in with_own(content.conditions, own)] if own else content.data
    agreed = [one for one in kept.results if one["kind"] == COMMITMENT_GIVEN and one["state"] == "met"]
    return (
        kept.role == member.role
        and kept.version == kept.newest
        and kept.conditions == conditions
        and all(result["facts"]["version"] == content.texts.get(result["key"]) for result in agreed)
        and all(content.modules.get(key, 0) == version for key, version in _list_completed(kept.results))
    )


def _list_completed(results: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    """Give the modules that were complete, each with the newest version that had asked for anything again."""
    for result in results:
        if result["kind"] == MODULE_COMPLETE and "at" in result["facts"]:
            yield result["key"], result["facts"].get("asked_in", 0)
        yield from _list_completed(result.get("parts", ()))
