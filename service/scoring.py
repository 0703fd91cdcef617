"""What the gradebooks get of a person's work: modules, exercises placed by themselves, readiness; to be queued."""

from collections.abc import Sequence

from babel.dates import format_date
from sqlalchemy.orm import Session

from service.completion.models import Completion
from service.completion.page_work import read_page_work
from service.completion.rules import score_of
from service.exercises.operations import list_open_tries
from service.grades.operations import NewScore, list_courses_with_column
from service.i18n import choose_language, translated
from service.i18n import translatable as _
from service.modules.content import Catalogue
from service.modules.rules import MODULE_PREFIX, READINESS, exercise_content
from service.people.known import AnyPerson, Member
from service.people.models import LEARNING_ROLES
from service.readiness.operations import Verdict


def score_module(
    catalogue: Catalogue, member: Member, done: Completion | None, *, may_fall: bool = False
) -> Sequence[NewScore]:
    """Return the score of a finished module. An unfinished one has no score: Moodle would call it complete (M10).

    One that is recognised has the full score, and the comment says that it is recognised. `may_fall`: where it was
    finished and no longer is, the share that is left replaces the score that was queued.
    """
    if done is None or not (done.completed_at or may_fall) or not _is_scored(member):
        return ()
    if done.completed_at and done.recognition:
        day = format_date(done.completed_at, "long", locale=_language_of(member.person))
        fraction, comment = 1.0, _comment(member.person, _("Recognised on %(day)s"), day=day)
    else:
        passed = {"passed": done.passed_exercises, "all": done.all_exercises}
        fraction = score_of(done)
        comment = _comment(member.person, _("%(passed)s of %(all)s exercises passed"), **passed)
    score = NewScore(
        course_id=member.course_id,
        person_id=member.person_id,
        subject=f"{MODULE_PREFIX}{done.module_key}",
        label=catalogue.module(done.module_key).words["en"].title,
        fraction=fraction,
        comment=comment,
        only_if_present=done.completed_at is None,
    )
    return (score,)


def score_exercise(
    session: Session, catalogue: Catalogue, members: Sequence[Member], module_key: str, exercise_key: str
) -> Sequence[NewScore]:
    """Return what counts of a passed exercise, for each course that has placed it by itself; others get no column.

    What waits for a reviewer to accept it is not passed yet. `members` are the memberships of one person.
    """
    subject, scored = exercise_content(module_key, exercise_key), [member for member in members if _is_scored(member)]
    placed_in = list_courses_with_column(session, [member.course_id for member in scored], subject)
    if not placed_in:
        return ()
    module, person = catalogue.module(module_key), scored[0].person
    exercise, work = module.exercise(exercise_key), read_page_work(session, person.id, module)
    best = work.best.get(exercise_key)
    if best is None or not best.is_passed or exercise_key in work.held_back:
        return ()
    text, facts = _("%(points)s of %(all)s points"), {"points": f"{best.points:g}", "all": f"{exercise.points:g}"}
    left = list_open_tries(session, person.id, module, {exercise_key: best})[exercise_key].left
    if left is not None:
        text = _("%(points)s of %(all)s points, %(needed)s needed, tries left: %(left)s")
        facts |= {"needed": f"{exercise.pass_points:g}", "left": str(left)}
    return [
        NewScore(
            course_id=course_id,
            person_id=person.id,
            subject=subject,
            label=module.words["en"].exercises[exercise_key].title,
            fraction=best.points / exercise.points,
            comment=_comment(person, text, **facts),
        )
        for course_id in placed_in
    ]


def score_readiness(member: Member, verdict: Verdict) -> Sequence[NewScore]:
    """Return 100 for who is ready, and 0 only for who was ready before: a zero is never sent to a newcomer."""
    if not _is_scored(member):
        return ()
    met = len(verdict.results) - len(verdict.missing)
    score = NewScore(
        course_id=member.course_id,
        person_id=member.person_id,
        subject=READINESS,
        label="Readiness",
        fraction=1.0 if verdict.is_ready else 0.0,
        comment=_comment(member.person, _("%(met)s of %(all)s conditions met"), met=met, all=len(verdict.results)),
        only_if_present=not verdict.is_ready,
    )
    return (score,)


def _is_scored(member: Member) -> bool:
    return member.role in LEARNING_ROLES and not member.is_test_user


def _comment(person: AnyPerson, text: str, **facts: object) -> str:
    """Return what the gradebook says beside a score: in the language in which the learner uses the tool."""
    return translated(text, _language_of(person), **facts)


def _language_of(person: AnyPerson) -> str:
    return choose_language(person.chosen_language, person.launch_language)
