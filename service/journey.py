"""The few steps that cross features: sign in, hand in, commit, give a role, pair. Each runs in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lti.claims import LaunchClaims
from service.completion import operations as completion
from service.completion.rules import score_of
from service.db import set_changed
from service.events import attendance_operations as attendance
from service.events.attendance_operations import Entry, Recorded
from service.events.operations import get_event
from service.exercises.operations import AttemptResult, best_marks, record_attempt
from service.grades.operations import list_courses_with_column, queue_score
from service.i18n import choose_language, normalise_language, translated
from service.i18n import translatable as _
from service.modules.content import Catalogue
from service.modules.rules import MODULE_PREFIX, READINESS, exercise_content, find_exercise_keys, find_module_key
from service.people import operations as people
from service.people.models import LEARNING_ROLES, LmsRole, Membership, Person, Role
from service.people.roster_operations import queue_roster
from service.people.roster_rules import Occasion
from service.placing import check_picker, content_path, open_picker, open_review, place_link, unset_path
from service.platforms.models import Platform
from service.platforms.profiles import course_address
from service.readiness import operations as readiness
from service.readiness.operations import Verdict


@dataclass(frozen=True)
class SignedIn:
    """Who came in by a launch, and the local path of what the link shows."""

    membership: Membership
    path: str


def sign_in(
    session: Session, catalogue: Catalogue, platform: Platform, claims: LaunchClaims, *, at: datetime
) -> SignedIn:
    """Record person, course, membership, and what the link shows or the LMS asks for; say where that leads.

    Work that was done elsewhere counts here at once: what is complete or ready is queued for this course's gradebook.
    Raises LaunchRefusedError for a content picker that is opened outside a course.
    """
    set_changed(platform, product_family=claims.product_family)
    check_picker(claims)
    member = people.record_arrival(session, platform.id, _arrival(claims), at=at)
    occasion = Occasion.LEARNER_LAUNCH if member.role in LEARNING_ROLES else Occasion.STAFF_LAUNCH
    queue_roster(session, member.course, occasion, at=at)
    if claims.deep_linking is not None:
        return SignedIn(member, open_picker(session, member, claims, at=at))
    if claims.for_user is not None:
        return SignedIn(member, open_review(session, catalogue, member, claims, at=at))
    placed = place_link(session, catalogue, member, claims, at=at)
    content = placed.content
    is_first = placed.is_new or not readiness.is_up_to_date(session, catalogue, member)
    if member.role in LEARNING_ROLES and is_first:
        verdict = readiness.bring_up_to_date(session, catalogue, member, at=at)
        _queue_readiness(session, member, verdict, at)
        module_key, exercise_keys = find_module_key(content), find_exercise_keys(content)
        if module_key:
            _queue_module(session, catalogue, member, module_key, at)
        if exercise_keys:
            _queue_exercise(session, catalogue, member.person_id, *exercise_keys, at)
    link_id = claims.resource_link.id if claims.resource_link else ""
    return SignedIn(member, content_path(member, content) if content else unset_path(member, link_id))


def hand_in(
    session: Session,
    catalogue: Catalogue,
    member: Membership,
    module_key: str,
    exercise_key: str,
    answer: Mapping[str, Any],
    submission_key: str,
    *,
    at: datetime,
) -> AttemptResult:
    """Record an answer and all that follows from it: mark, completion, readiness in every course, scores to send."""
    result = record_attempt(
        session, catalogue, member.person_id, module_key, exercise_key, answer, submission_key, at=at
    )
    completion.bring_up_to_date(session, catalogue, member.person_id, module_key, at=at)
    _queue_exercise(session, catalogue, member.person_id, module_key, exercise_key, at)
    for membership in people.list_memberships_of(session, member.person_id):
        _queue_module(session, catalogue, membership, module_key, at)
        verdict = readiness.bring_up_to_date(session, catalogue, membership, at=at)
        _queue_readiness(session, membership, verdict, at)
    return result


def record_attendance(
    session: Session, catalogue: Catalogue, staff: Membership, event_id: str, entry: Entry, *, at: datetime
) -> Recorded:
    """Enter who was at an event and what the group did, and all that follows for those concerned, in their courses.

    Raises what `attendance.record_attendance` raises, and NotFoundError for an event of another course.
    """
    event = get_event(session, staff, event_id, locked=True)
    recorded = attendance.record_attendance(session, event, staff, entry, at=at)
    modules = [module for module in catalogue.modules if module.key in recorded.module_keys]
    members: dict[int, list[Membership]] = {person_id: [] for person_id in sorted(recorded.person_ids)}
    for member in people.list_locked_memberships(session, members):
        members[member.person_id].append(member)
    for person_id, memberships in members.items():
        for module in modules:
            completion.bring_up_to_date(session, catalogue, person_id, module.key, at=at, is_evidence_withdrawn=True)
        for member in memberships:
            for module in modules:
                _queue_module(session, catalogue, member, module.key, at, may_fall=True)
            _stand(session, catalogue, member, at)
    return recorded


def give_commitment(
    session: Session, catalogue: Catalogue, member: Membership, kind: str, version: int, language: str, *, at: datetime
) -> Verdict:
    """Record a commitment, and where the member stands with it."""
    readiness.record_commitment(session, catalogue, member, kind, version, language, at=at)
    return _stand(session, catalogue, member, at)


def withdraw_commitment(
    session: Session, catalogue: Catalogue, member: Membership, kind: str, *, at: datetime
) -> Verdict:
    """Take back a commitment; the member is locked first, so that no pairing slips through at the same moment."""
    locked = people.get_member(session, member.course_id, member.public_id, locked=True)
    readiness.withdraw_commitment(session, locked, kind, at=at)
    return _stand(session, catalogue, locked, at)


def give_role(
    session: Session, catalogue: Catalogue, course_id: int, member_id: str, role: Role, *, at: datetime
) -> None:
    """Give a member another role, and say where they stand in it. Raises NotFoundError or InvalidInputError."""
    member = people.get_member(session, course_id, member_id, locked=True)
    people.set_role(session, member, role)
    _stand(session, catalogue, member, at)


def _stand(session: Session, catalogue: Catalogue, member: Membership, at: datetime) -> Verdict:
    verdict = readiness.bring_up_to_date(session, catalogue, member, at=at)
    _queue_readiness(session, member, verdict, at)
    return verdict


def _arrival(claims: LaunchClaims) -> people.Arrival:
    suggested = claims.custom.get("role", "")
    link_id, title = (claims.resource_link.id, claims.resource_link.title) if claims.resource_link else ("", "")
    return people.Arrival(
        subject=claims.user.subject,
        name=claims.user.name or f"{claims.user.given_name} {claims.user.family_name}".strip(),
        email=claims.user.email,
        language=normalise_language(claims.locale),
        context_id=claims.context.id if claims.context else f"link:{link_id}"[:255],
        course_title=(claims.context.title or claims.context.label) if claims.context else title,
        return_url=course_address(claims.product_family, claims.return_url or ""),
        line_items_url=(claims.ags.line_items_url or "") if claims.ags else "",
        grade_scopes=claims.ags.scopes if claims.ags else (),
        memberships_url=claims.nrps_url or "",
        lms_role=LmsRole(claims.roles.role.value),
        suggested_role=Role(suggested) if suggested in set(LEARNING_ROLES) else None,
        is_test_user=claims.roles.is_test_user,
    )


def _queue_module(
    session: Session,
    catalogue: Catalogue,
    member: Membership,
    module_key: str,
    at: datetime,
    *,
    may_fall: bool = False,
) -> None:
    """Queue the score of a finished module. An unfinished one has no score: Moodle would call it complete (M10).

    `may_fall`: where it was finished and no longer is, the share that is left replaces the score that was queued.
    """
    done = completion.find_completion(session, member.person_id, module_key)
    if done is None or not (done.completed_at or may_fall):
        return
    if member.role not in LEARNING_ROLES or member.is_test_user:
        return
    queue_score(
        session,
        course_id=member.course_id,
        person_id=member.person_id,
        subject=f"{MODULE_PREFIX}{module_key}",
        label=catalogue.module(module_key).words["en"].title,
        fraction=score_of(done),
        comment=_comment(
            member.person,
            _("%(passed)s of %(all)s exercises passed"),
            passed=done.passed_exercises,
            all=done.all_exercises,
        ),
        at=at,
        only_if_present=done.completed_at is None,
    )


def _queue_exercise(
    session: Session, catalogue: Catalogue, person_id: int, module_key: str, exercise_key: str, at: datetime
) -> None:
    """Queue the best score of a passed exercise, in each course that has placed it by itself; others get no column."""
    subject = exercise_content(module_key, exercise_key)
    members = [
        member
        for member in people.list_memberships_of(session, person_id)
        if member.role in LEARNING_ROLES and not member.is_test_user
    ]
    placed_in = list_courses_with_column(session, [member.course_id for member in members], subject)
    if not placed_in:
        return
    module = catalogue.module(module_key)
    exercise, best = module.exercise(exercise_key), best_marks(session, person_id, module).get(exercise_key)
    if best is None or not best.is_passed:
        return
    points, most = f"{best.points:g}", f"{exercise.points:g}"
    for course_id in placed_in:
        queue_score(
            session,
            course_id=course_id,
            person_id=person_id,
            subject=subject,
            label=module.words["en"].exercises[exercise_key].title,
            fraction=best.points / exercise.points,
            comment=_comment(members[0].person, _("%(points)s of %(all)s points"), points=points, all=most),
            at=at,
        )


def _queue_readiness(session: Session, member: Membership, verdict: Verdict, at: datetime) -> None:
    """Queue 100 for who is ready, and 0 only for who was ready before: a zero is never sent to a newcomer."""
    if member.role not in LEARNING_ROLES or member.is_test_user:
        return
    met = len(verdict.results) - len(verdict.missing)
    queue_score(
        session,
        course_id=member.course_id,
        person_id=member.person_id,
        subject=READINESS,
        label="Readiness",
        fraction=1.0 if verdict.is_ready else 0.0,
        comment=_comment(member.person, _("%(met)s of %(all)s conditions met"), met=met, all=len(verdict.results)),
        at=at,
        only_if_present=not verdict.is_ready,
    )


def _comment(person: Person, text: str, **facts: object) -> str:
    """Return what the gradebook says beside a score: in the language in which the learner uses the tool."""
    return translated(text, choose_language(person.chosen_language, person.launch_language), **facts)
