"""What the gradebooks get of a person's work: modules, exercises placed by themselves, readiness. Only queued here."""

from collections.abc import Sequence
from datetime import datetime

from babel.dates import format_date
from sqlalchemy.orm import Session

from service.completion.models import Completion
from service.completion.rules import score_of
from service.exercises.operations import best_marks, list_open_tries
from service.grades.operations import list_courses_with_column, queue_score
from service.i18n import choose_language, translated
from service.i18n import translatable as _
from service.modules.content import Catalogue
from service.modules.rules import MODULE_PREFIX, READINESS, exercise_content
from service.people import operations as people
from service.people.models import LEARNING_ROLES, Membership, Person
from service.readiness.operations import Verdict
from service.reviews.standings import list_held_back


def queue_module(
    session: Session,
    catalogue: Catalogue,
    member: Membership,
    done: Completion | None,
    at: datetime,
    *,
    may_fall: bool = False,
) -> None:
    """Queue the score of a finished module. An unfinished one has no score: Moodle would call it complete (M10).

    One that is recognised has the full score, and the comment says that it is recognised. `may_fall`: where it was
    finished and no longer is, the share that is left replaces the score that was queued.
    """
    if done is None or not (done.completed_at or may_fall):
        return
    if member.role not in LEARNING_ROLES or member.is_test_user:
        return
    if done.completed_at and done.recognition:
        day = format_date(done.completed_at, "long", locale=_language_of(member.person))
        fraction, comment = 1.0, _comment(member.person, _("Recognised on %(day)s"), day=day)
    else:
        passed = {"passed": done.passed_exercises, "all": done.all_exercises}
        fraction = score_of(done)
        comment = _comment(member.person, _("%(passed)s of %(all)s exercises passed"), **passed)
    queue_score(
        session,
        course_id=member.course_id,
        person_id=member.person_id,
        subject=f"{MODULE_PREFIX}{done.module_key}",
        label=catalogue.module(done.module_key).words["en"].title,
        fraction=fraction,
        comment=comment,
        at=at,
        only_if_present=done.completed_at is None,
    )


def queue_exercise(
    session: Session,
    catalogue: Catalogue,
    person_id: int,
    module_key: str,
    exercise_key: str,
    at: datetime,
    memberships: Sequence[Membership] | None = None,
) -> None:
    """Queue what counts of a passed exercise, in each course that has placed it by itself; others get no column.

    What waits for a reviewer to accept it is not passed yet. `memberships`: all of the person's, where they are known.
    """
    subject = exercise_content(module_key, exercise_key)
    members = [
        member
        for member in (people.list_memberships_of(session, person_id) if memberships is None else memberships)
        if member.role in LEARNING_ROLES and not member.is_test_user
    ]
    placed_in = list_courses_with_column(session, [member.course_id for member in members], subject)
    if not placed_in:
        return
    module = catalogue.module(module_key)
    exercise, best = module.exercise(exercise_key), best_marks(session, person_id, module).get(exercise_key)
    if best is None or not best.is_passed or exercise_key in list_held_back(session, person_id, module):
        return
    text, facts = _("%(points)s of %(all)s points"), {"points": f"{best.points:g}", "all": f"{exercise.points:g}"}
    left = list_open_tries(session, person_id, module, {exercise_key: best})[exercise_key].left
    if left is not None:
        text = _("%(points)s of %(all)s points, %(needed)s needed, tries left: %(left)s")
        facts |= {"needed": f"{exercise.pass_points:g}", "left": str(left)}
    for course_id in placed_in:
        queue_score(
            session,
            course_id=course_id,
            person_id=person_id,
            subject=subject,
            label=module.words["en"].exercises[exercise_key].title,
            fraction=best.points / exercise.points,
            comment=_comment(members[0].person, text, **facts),
            at=at,
        )


def queue_readiness(session: Session, member: Membership, verdict: Verdict, at: datetime) -> None:
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
    return translated(text, _language_of(person), **facts)


def _language_of(person: Person) -> str:
    return choose_language(person.chosen_language, person.launch_language)
