"""Makes what tests start from: a small catalogue, an LMS, members of a course."""

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from service.db import add_or_get, set_changed
from service.modules.content import (
    Catalogue,
    CommitmentText,
    CommitmentWords,
    CourseContent,
    CourseWords,
    Exercise,
    ExerciseWords,
    Module,
    ModuleWords,
    Outcome,
    Paragraph,
    SectionWords,
)
from service.modules.requirements import Kind, Requirement
from service.people.arrivals import Arrival, record_arrival
from service.people.labels import Told, find_told
from service.people.models import LmsRole, Membership, Role
from service.platforms.models import Platform

AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
LANGUAGES = ("en", "he", "pl")
RIGHT = {"choice": "ask"}
WRONG = {"choice": "tell"}


def make_module(key: str, required_for: tuple[str, ...], exercises: tuple[str, ...] = ("first", "second")) -> Module:
    """Return a module with exercises of one right answer, `ask`."""
    words = ModuleWords(
        digest=f"{key:0>64}",
        title=f"About {key}",
        goal="Tell a question from advice.",
        sections=(SectionWords("start", "Start", (Paragraph("", "<p>Ask first.</p>", 1),)),),
        exercises={
            name: ExerciseWords(
                title=f"Case {name}",
                task_html="<p>What now?</p>",
                parts={
                    "options": {
                        option: {"text": option.title(), "feedback": f"Why {option}."} for option in ("ask", "tell")
                    }
                },
                model_html="<p>Ask.</p>",
            )
            for name in exercises
        },
    )
    return Module(
        key=key,
        course_key="basics",
        version=1,
        digest=f"{key:0>64}",
        minutes=10,
        required_for=required_for,
        rows=(),
        sections=("start",),
        exercises=tuple(
            Exercise(name, "one-answer", "start", 1, 1, {"points": 1, "options": ["ask", "tell"], "answer": "ask"})
            for name in exercises
        ),
        words=dict.fromkeys(LANGUAGES, words),
    )


def make_catalogue(*modules: Module, commitment_version: int = 1) -> Catalogue:
    """Return a catalogue of `modules`; by default two: mentors need both, mentees the first."""
    chosen = modules or (make_module("roles", ("mentor", "mentee")), make_module("stages", ("mentor",)))
    course = CourseContent("basics", chosen, (), dict.fromkeys(LANGUAGES, CourseWords("Basics", "To begin.")))
    text = CommitmentText(
        "confidentiality",
        commitment_version,
        (),
        dict.fromkeys(LANGUAGES, CommitmentWords("Confidentiality", "<p>It stays here.</p>")),
    )
    return Catalogue(LANGUAGES, (course,), (text,))


def with_outcome(catalogue: Catalogue) -> Catalogue:
    """Return the catalogue with an outcome `basics.asks`, which the first exercise of `roles` shows."""
    asks = Outcome("asks", Requirement(Kind.PASSED, "roles", ("first",)), (), dict.fromkeys(LANGUAGES, "Ask first."))
    return replace(catalogue, courses=(replace(catalogue.courses[0], outcomes=(asks,)),))


def make_platform(session: Session, issuer: str = "https://lms.example") -> Platform:
    """Return a registered LMS."""
    values = {
        "name": "Example University",
        "auth_login_url": f"{issuer}/auth",
        "token_url": f"{issuer}/token",
        "jwks_url": f"{issuer}/certs",
        "created_at": AT,
    }
    return add_or_get(session, Platform, {"issuer": issuer, "client_id": "mentorready"}, values)


def make_member(
    session: Session,
    subject: str,
    role: Role = Role.MENTOR,
    *,
    platform: Platform | None = None,
    context_id: str = "course-1",
    grade_scopes: tuple[str, ...] = (),
) -> Membership:
    """Return a member of the course `context_id`, as a launch would have recorded them."""
    lms_roles = {Role.COORDINATOR: LmsRole.STAFF, Role.ADMINISTRATOR: LmsRole.ADMINISTRATOR}
    arrival = Arrival(
        subject=subject,
        name=f"Name of {subject}",
        email="",
        language="en",
        context_id=context_id,
        course_title="Mentoring",
        return_url="",
        line_items_url="https://lms.example/lineitems" if grade_scopes else "",
        grade_scopes=grade_scopes,
        memberships_url="",
        lms_role=lms_roles.get(role, LmsRole.LEARNER),
        suggested_role=role,
        is_test_user=False,
    )
    return record_arrival(session, (platform or make_platform(session)).id, arrival, at=AT)


def note_told(session: Session, member: Membership, told: Told) -> None:
    """Record what a launch says of the labels of a member."""
    set_changed(member, **find_told(session, member.course_id, told))
