"""What is done for modules that someone knows already: add a step, find and list them. One module at a time (S0-37)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from service.completion.models import RecognitionStep
from service.completion.recognition_rules import BY_LEARNER, OPEN, StepKind, is_in_force, list_next
from service.errors import ConflictError, InvalidInputError, NotAllowedError
from service.exercises.operations import lock_learner
from service.modules.content import Catalogue
from service.people.known import Member
from service.people.models import STAFF_ROLES, Membership
from service.platforms.operations import record_audit

LONGEST_TEXT = 4000


@dataclass(frozen=True)
class NewStep:
    """A step as a form sends it. `seen` is the number of the last step that its page showed, 0 for none."""

    kind: StepKind
    text: str
    seen: int
    done_at: datetime | None = None
    valid_until: datetime | None = None


def record_step(
    session: Session,
    catalogue: Catalogue,
    actor: Member,
    person_id: int,
    module_key: str,
    step: NewStep,
    *,
    at: datetime,
) -> RecognitionStep:
    """Add a step for a person and a module, done by `actor`; the same once more returns the one that is there.

    Raises NotFoundError for an unknown module or person, NotAllowedError for what is not the actor's to do,
    InvalidInputError for a text or a date that cannot be taken, ConflictError if something else happened meanwhile.
    """
    catalogue.module(module_key)
    _check(step, at)
    _check_actor(actor, person_id, step.kind)
    lock_learner(session, person_id)
    last = find_last_step(session, person_id, module_key)
    number = last.number if last else 0
    if last and number == step.seen + 1 and _is_same(last, actor, step):
        return last
    is_expired = bool(last and last.valid_until and last.valid_until <= at)
    if number != step.seen or step.kind not in list_next(last.kind if last else None, is_expired=is_expired):
        raise ConflictError("recognition.changed", "Something else was decided since the page was shown.")
    if step.kind is StepKind.UNDONE and last and last.member.course_id != actor.course_id:
        raise NotAllowedError("recognition.elsewhere", "Only the course that recognised it takes that back.")
    added = RecognitionStep(
        person_id=person_id,
        module_key=module_key,
        number=number + 1,
        kind=step.kind,
        member=actor,
        text=step.text.strip(),
        at=at,
        done_at=step.done_at,
        valid_until=step.valid_until,
    )
    session.add(added)
    session.flush()
    if step.kind not in BY_LEARNER:
        detail = {"step": added.id, "module": module_key, "member": actor.public_id}
        record_audit(session, f"recognition.{step.kind}", at=at, platform_id=actor.course.platform_id, detail=detail)
    return added


def _check_actor(actor: Member, person_id: int, kind: StepKind) -> None:
    is_for_learner = kind in BY_LEARNER
    if (actor.person_id == person_id) != is_for_learner or not (is_for_learner or actor.role in STAFF_ROLES):
        raise NotAllowedError("recognition.not_yours", f"{kind} is for someone else to do.")


def _check(step: NewStep, at: datetime) -> None:
    """Raise InvalidInputError, with `fields`, for what cannot be taken."""
    faults = {}
    if not step.text.strip() and step.kind is not StepKind.TAKEN_BACK:
        faults["text"] = "recognition.text_missing"
    elif len(step.text) > LONGEST_TEXT or "\0" in step.text:
        faults["text"] = "recognition.text_too_long"
    if (step.done_at is None) == (step.kind is StepKind.RECORDED):
        faults["done_on"] = "recognition.day_missing"
    elif step.done_at and step.done_at > at:
        faults["done_on"] = "recognition.day_in_future"
    if step.valid_until and step.valid_until <= at:
        faults["valid_until"] = "recognition.valid_until_past"
    if faults:
        raise InvalidInputError("recognition.incomplete", "The form is not complete.", fields=faults)


def _is_same(last: RecognitionStep, actor: Member, step: NewStep) -> bool:
    return (last.kind, last.membership_id, last.text) == (step.kind, actor.id, step.text.strip())


def find_last_step(session: Session, person_id: int, module_key: str) -> RecognitionStep | None:
    """Return the step that says how things stand."""
    steps = select(RecognitionStep).filter_by(person_id=person_id, module_key=module_key)
    return session.scalars(steps.order_by(RecognitionStep.number.desc()).limit(1)).one_or_none()


def list_steps(
    session: Session, person_id: int, module_key: str | None = None
) -> Mapping[str, Sequence[RecognitionStep]]:
    """Return all steps of a person by module, or those of one module, first to last."""
    found: dict[str, list[RecognitionStep]] = {}
    steps = select(RecognitionStep).filter_by(person_id=person_id).order_by(RecognitionStep.number)
    if module_key is not None:
        steps = steps.filter_by(module_key=module_key)
    for step in session.scalars(steps):
        found.setdefault(step.module_key, []).append(step)
    return found


def list_recognised(
    session: Session, person_ids: Sequence[int], *, at: datetime
) -> Mapping[int, Mapping[str, RecognitionStep]]:
    """Return what is recognised of these people now, by person and module; one statement."""
    found: dict[int, dict[str, RecognitionStep]] = {}
    for step in session.scalars(_last_steps().where(RecognitionStep.person_id.in_(person_ids))):
        if is_in_force(step.kind, step.valid_until, at):
            found.setdefault(step.person_id, {})[step.module_key] = step
    return found


def list_waiting(session: Session, course_id: int) -> Sequence[RecognitionStep]:
    """Return the last steps of those who asked in this course and wait for a decision, longest waiting first."""
    return session.scalars(_waiting(course_id).order_by(RecognitionStep.id)).all()


def count_waiting(session: Session, course_id: int) -> int:
    """Return how many wait for a decision in this course."""
    wanted = _waiting(course_id).with_only_columns(func.count(), maintain_column_froms=True)
    return session.scalar(wanted.order_by(None)) or 0


def _waiting(course_id: int) -> Select[RecognitionStep]:
    asker = aliased(Membership)
    return (
        _last_steps()
        .join(asker, asker.id == RecognitionStep.membership_id)
        .where(asker.course_id == course_id, asker.left_at.is_(None), RecognitionStep.kind.in_(OPEN))
    )


def _last_steps() -> Select[RecognitionStep]:
    later = aliased(RecognitionStep)
    is_followed = (
        select(later.id)
        .where(
            later.person_id == RecognitionStep.person_id,
            later.module_key == RecognitionStep.module_key,
            later.number > RecognitionStep.number,
        )
        .exists()
    )
    return select(RecognitionStep).where(~is_followed)
