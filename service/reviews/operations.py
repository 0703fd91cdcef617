"""What is done with reviews: put an answer into the queue, decide, take a decision back, say how someone stands."""

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from service.errors import ConflictError, NotAllowedError, NotFoundError
from service.exercises.operations import AttemptResult, check_submission_key, lock_learner
from service.modules.content import Catalogue, Exercise
from service.people.known import Member
from service.people.models import LEARNING_ROLES
from service.reviews import rules
from service.reviews.models import Decision, Review, ReviewEntry, ReviewState
from service.reviews.rules import Ruling
from service.reviews.standings import Reviewed, read_reviewed


def request_review(
    session: Session, exercise: Exercise, result: AttemptResult, member: Member, *, at: datetime
) -> ReviewEntry | None:
    """Put a new attempt into the queue of the member's course if people are to look at it; it replaces one that waits.

    The learner is locked by the hand-in. None for what no person needs to see, and for staff and test users.
    """
    attempt = result.attempt
    is_counted = result.is_new and member.role in LEARNING_ROLES and not member.is_test_user
    if not is_counted or not rules.goes_to_review(exercise, result.mark, is_passed=attempt.is_passed):
        return None
    plan = rules.plan_of(exercise)
    keys = {"person_id": attempt.person_id, "module_key": attempt.module_key, "exercise_key": attempt.exercise_key}
    replaced = {"state": ReviewState.REPLACED, "claimed_by_id": None, "claimed_until": None}
    if attempt.number > 1:
        session.execute(update(ReviewEntry).filter_by(**keys, state=ReviewState.WAITING).values(replaced))
    entry = ReviewEntry(
        attempt_id=attempt.id,
        course_id=member.course_id,
        **keys,
        is_required=plan.is_required and attempt.is_passed,
        reviewers=plan.reviewers,
        waiting_since=at,
    )
    session.add(entry)
    session.flush()
    return entry


def decide(
    session: Session, catalogue: Catalogue, member: Member, entry_id: str, ruling: Ruling, *, at: datetime
) -> Reviewed:
    """Record a decision on an answer in the member's course; the same submission key again changes nothing.

    Raise NotFoundError for an answer of another course, NotAllowedError for who may not review it, ConflictError if
    it was decided or replaced since the page was made, InvalidInputError, with `fields`, for what cannot be kept.
    """
    check_submission_key(ruling.submission_key)
    entry = get_entry(session, member.course_id, entry_id)
    exercise = find_exercise(catalogue, entry)
    if not may_review(member, entry, exercise):
        raise NotAllowedError("review.not_yours", "This member may not review this answer.")
    lock_learner(session, entry.person_id)
    session.refresh(entry)
    reviewed = read_reviewed(session, entry)
    if any(review.submission_key == ruling.submission_key for review in reviewed.reviews):
        return reviewed
    _check_is_open(session, reviewed, ruling)
    rules.check_opinion(ruling.opinion, ruling.decision, exercise.criteria if exercise else ())
    review = Review(
        entry_id=entry.id,
        number=ruling.seen + 1,
        reviewer_id=member.person_id,
        decision=ruling.decision,
        remark=ruling.opinion.remark,
        criteria=ruling.opinion.as_data(),
        submission_key=ruling.submission_key,
        recorded_at=at,
    )
    session.add(review)
    session.flush()
    return _settle(reviewed, review, at)


def _check_is_open(session: Session, reviewed: Reviewed, ruling: Ruling) -> None:
    if reviewed.last_number != ruling.seen:
        raise ConflictError("review.decided_meanwhile", "Someone else has decided since the page was made.")
    if not is_newest(session, reviewed.entry):
        raise ConflictError("review.replaced", "A newer answer has come since the page was made.")
    if ruling.decision is Decision.REOPEN and not reviewed.counting:
        raise ConflictError("review.nothing_to_undo", "Nobody has decided anything that counts.")


def claim(session: Session, member: Member, entry_id: str, *, at: datetime) -> ReviewEntry:
    """Ask others to leave an answer to this member for a while. Raise ConflictError while someone else is at it."""
    entry = get_entry(session, member.course_id, entry_id, locked=True)
    if rules.is_claimed_by_other(entry.claimed_by_id, entry.claimed_until, member.person_id, at=at):
        raise ConflictError("review.claimed", "Someone else is reviewing this answer.")
    entry.claimed_by_id, entry.claimed_until = member.person_id, at + rules.CLAIM
    return entry


def get_entry(session: Session, course_id: int, entry_id: str, *, locked: bool = False) -> ReviewEntry:
    """Return an answer in the queue of this course, decided or not. Raise NotFoundError if there is none."""
    statement = select(ReviewEntry).filter_by(course_id=course_id, public_id=entry_id)
    if locked:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    entry = session.scalars(statement).one_or_none()
    if entry is None:
        raise NotFoundError("review.unknown", "There is no such answer in this course.")
    return entry


def is_newest(session: Session, entry: ReviewEntry) -> bool:
    """Say whether no newer answer to the same exercise has come to reviewers: only the newest is decided on."""
    newest = select(func.max(ReviewEntry.id)).filter_by(
        person_id=entry.person_id, module_key=entry.module_key, exercise_key=entry.exercise_key
    )
    return session.scalar(newest) == entry.id


def find_exercise(catalogue: Catalogue, entry: ReviewEntry) -> Exercise | None:
    """Return the exercise as it is now, None if the content has lost it."""
    modules = (module for module in catalogue.modules if module.key == entry.module_key)
    exercises = (exercise for module in modules for exercise in module.exercises)
    return next((exercise for exercise in exercises if exercise.key == entry.exercise_key), None)


def may_review(member: Member, entry: ReviewEntry, exercise: Exercise | None) -> bool:
    """Say whether the member may decide on this answer; what the content has lost is decided no more."""
    is_own = entry.person_id == member.person_id
    return exercise is not None and rules.may_review(rules.plan_of(exercise), member.role, is_own=is_own)


def _settle(reviewed: Reviewed, review: Review, at: datetime) -> Reviewed:
    entry, reviews = reviewed.entry, [*reviewed.reviews, review]
    entry.state = rules.state_after(reviews, entry.reviewers)
    entry.decided_at = None if entry.state is ReviewState.WAITING else entry.decided_at or at
    entry.claimed_by_id = entry.claimed_until = None
    return Reviewed(entry, reviews)
