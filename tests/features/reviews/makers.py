"""Makes what tests of reviews start from: content with a reviewed exercise, people, answers and decisions."""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service import journey
from service.db import new_public_id
from service.exercises.models import Attempt
from service.modules.content import Catalogue, Module
from service.modules.operations import record_version
from service.modules.review import ReviewPlan
from service.people.models import LmsRole, Membership, Person, Role
from service.reviews.models import Decision, ReviewEntry
from service.reviews.rules import Level, Opinion, Ruling
from service.reviews.standings import Reviewed
from tests.makers import AT, RIGHT, make_catalogue, make_member, make_module

REQUIRED = ReviewPlan(is_required=True)
OPTIONAL = ReviewPlan(is_required=False)
CRITERIA = {"clear": "It is clear", "kind": "It is kind"}


def reviewed_module(plan: ReviewPlan | None = REQUIRED, key: str = "roles") -> Module:
    """Return a module for mentors and mentees whose first exercise is reviewed so, and whose second is not."""
    module = make_module(key, ("mentor", "mentee"))
    first, second = module.exercises
    words = next(iter(module.words.values()))
    titles = dict(words.exercises) | {"first": replace(words.exercises["first"], criteria=CRITERIA)}
    plan = replace(plan, rubric=tuple(CRITERIA)) if plan else None
    return replace(
        module,
        exercises=(replace(first, review=plan), second),
        words=dict.fromkeys(module.words, replace(words, exercises=titles)),
    )


def reviewed_catalogue(plan: ReviewPlan | None = REQUIRED) -> Catalogue:
    """Return content that consists of that module."""
    return make_catalogue(reviewed_module(plan))


def make_coordinator(session: Session, subject: str = "staff-1") -> Membership:
    """Return someone who reviews."""
    return make_member(session, subject, Role.COORDINATOR)


def answer(
    session: Session,
    catalogue: Catalogue,
    learner: Membership,
    exercise: str = "first",
    given: dict[str, str] = RIGHT,
    *,
    at: datetime = AT,
) -> None:
    """Hand in an answer."""
    journey.hand_in(session, catalogue, learner, "roles", exercise, given, new_public_id(), at=at)


def ruling(decision: Decision = Decision.ACCEPT, seen: int = 0, remark: str = "", key: str = "") -> Ruling:
    """Return a decision as a form sends it; returning says why."""
    why = remark or ("Say more." if decision is Decision.RETURN else "")
    return Ruling(decision, Opinion(why, {"clear": Level.PARTLY}), seen, key or new_public_id())


def decide(
    session: Session,
    catalogue: Catalogue,
    reviewer: Membership,
    entry: ReviewEntry,
    decision: Decision = Decision.ACCEPT,
    seen: int = 0,
    *,
    at: datetime = AT,
) -> Reviewed:
    """Let someone decide."""
    return journey.decide_review(session, catalogue, reviewer, entry.public_id, ruling(decision, seen), at=at)


def wait_many(session: Session, first: int, last: int) -> None:
    """Let learners number `first` to `last` wait for a review in course-1, by rows alone."""
    catalogue, model = reviewed_catalogue(), make_member(session, "mentor-model")
    version = record_version(session, catalogue.module("roles"), at=AT)
    people = [
        Person(platform_id=model.person.platform_id, subject=f"many-{number}", name=f"Many {number}", created_at=AT)
        for number in range(first, last)
    ]
    session.add_all(people)
    session.flush()
    attempts = [
        Attempt(
            person_id=person.id,
            module_key="roles",
            module_version_id=version.id,
            exercise_key="first",
            number=1,
            submission_key="many",
            answer=RIGHT,
            points=1,
            max_points=1,
            is_passed=True,
            counted_share=1,
            passed_version=1,
            is_held=False,
            handed_in_at=AT,
        )
        for person in people
    ]
    session.add_all(attempts)
    session.add_all(
        Membership(
            person_id=person.id, course_id=model.course_id, lms_role=LmsRole.LEARNER, role=Role.MENTOR, last_seen_at=AT
        )
        for person in people
    )
    session.flush()
    session.add_all(
        ReviewEntry(
            attempt_id=attempt.id,
            course_id=model.course_id,
            person_id=attempt.person_id,
            module_key="roles",
            exercise_key="first",
            is_required=True,
            reviewers=1,
            waiting_since=AT + timedelta(minutes=attempt.id),
        )
        for attempt in attempts
    )
    session.flush()
