"""All that there is of people's work in a module, in one statement: what its page shows, what completion rests on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from service.completion.models import ReadingMark, RecognitionStep
from service.events.models import Attendance, AttendanceState, ClassWork, Event
from service.exercises.best_tries import MODULE, PEOPLE
from service.exercises.rules import Best
from service.exercises.work import Kept, Work, read_all, select_traces, work_and
from service.modules.content import Module
from service.reviews.standings import PASSED, find_held_back

READ, RECOGNITION, IN_CLASS = "read", "recognition", "in_class"
_PAGE = work_and(
    PASSED,
    select_traces(READ, ReadingMark.person_id, ReadingMark.section_key, ReadingMark.read_at).where(
        ReadingMark.person_id.in_(PEOPLE), ReadingMark.module_key == MODULE
    ),
    select_traces(RECOGNITION, RecognitionStep.person_id, RecognitionStep.module_key, RecognitionStep.at).where(
        RecognitionStep.person_id.in_(PEOPLE), RecognitionStep.module_key == MODULE
    ),
    select_traces(IN_CLASS, Attendance.person_id, ClassWork.exercise_key, Event.starts_at)
    .join(Event, Event.id == ClassWork.event_id)
    .join(Attendance, Attendance.event_id == ClassWork.event_id)
    .where(
        Attendance.person_id.in_(PEOPLE),
        Attendance.state == AttendanceState.PRESENT,
        ClassWork.module_key == MODULE,
    ),
)


@dataclass(frozen=True)
class PageWork:
    """The work of a learner in a module; of recognition only whether there is any, to be asked for then."""

    best: Mapping[str, Best]
    drafts: Mapping[str, Sequence[Kept]]
    held_back: frozenset[str]
    """Exercises with enough points whose answer a reviewer has still to accept."""
    read: Mapping[str, datetime]
    """When each section was read."""
    in_class: Sequence[tuple[str, datetime]]
    """Exercises done with a group in class, and when it met; earliest first."""
    has_recognition: bool


def read_page_work(session: Session, person_id: int, module: Module) -> PageWork:
    """Return the work of a person in a module."""
    return read_page_works(session, [person_id], module)[person_id]


def read_page_works(session: Session, person_ids: Sequence[int], module: Module) -> Mapping[int, PageWork]:
    """Return the work of these people in a module, by person id; nobody is left out."""
    found = read_all(session, person_ids, module, _PAGE)
    return {person_id: _page_work(module, work) for person_id, work in found.items()}


def _page_work(module: Module, work: Work) -> PageWork:
    earliest_first = work.traces[::-1]
    return PageWork(
        best=work.best,
        drafts=work.drafts,
        held_back=find_held_back(module, work.traces),
        read={trace.key: trace.at for trace in earliest_first if trace.kind == READ},
        in_class=[(trace.key, trace.at) for trace in earliest_first if trace.kind == IN_CLASS],
        has_recognition=any(trace.kind == RECOGNITION for trace in work.traces),
    )
