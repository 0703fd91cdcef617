"""All that the page of a module shows of a learner's work, in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, bindparam
from sqlalchemy.orm import Session

from service.completion.models import ReadingMark, RecognitionStep
from service.events.models import Attendance, AttendanceState, ClassWork
from service.exercises.draft_operations import Kept, read_all, select_traces, work_and
from service.exercises.rules import Best
from service.modules.content import Module

READ, RECOGNITION, IN_CLASS = "read", "recognition", "in_class"
_PERSON: BindParameter[int] = bindparam("person_id")
_MODULE: BindParameter[str] = bindparam("module_key")
_PAGE = work_and(
    select_traces(READ, ReadingMark.section_key, ReadingMark.read_at).where(
        ReadingMark.person_id == _PERSON, ReadingMark.module_key == _MODULE
    ),
    select_traces(RECOGNITION, RecognitionStep.module_key, RecognitionStep.at).where(
        RecognitionStep.person_id == _PERSON, RecognitionStep.module_key == _MODULE
    ),
    select_traces(IN_CLASS, ClassWork.exercise_key, ClassWork.recorded_at)
    .join(Attendance, Attendance.event_id == ClassWork.event_id)
    .where(
        Attendance.person_id == _PERSON,
        Attendance.state == AttendanceState.PRESENT,
        ClassWork.module_key == _MODULE,
    ),
)


@dataclass(frozen=True)
class PageWork:
    """The work of a learner in a module; of what is rare only whether there is any, to be asked for then."""

    best: Mapping[str, Best]
    drafts: Mapping[str, list[Kept]]
    read: Mapping[str, datetime]
    """When each section was read."""
    has_recognition: bool
    has_class_work: bool


def read_page_work(session: Session, person_id: int, module: Module) -> PageWork:
    """Return the work of a person in a module."""
    best, drafts, traces = read_all(session, person_id, module, _PAGE)
    kinds = {trace.kind for trace in traces}
    read = {trace.key: trace.at for trace in traces if trace.kind == READ}
    return PageWork(best, drafts, read, RECOGNITION in kinds, IN_CLASS in kinds)
