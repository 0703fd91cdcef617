"""Drafts: kept as typed, never over what another page wrote, and gone once they are handed in."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.errors import ConflictError, InvalidInputError, NotFoundError
from service.exercises.best_tries import best_marks
from service.exercises.draft_operations import (
    LONGEST_DRAFT,
    MOST_DRAFTS,
    MOST_FIELDS,
    DraftVersion,
    OpenForm,
    end_draft,
    save_draft,
)
from service.exercises.models import Draft
from service.exercises.operations import record_attempt
from service.exercises.work import Work, read_all, work_and
from service.modules.content import Catalogue
from service.modules.loader import load_catalogue
from tests.makers import AT
from tests.small_content import SmallContent, add_person

EXERCISE = ("roles", "who-leads")


class Desk:
    """A person with an exercise in front of them."""

    def __init__(self, session: Session, catalogue: Catalogue) -> None:
        self.session, self.catalogue = session, catalogue
        self.person_id = add_person(session)
        self.now = AT

    def save(self, key: str, number: int, text: str, *, instead_of: str = "", exercise: str = EXERCISE[1]) -> None:
        self.now += timedelta(seconds=1)
        save_draft(
            self.session,
            self.catalogue,
            self.person_id,
            EXERCISE[0],
            exercise,
            OpenForm(key, number, DraftVersion.read_all(instead_of)),
            {"text": text},
            at=self.now,
        )

    def texts(self) -> list[str]:
        """Return what is kept, newest first."""
        return [draft.fields["text"] for draft in self.work(self.person_id).drafts.get(EXERCISE[1], [])]

    def work(self, person_id: int) -> Work:
        return read_all(self.session, [person_id], self.catalogue.module(EXERCISE[0]), work_and())[person_id]

    def hand_in(self, key: str, seen: str = "") -> None:
        record_attempt(self.session, self.catalogue, self.person_id, *EXERCISE, {"choice": "ask"}, key, at=self.now)
        end_draft(self.session, self.person_id, key, DraftVersion.read_all(seen))


@pytest.fixture
def desk(session: Session, tmp_path: Path) -> Desk:
    return Desk(session, load_catalogue(SmallContent(tmp_path / "content").write()))


def test_the_newest_words_of_a_page_are_kept(desk: Desk) -> None:
    desk.save("page-a", 1, "I th")
    desk.save("page-a", 2, "I think")
    assert desk.texts() == ["I think"]


def test_a_saving_that_arrives_late_changes_nothing(desk: Desk) -> None:
    desk.save("page-a", 2, "I think")
    desk.save("page-a", 1, "I th")
    desk.save("page-a", 2, "I th")
    assert desk.texts() == ["I think"]


def test_a_page_that_goes_on_from_a_draft_takes_its_place(desk: Desk) -> None:
    desk.save("page-a", 1, "on the phone")
    desk.save("page-b", 1, "on the phone, then at the desk", instead_of="page-a.1")
    assert desk.texts() == ["on the phone, then at the desk"]


def test_what_another_page_wrote_meanwhile_stays(desk: Desk) -> None:
    desk.save("page-a", 1, "seen")
    desk.save("page-a", 2, "unseen")
    desk.save("page-b", 1, "elsewhere", instead_of="page-a.1")
    assert desk.texts() == ["elsewhere", "unseen"]


def test_what_is_handed_in_is_no_draft_any_more_and_other_versions_stay(desk: Desk) -> None:
    desk.save("page-a", 1, "seen")
    desk.save("page-b", 1, "other")
    desk.save("page-c", 1, "mine", instead_of="page-a.1")
    desk.hand_in("page-c", seen="page-a.1")
    assert desk.texts() == ["other"]
    best = desk.work(desk.person_id).best
    assert best == best_marks(desk.session, desk.person_id, desk.catalogue.module(EXERCISE[0]))
    assert (best[EXERCISE[1]].last_key, best[EXERCISE[1]].tries) == ("page-c", 1)


def test_a_page_without_scripts_hands_in_the_draft_it_showed(desk: Desk) -> None:
    desk.save("page-a", 1, "seen")
    desk.hand_in("page-b", seen="page-a.1")
    assert desk.texts() == []


def test_a_saving_that_arrives_after_the_hand_in_is_refused(desk: Desk) -> None:
    desk.hand_in("page-a")
    with pytest.raises(ConflictError):
        desk.save("page-a", 3, "too late")
    assert desk.texts() == []


def test_only_the_newest_versions_are_kept(desk: Desk) -> None:
    desk.save("page-x", 1, "of another exercise", exercise="stages")
    for number in range(MOST_DRAFTS + 2):
        desk.save(f"page-{number}", 1, str(number))
    assert desk.texts() == [str(number) for number in range(MOST_DRAFTS + 1, 1, -1)]
    assert desk.session.scalar(select(func.count()).select_from(Draft)) == MOST_DRAFTS + 1


def test_a_key_of_someone_else_reaches_nothing(desk: Desk) -> None:
    desk.save("page-a", 1, "mine")
    stranger = add_person(desk.session, "stranger")
    end_draft(desk.session, stranger, "page-a", [DraftVersion("page-a", 1)])
    assert desk.work(stranger) == Work({}, {}, [])
    assert desk.texts() == ["mine"]


def test_a_character_that_postgresql_cannot_keep_costs_only_itself(desk: Desk) -> None:
    desk.save("page-a", 1, "a\0b 😀 שלום")
    assert desk.texts() == ["ab 😀 שלום"]


@pytest.mark.parametrize("fields", [{"text": "x" * LONGEST_DRAFT}, {str(n): "" for n in range(MOST_FIELDS + 1)}])
def test_what_no_form_of_ours_holds_is_refused(desk: Desk, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidInputError):
        save_draft(desk.session, desk.catalogue, desk.person_id, *EXERCISE, OpenForm("page-a"), fields, at=AT)


def test_an_unknown_exercise_and_a_wrong_key_are_refused(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        desk.save("page-a", 1, "?", exercise="nothing")
    with pytest.raises(InvalidInputError):
        desk.save("no key", 1, "?")


@pytest.mark.parametrize("text", ["", ".", "a", ".1", "a.", "a.-1", "a.1x", "a.٣", "a." + "9" * 10, "a.1\0", "a b.c.1"])
def test_what_is_no_version_is_left_out(text: str) -> None:
    assert DraftVersion.read_all(text) == ()


def test_versions_are_read_as_they_were_written() -> None:
    versions = (DraftVersion("a-b_C9", 12), DraftVersion("x", 0))
    assert DraftVersion.read_all(" ".join(map(str, versions))) == versions
