"""Groups and organisations of the people of a course: what the LMS says of them, and what staff say, which wins."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from service.db import add_or_get, set_row
from service.errors import InvalidInputError
from service.i18n import fold
from service.people.known import Member
from service.people.models import LONGEST_LABEL, Label, LabelKind, Membership, Person
from service.typed_text import clean_line

CHUNK = 500
LONGEST_KEY = 255
Told = Mapping[LabelKind, str]
"""Words by kind. A kind that is not there is not spoken of; "" says that there is none."""


@dataclass(frozen=True)
class Labels:
    """The labels of one member: what the LMS says, and what staff say; "" for nothing."""

    lms: Told
    staff: Told

    def words(self, kind: LabelKind) -> str:
        """Return what counts."""
        return self.staff[kind] or self.lms[kind]


def clean_label(text: str) -> str:
    """Return a label as it is kept: on one line, without what cannot be seen; "" if no letter or digit is left."""
    words = clean_line(text)
    return words if fold(words) else ""


def folded(words: str) -> str:
    """Return by what a label is known: whoever writes it otherwise means the same."""
    return fold(words)[:LONGEST_KEY]


def effective(kind: LabelKind) -> ColumnElement[int | None]:
    """Return the id of the label that counts for a membership."""
    by_staff, by_lms = _columns(kind)
    return func.coalesce(getattr(Membership, by_staff), getattr(Membership, by_lms))


def _columns(kind: LabelKind) -> tuple[str, str]:
    return f"staff_{kind}_id", f"lms_{kind}_id"


def list_labels(session: Session, course_id: int) -> Sequence[Label]:
    """Return all labels that a course has ever used."""
    return session.scalars(select(Label).where(Label.course_id == course_id)).all()


def labels_of(session: Session, member: Member) -> Labels:
    """Return the labels of a member; one statement."""
    ids = {name: getattr(member, name) for kind in LabelKind for name in _columns(kind)}
    found = select(Label.id, Label.words).where(Label.id.in_([one for one in ids.values() if one]))
    words = {row.id: row.words for row in session.execute(found)}
    lms = {kind: words.get(ids[f"lms_{kind}_id"], "") for kind in LabelKind}
    return Labels(lms, {kind: words.get(ids[f"staff_{kind}_id"], "") for kind in LabelKind})


def find_told(session: Session, course_id: int, told: Told) -> Mapping[str, int | None]:
    """Return what a launch says of the labels of a member: the columns of a membership, as far as it speaks of them."""
    return {f"lms_{kind}_id": _find_told(session, course_id, kind, words) for kind, words in told.items()}


def note_roster(session: Session, course_id: int, told: Mapping[str, Told]) -> None:
    """Keep what a roster says of the labels of its people, by subject; nothing where it says nothing of anyone."""
    told = {subject: labels for subject, labels in told.items() if labels}
    if not told:
        return
    said = {(kind, words) for labels in told.values() for kind, words in labels.items()}
    ids = {(kind, words): _find_told(session, course_id, kind, words) for kind, words in sorted(said)}
    columns: tuple[Any, ...] = (Membership.id, Membership.public_id, Person.subject, *map(_lms, LabelKind))
    rows = session.execute(select(*columns).join(Membership.person).where(Membership.course_id == course_id))
    changes: list[tuple[str, dict[str, Any]]] = []
    for member_id, public_id, subject, *present in rows:
        labels = told.get(subject, {})
        new = {
            f"lms_{kind}_id": ids[kind, labels[kind]] if kind in labels else was
            for kind, was in zip(LabelKind, present, strict=True)
        }
        if list(new.values()) != present:
            changes.append((public_id, {"id": member_id, **new}))
    # In the order in which pairing locks them, so that neither waits for the other for ever.
    if changes:
        session.execute(update(Membership), [change for _public_id, change in sorted(changes, key=itemgetter(0))])


def _lms(kind: LabelKind) -> ColumnElement[int | None]:
    column: ColumnElement[int | None] = getattr(Membership, f"lms_{kind}_id")
    return column


def _find_told(session: Session, course_id: int, kind: LabelKind, words: str) -> int | None:
    """Return the label of what an LMS says, cut to what is kept; None for nothing."""
    words = clean_label(clean_label(_joined(words))[:LONGEST_LABEL])
    keys = {"course_id": course_id, "kind": kind, "folded": folded(words)}
    return add_or_get(session, Label, keys, {"words": words}).id if words else None


def _joined(words: str) -> str:
    """Return what an LMS sends as a JSON list in one line: Canvas so tells sections, with or without escaped quotes."""
    for text in (words, words.replace('\\"', '"')) if words.startswith("[") else ():
        try:
            names = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if all(isinstance(name, str) for name in names):
            return ", ".join(names)
    return words


def set_labels(session: Session, course_id: int, member_ids: Collection[int], told: Told) -> None:
    """Set what staff say of members of a course; with "" it is again what the LMS says. Words are spelled anew.

    Raises InvalidInputError for words that cannot be a label, with the kinds as fields.
    """
    cleaned = {kind: clean_label(words) for kind, words in told.items()}
    faults = {kind.value: _fault(words, cleaned[kind]) for kind, words in told.items()}
    fields = {name: code for name, code in faults.items() if code}
    if fields:
        raise InvalidInputError("label.unfit", "These words cannot be a label.", fields=fields)
    values = {f"staff_{kind}_id": _find_own(session, course_id, kind, words) for kind, words in cleaned.items()}
    if not values:
        return
    for ids in _locked(session, course_id, member_ids):
        session.execute(
            update(Membership).where(Membership.id.in_(ids)).values(values),
            execution_options={"synchronize_session": "fetch"},
        )


def _fault(words: str, cleaned: str) -> str:
    if len(cleaned) > LONGEST_LABEL:
        return "label.too_long"
    return "label.no_words" if words.strip() and not cleaned else ""


def _find_own(session: Session, course_id: int, kind: LabelKind, words: str) -> int | None:
    if not words:
        return None
    keys = {"course_id": course_id, "kind": kind, "folded": folded(words)}
    return set_row(session, Label, keys, {"words": words}).id


def _locked(session: Session, course_id: int, member_ids: Collection[int]) -> Iterator[Sequence[int]]:
    """Give the ids of these members, if they are of the course, some at a time, locked in the order of pairing."""
    here = select(Membership.id).where(Membership.course_id == course_id).order_by(Membership.public_id)
    wanted = set(member_ids)
    ids = [one for one in session.scalars(here) if one in wanted]
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        locked = select(Membership.id).where(Membership.id.in_(chunk)).order_by(Membership.public_id)
        yield session.scalars(locked.with_for_update()).all()
