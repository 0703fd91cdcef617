"""A new version asks for exercises again: who must do what, since when it holds, and what nobody loses by it."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lti.line_items import LINE_ITEM_SCOPE
from lti.scores import SCORE_SCOPE
from service import journey
from service.completion.operations import bring_up_to_date, find_completion
from service.completion.rules import list_asked_again, score_of
from service.grades.models import LineItem, Score
from service.modules.content import Catalogue
from service.modules.tries import Counts, Redo, TryRule
from service.people.models import Membership
from service.readiness.freshness import is_up_to_date
from service.readiness.operations import list_verdicts
from service.standing import give_commitment
from tests.makers import AT, RIGHT, WRONG, make_catalogue, make_member, make_module

LATER = AT + timedelta(days=1)


def content(version: int = 1, *redos: Redo, rule: TryRule | None = None) -> Catalogue:
    """Return a module of two exercises, which mentors need, in this version."""
    module = make_module("roles", ("mentor",))
    exercises = tuple(replace(one, rule=rule or TryRule()) for one in module.exercises)
    return make_catalogue(replace(module, version=version, digest=f"v{version}", redos=redos, exercises=exercises))


OLD = content()
NEW = content(3, Redo(3, ("second",)), Redo(2, ("first", "second")))
"""A later version, for someone who was away while version 2 was there."""
NEWER = content(4, Redo(3, ("second",)), Redo(2, ("first", "second")))


@pytest.fixture
def mentor(session: Session) -> Membership:
    return make_member(session, "mentor-1")


def hand_in(
    session: Session, catalogue: Catalogue, who: Membership, *keys: str, answer: dict[str, str] = RIGHT
) -> None:
    for key in keys:
        journey.hand_in(session, catalogue, who, "roles", key, answer, uuid4().hex, at=LATER)


def complete(session: Session, who: Membership, catalogue: Catalogue = OLD) -> None:
    hand_in(session, catalogue, who, "first", "second")
    give_commitment(session, catalogue, who, "confidentiality", 1, "en", at=AT)


def again(session: Session, who: Membership, catalogue: Catalogue) -> tuple[str, ...]:
    done = find_completion(session, who.person_id, "roles")
    assert done is not None
    return list_asked_again(catalogue.module("roles"), done.done_in)


def missing(session: Session, who: Membership, catalogue: Catalogue) -> list[object]:
    verdict = list_verdicts(session, catalogue, [who], at=LATER)[who.id]
    return [result.facts.get("again") for result in verdict.missing]


def test_who_was_done_does_it_again_and_is_not_ready_meanwhile(session: Session, mentor: Membership) -> None:
    complete(session, mentor)
    assert missing(session, mentor, OLD) == []
    assert missing(session, mentor, NEW) == [["first", "second"]], "nothing was computed anew: the content says it"
    hand_in(session, NEW, mentor, "first")
    assert (missing(session, mentor, NEW), again(session, mentor, NEW)) == ([["second"]], ("second",))
    hand_in(session, NEW, mentor, "second", answer=WRONG)
    assert again(session, mentor, NEW) == ("second",)
    hand_in(session, NEW, mentor, "second")
    assert missing(session, mentor, NEW) == missing(session, mentor, NEWER) == []


def test_the_day_of_completion_and_the_score_stay(session: Session, mentor: Membership) -> None:
    complete(session, mentor)
    before = find_completion(session, mentor.person_id, "roles")
    assert before is not None
    completed_at = before.completed_at
    for answer in (WRONG, RIGHT):
        hand_in(session, NEW, mentor, "first", "second", answer=answer)
        done = find_completion(session, mentor.person_id, "roles")
        assert done is not None
        assert (done.completed_at, score_of(done)) == (completed_at, 1)


def test_whoever_was_not_done_is_just_asked_for_the_rest(session: Session, mentor: Membership) -> None:
    hand_in(session, OLD, mentor, "first")
    verdict = list_verdicts(session, NEW, [mentor], at=LATER)[mentor.id]
    assert "again" not in verdict.missing[0].facts
    hand_in(session, NEW, mentor, "second")
    done = find_completion(session, mentor.person_id, "roles")
    assert done is not None
    assert done.completed_at is None, "the first exercise too is asked for in its new form"


def test_a_newcomer_does_nothing_twice(session: Session, mentor: Membership) -> None:
    complete(session, mentor, NEW)
    assert missing(session, mentor, NEW) == missing(session, mentor, NEWER) == []


def test_a_standing_from_before_is_known_to_be_old(session: Session, mentor: Membership) -> None:
    complete(session, mentor)
    assert is_up_to_date(session, OLD, mentor, at=LATER)
    assert not is_up_to_date(session, NEW, mentor, at=LATER)
    hand_in(session, NEW, mentor, "first", "second")
    assert is_up_to_date(session, NEW, mentor, at=LATER)


@pytest.mark.parametrize(("counts", "share"), [(Counts.BEST, 1.0), (Counts.LAST, 0.5), (Counts.FIRST, 1.0)], ids=str)
def test_the_score_in_the_gradebook_follows_the_try_that_counts(session: Session, counts: Counts, share: float) -> None:
    mentor = make_member(session, "mentor-1", grade_scopes=(LINE_ITEM_SCOPE, SCORE_SCOPE))
    catalogue = content(rule=TryRule(5, counts))
    hand_in(session, catalogue, mentor, "first", "second")
    hand_in(session, catalogue, mentor, "first", answer=WRONG)
    done = find_completion(session, mentor.person_id, "roles")
    assert done is not None
    assert (score_of(done), done.completed_at is not None) == (share, True)
    given, most = session.execute(
        select(Score.score_given, LineItem.score_maximum).join(LineItem).where(LineItem.subject == "module:roles")
    ).one()
    assert given / most == share


def test_bringing_up_to_date_twice_changes_nothing(session: Session, mentor: Membership) -> None:
    complete(session, mentor)
    for catalogue in (NEW, NEW, OLD):
        bring_up_to_date(session, catalogue, mentor.person_id, "roles", at=LATER)
        assert again(session, mentor, NEW) == ("first", "second")
