"""What people can show: the outcomes of a course, each with how far it is reached and by what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from service.completion.facts import gather_facts
from service.completion.recognition_operations import list_recognised
from service.completion.rules import Result, evaluate
from service.modules.content import Catalogue, CourseContent, Outcome
from service.modules.requirements import list_requirements
from service.people.models import Role


@dataclass(frozen=True)
class Reached:
    """An outcome of a course and how far it is reached; `result.at` is the day of its last piece of evidence."""

    course: CourseContent
    outcome: Outcome
    result: Result


def courses_with_outcomes(catalogue: Catalogue, role: Role) -> list[CourseContent]:
    """Return the courses made for a role, as far as they name outcomes: those that it has to complete as a whole."""
    return [
        course
        for course in catalogue.courses
        if course.outcomes and all(role in module.required_for for module in course.modules)
    ]


def list_reached(
    session: Session, courses: Sequence[CourseContent], person_ids: Sequence[int], *, at: datetime
) -> Mapping[int, Sequence[Reached]]:
    """Return how far these people have reached the outcomes of the courses, by person id; nobody is left out.

    Asks a few statements, however many people, outcomes and tries there are; none if there are no outcomes.
    """
    outcomes = [(course, outcome) for course in courses for outcome in course.outcomes]
    kinds = {asked.kind for _, outcome in outcomes for asked in list_requirements(outcome.evidence)}
    facts = gather_facts(session, person_ids, kinds)
    recognised = list_recognised(session, person_ids, at=at) if outcomes else {}
    found = {}
    for person_id, known in facts.items():
        days = {key: step.done_at or step.at for key, step in recognised.get(person_id, {}).items()}
        known_all = replace(known, recognised=days)
        found[person_id] = [
            Reached(course, outcome, evaluate(outcome.evidence, known_all)) for course, outcome in outcomes
        ]
    return found
