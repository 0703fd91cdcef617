"""The few steps that cross features: sign in, hand in, review, recognise, attend. Each runs in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lti.claims import LaunchClaims
from service.completion import operations as completion
from service.completion.models import RecognitionStep
from service.completion.operations import Occasion
from service.completion.reading_operations import record_read
from service.completion.recognition_operations import NewStep, find_last_step, record_step
from service.completion.recognition_rules import StepKind, list_next
from service.consequences import follow_all, follow_exercise, follow_up
from service.errors import ConflictError
from service.events import attendance_operations as attendance
from service.events.attendance_operations import Entry, Recorded
from service.events.models import Event
from service.events.operations import get_event
from service.exercises.best_tries import best_marks
from service.exercises.operations import AttemptResult, list_open_tries, record_attempt
from service.exercises.try_operations import LONGEST_REASON, MoreTries, give_tries, record_done
from service.forums.access import OpenForum
from service.forums.models import Post
from service.grades.operations import NewScore
from service.i18n import normalise_language
from service.modules.content import Catalogue, Module
from service.modules.requirements import WRITTEN, Kind, asks_for, list_requirements
from service.modules.rules import find_exercise_keys, find_module_key
from service.notices.telling import tell_of_post
from service.people import operations as people
from service.people import roster_rules
from service.people.arrivals import Arrival, arrive
from service.people.known import Member
from service.people.models import LEARNING_ROLES, LabelKind, LmsRole, Role
from service.people.roster_operations import may_be_due, queue_roster
from service.placing import check_picker, content_path, open_picker, open_review, place_link, unset_path
from service.platforms.launches import KnownPlatform, note_product_family
from service.platforms.operations import record_audit
from service.platforms.profiles import course_address, profile_of
from service.readiness.freshness import is_up_to_date
from service.reviews.models import Decision, ReviewEntry
from service.reviews.operations import decide, get_entry, request_review
from service.reviews.rules import Ruling
from service.reviews.standings import Reviewed
from service.scoring import score_exercise, score_module
from service.standing import stand_all


@dataclass(frozen=True)
class SignedIn:
    """Who came in by a launch, and the local path of what the link shows."""

    membership: Member
    path: str


def sign_in(
    session: Session, catalogue: Catalogue, platform: KnownPlatform, claims: LaunchClaims, *, at: datetime
) -> SignedIn:
    """Record person, course, membership, and what the link shows or the LMS asks for; say where that leads.

    Work that was done elsewhere counts here at once: what is complete or ready is queued for this course's gradebook.
    Raises LaunchRefusedError for a content picker that is opened outside a course.
    """
    note_product_family(session, platform, claims.product_family)
    check_picker(claims)
    member, roster = arrive(session, platform.id, _arrival(platform, claims), at=at)
    is_learner = member.role in LEARNING_ROLES
    reading = roster_rules.Occasion.LEARNER_LAUNCH if is_learner else roster_rules.Occasion.STAFF_LAUNCH
    if may_be_due(member.course, roster, reading, at=at):
        queue_roster(session, member.course, reading, at=at)
    if claims.deep_linking is not None:
        return SignedIn(member, open_picker(session, member, claims, at=at))
    if claims.for_user is not None:
        return SignedIn(member, open_review(session, catalogue, member, claims, at=at))
    placed = place_link(session, catalogue, member, claims, at=at)
    content = placed.content
    is_first = placed.is_new or not is_up_to_date(session, catalogue, member, at=at)
    if is_learner and is_first:
        scores = _score_placed(session, catalogue, member, content)
        stand_all(session, catalogue, [member], at=at, scores=scores)
    link_id = claims.resource_link.id if claims.resource_link else ""
    return SignedIn(member, content_path(member, content) if content else unset_path(member, link_id))


def _score_placed(session: Session, catalogue: Catalogue, member: Member, content: str) -> Sequence[NewScore]:
    """Return what was reached of the content of a link that is launched."""
    module_key, exercise_keys = find_module_key(content), find_exercise_keys(content)
    if module_key:
        return score_module(catalogue, member, completion.find_completion(session, member.person_id, module_key))
    return score_exercise(session, catalogue, [member], *exercise_keys) if exercise_keys else ()


def hand_in(
    session: Session,
    catalogue: Catalogue,
    member: Member,
    module_key: str,
    exercise_key: str,
    answer: Mapping[str, Any],
    submission_key: str,
    *,
    at: datetime,
) -> AttemptResult:
    """Record an answer and all that follows from it: mark, completion, readiness in every course, scores to send.

    Raise ConflictError if the module must come after others that a learner has not completed.
    """
    module = catalogue.module(module_key)
    if module.only_after and member.role in LEARNING_ROLES:
        missing = completion.list_open_modules(session, member.person_id, module.only_after)
        if missing:
            raise ConflictError("module.later", f"{module_key} comes after {', '.join(sorted(missing))}.")
    result = record_attempt(
        session, catalogue, member.person_id, module_key, exercise_key, answer, submission_key, at=at
    )
    request_review(session, module.exercise(exercise_key), result, member, at=at)
    occasion = Occasion(version_id=result.attempt.module_version_id if result.is_new else None)
    follow_exercise(session, catalogue, member.person_id, module_key, exercise_key, at=at, occasion=occasion)
    return result


def decide_review(
    session: Session, catalogue: Catalogue, member: Member, entry_id: str, ruling: Ruling, *, at: datetime
) -> Reviewed:
    """Record what a reviewer decides and all that follows from it for the learner. Raises what `decide` raises.

    A returned answer costs no try. What may take an acceptance back locks the learner's memberships first, so that no
    pairing slips through.
    """
    if ruling.decision is not Decision.ACCEPT:
        people.list_locked_memberships(session, [get_entry(session, member.course_id, entry_id).person_id])
    reviewed = decide(session, catalogue, member, entry_id, ruling, at=at)
    if ruling.decision is Decision.RETURN:
        _give_try_back(session, catalogue, member, reviewed.entry, ruling.opinion.remark, at)
    entry, occasion = reviewed.entry, Occasion(is_evidence_withdrawn=reviewed.is_taken_back)
    place = entry.person_id, entry.module_key, entry.exercise_key
    follow_exercise(session, catalogue, *place, at=at, occasion=occasion)
    return reviewed


def say_done(
    session: Session, catalogue: Catalogue, member: Member, module_key: str, exercise_key: str, *, at: datetime
) -> None:
    """Let someone end their tries at an exercise, and do all that follows from marks that were held back."""
    if record_done(session, catalogue, member.person_id, module_key, exercise_key, at=at):
        follow_exercise(session, catalogue, member.person_id, module_key, exercise_key, at=at)


def record_reading(
    session: Session,
    catalogue: Catalogue,
    member: Member,
    module_key: str,
    section_keys: Sequence[str],
    *,
    at: datetime,
) -> None:
    """Record sections as read, and what follows where that is asked for. Raises NotFoundError for an unknown one."""
    is_news = record_read(session, catalogue, member.person_id, module_key, section_keys, at=at)
    if is_news and asks_for(catalogue.module(module_key).completion_rule, Kind.READ):
        follow_up(session, catalogue, member.person_id, module_key, at=at)


def follow_post(session: Session, catalogue: Catalogue, forum: OpenForum, post: Post, *, at: datetime) -> None:
    """Bring up to date the modules that ask for posts, and tell who is to know, after someone has posted in a forum."""
    tell_of_post(session, forum, post, at=at)
    asking = _list_asking_for_posts(catalogue)
    if asking:
        follow_up(session, catalogue, forum.reader.person_id, *asking, at=at)


def follow_lost_posts(session: Session, catalogue: Catalogue, author_ids: Collection[int], *, at: datetime) -> None:
    """Bring up to date the modules that ask for posts, after some were deleted, hidden, shown again or moved."""
    asking = _list_asking_for_posts(catalogue)
    if asking and author_ids:
        members = people.list_locked_memberships(session, author_ids)
        withdrawn = Occasion(is_evidence_withdrawn=True)
        follow_all(session, catalogue, author_ids, members, asking, at=at, occasion=withdrawn)


def _list_asking_for_posts(catalogue: Catalogue) -> list[str]:
    return [module.key for module in catalogue.modules if asks_for(module.completion_rule, *WRITTEN)]


def take_step(
    session: Session,
    catalogue: Catalogue,
    actor: Member,
    person_id: int,
    module_key: str,
    step: NewStep,
    *,
    at: datetime,
) -> RecognitionStep:
    """Record a step towards a module being recognised, and what follows from it. Raises as `record_step` does.

    What changes completion locks the learner's memberships first, so that no pairing slips through at that moment.
    """
    if step.kind not in {StepKind.RECOGNISED, StepKind.RECORDED, StepKind.UNDONE}:
        return record_step(session, catalogue, actor, person_id, module_key, step, at=at)
    people.list_locked_memberships(session, [person_id])
    taken = record_step(session, catalogue, actor, person_id, module_key, step, at=at)
    occasion = Occasion(step=taken, may_fall=step.kind is StepKind.UNDONE)
    follow_up(session, catalogue, person_id, module_key, at=at, occasion=occasion)
    return taken


def carry_over(
    session: Session,
    catalogue: Catalogue,
    staff: Member,
    former: Member,
    member: Member,
    reason: str,
    *,
    at: datetime,
) -> int:
    """Let modules that were completed under an account that has left count for the one the person has now.

    Each is recorded as staff would record it by hand, with the day of then, and can be taken back so. Return how many;
    what is complete here, or undecided, stays as it is. Raises InvalidInputError for a reason that cannot be taken.
    """
    known = {module.key for module in catalogue.modules}
    here = {one.module_key for one in completion.list_complete(session, member.person_id, at=at)}
    carried = []
    for one in completion.list_complete(session, former.person_id, at=at):
        last = find_last_step(session, member.person_id, one.module_key)
        is_possible = StepKind.RECORDED in list_next(last.kind if last else None)
        if one.module_key in known - here and is_possible:
            step = NewStep(StepKind.RECORDED, reason, last.number if last else 0, one.completed_at, one.expires_at)
            take_step(session, catalogue, staff, member.person_id, one.module_key, step, at=at)
            carried.append(one.module_key)
    if carried:
        detail = {"from": former.public_id, "to": member.public_id, "by": staff.public_id, "modules": carried}
        record_audit(session, "account.carried_over", at=at, platform_id=member.course.platform_id, detail=detail)
    return len(carried)


def record_attendance(
    session: Session, catalogue: Catalogue, staff: Member, event_id: str, entry: Entry, *, at: datetime
) -> Recorded:
    """Enter who was at an event and what the group did, and all that follows for those concerned, in their courses.

    Raises what `attendance.record_attendance` raises, and NotFoundError for an event of another course.
    """
    event = get_event(session, staff, event_id, locked=True)
    recorded = attendance.record_attendance(session, event, staff, entry, at=at)
    modules = [module.key for module in catalogue.modules if _depends_on(module, event, recorded)]
    if recorded.person_ids:
        members = people.list_locked_memberships(session, recorded.person_ids)
        withdrawn = Occasion(is_evidence_withdrawn=True)
        follow_all(session, catalogue, recorded.person_ids, members, modules, at=at, occasion=withdrawn)
    return recorded


def _depends_on(module: Module, event: Event, recorded: Recorded) -> bool:
    """Tell whether completing the module may hang on an entry: it was taught or done there, or asks for such events."""
    asked = [one for one in list_requirements(module.completion_rule) if one.kind is Kind.ATTENDED]
    return module.key in recorded.module_keys or any(event.kind.value in one.keys for one in asked)


def _give_try_back(
    session: Session, catalogue: Catalogue, member: Member, entry: ReviewEntry, why: str, at: datetime
) -> None:
    """Let a returned answer cost no try, where tries are counted; once for each answer, however often it is decided."""
    module = catalogue.module(entry.module_key)
    open_tries = list_open_tries(session, entry.person_id, module, best_marks(session, entry.person_id, module))
    if open_tries[entry.exercise_key].left is not None:
        more = MoreTries(module.key, entry.exercise_key, 1, why[:LONGEST_REASON], f"returned-{entry.public_id}")
        give_tries(session, catalogue, entry.person_id, more, by_member_id=member.id, at=at)


def _arrival(platform: KnownPlatform, claims: LaunchClaims) -> Arrival:
    suggested = claims.custom.get("role", "")
    link_id, title = (claims.resource_link.id, claims.resource_link.title) if claims.resource_link else ("", "")
    return Arrival(
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
        tenant=claims.deployment_id if profile_of(platform.product_family, platform.issuer).is_shared else "",
        labels={kind: claims.custom[kind] for kind in LabelKind if kind in claims.custom},
    )
