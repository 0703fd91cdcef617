"""Forms that a browser cannot keep itself: for their writer alone, for a day, and no two pages over each other."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.errors import InvalidInputError
from service.exercises.draft_operations import LONGEST_DRAFT, DraftVersion, OpenForm, end_draft
from service.exercises.form_drafts import (
    KEPT_FOR,
    MOST_FORMS,
    find_form,
    forget_form,
    forget_old_forms,
    keep_form,
)
from service.exercises.models import Draft
from tests.makers import AT
from tests.small_content import add_person

PLACE = "someone /course/1/events/new " + "long " * 40


def text_at(session: Session, person_id: int, place: str = PLACE, *, days: float = 0) -> str | None:
    kept = find_form(session, person_id, place, at=AT + timedelta(days=days))
    return kept and kept.content


def test_what_was_typed_last_is_found_by_its_writer_alone(session: Session) -> None:
    writer, other = add_person(session, "1"), add_person(session, "2")
    keep_form(session, writer, PLACE, OpenForm("page-a", 2), "Two words", at=AT)
    keep_form(session, writer, PLACE, OpenForm("page-a", 1), "Two", at=AT)
    keep_form(session, writer, "elsewhere", OpenForm("page-b", 1), "Other", at=AT)
    assert text_at(session, writer) == "Two words"
    assert text_at(session, other) is None


def test_two_pages_keep_both_until_one_goes_on_from_the_other(session: Session) -> None:
    writer = add_person(session)
    keep_form(session, writer, PLACE, OpenForm("page-a", 1), "A", at=AT)
    keep_form(session, writer, PLACE, OpenForm("page-b", 1), "B", at=AT + timedelta(seconds=1))
    end_draft(session, writer, "page-b")
    assert text_at(session, writer) == "A"
    seen = (DraftVersion("page-a", 1),)
    keep_form(session, writer, PLACE, OpenForm("page-c", 1, seen), "A and C", at=AT + timedelta(seconds=2))
    end_draft(session, writer, "page-c")
    assert text_at(session, writer) is None


def test_what_is_forgotten_is_gone_there_and_nowhere_else(session: Session) -> None:
    writer = add_person(session)
    for place in (PLACE, "elsewhere"):
        keep_form(session, writer, place, OpenForm(f"page-{place[:4]}", 1), "Words", at=AT)
    forget_form(session, writer, PLACE)
    assert text_at(session, writer) is None
    assert text_at(session, writer, "elsewhere") == "Words"


def test_after_a_day_it_is_shown_no_more_and_the_worker_deletes_it(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        writer = add_person(session)
        keep_form(session, writer, PLACE, OpenForm("page-a", 1), "Old", at=AT)
        keep_form(session, writer, "elsewhere", OpenForm("page-b", 1), "New", at=AT + timedelta(hours=1))
        assert text_at(session, writer, days=0.99) == "Old"
        assert text_at(session, writer, days=1) is None
    assert forget_old_forms(sessions, at=AT + KEPT_FOR - timedelta(seconds=1)) == 0
    assert forget_old_forms(sessions, at=AT + KEPT_FOR) == 1
    with transaction(sessions) as session:
        assert [draft.submission_key for draft in session.scalars(select(Draft))] == ["page-b"]


def test_one_person_fills_no_database(session: Session) -> None:
    writer, other = add_person(session, "1"), add_person(session, "2")
    keep_form(session, other, PLACE, OpenForm("page-of-other", 1), "Theirs", at=AT)
    for number in range(MOST_FORMS + 3):
        at = AT + timedelta(seconds=number)
        keep_form(session, writer, f"place {number}", OpenForm(f"page-{number}", 1), "Words", at=at)
    assert session.scalar(select(func.count()).select_from(Draft).filter_by(person_id=writer)) == MOST_FORMS
    assert text_at(session, writer, "place 2") is None
    assert text_at(session, writer, f"place {MOST_FORMS + 2}") == "Words"
    assert text_at(session, other) == "Theirs"
    with pytest.raises(InvalidInputError):
        keep_form(session, writer, PLACE, OpenForm("page-x", 1), "x" * LONGEST_DRAFT, at=AT)
