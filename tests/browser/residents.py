"""Who lives in the house that the sweep visits: three courses of people, with work done, half done and not begun."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from lti.claims import DeepLinkingSettings
from lti.line_items import LINE_ITEM_SCOPE
from lti.scores import SCORE_SCOPE
from service import journey, standing
from service.completion.recognition_operations import NewStep
from service.completion.recognition_rules import StepKind
from service.db import new_public_id, utc_now
from service.events.attendance_operations import Entry
from service.events.models import AttendanceState, EventKind
from service.events.operations import cancel_event, record_reply
from service.exercises.operations import record_attempt
from service.grades.models import ScoreState
from service.grades.operations import list_scores_of, queue_score
from service.modules.content import Catalogue, Exercise
from service.modules.deep_linking import record_request
from service.modules.operations import note_link
from service.modules.rules import MODULE_PREFIX, READINESS
from service.notices.operations import add_notices
from service.notices.rules import READINESS as READINESS_NOTICE
from service.notices.rules import NoticeKind, about_thread
from service.pairing.operations import record_pair
from service.people.labels import set_labels
from service.people.models import LEARNING_ROLES, STAFF_ROLES, LabelKind, Membership, Role
from service.platforms.models import Platform
from service.reviews.operations import request_review
from tests.browser import limited
from tests.browser.connectors import connect_systems
from tests.browser.gatekeepers import ask_more
from tests.browser.reviewers import review
from tests.browser.sessions import hold_sessions
from tests.browser.talkers import be_blocked, pause_contact, talk, talk_in_private
from tests.features.events.events import make_event
from tests.makers import make_member

Facts = dict[str, str]
"""What an address of a course is filled with: its id, the person of each role, ids of members and links."""

UNBROKEN = "Nieprzerwane" * 86
"""A word of about 1 KB."""
HURTFUL_TITLE = (
    "<script>document.title = 'taken over'</script> \u202eesruoC\u202c & <b>“Course”</b> קורס " + UNBROKEN[:140]
)
HURTFUL_NAMES = (
    "Konstantynopolitańczykowianeczka " * 6 + "Ab",
    UNBROKEN[:255],
    "Łucja אבי-נועם O’Neill 周杰倫 محمد",
    "\u202eAnna \u200fNowak\u202c\u2067",
    "👩🏽‍🏫 Zoë 🏳️‍🌈 נטע",
    "",
    " \u200f ",
    "<img src=x onerror=\"document.title='taken over'\">",
)
HURTFUL_PIECES = ("Konstantynopol", "Nieprzerwane", "周杰倫", "\u202e", "\u2067", "Zoë", "taken over")
"""By which a hurtful name or title is found again, wherever it stands."""
ANSWERED = "long text: " + UNBROKEN


def busy_course(session: Session, catalogue: Catalogue, platform: Platform) -> Facts:
    """A course in full swing: someone of each role, people ready, waiting and paired, grades on every kind of way."""
    people = _one_of_each(session, platform, "busy", "Mentoring 2026 / חניכה / mentoring", "pl")
    ask_more(session, catalogue, people, "Wish or time / רצון / chęć")
    names = {
        Role.MENTOR: "Kalina Zmyślona",
        Role.YOUTH_WORKER: "Tymon Przykładowski",
        Role.MENTEE: "אלמוג דמיוני",
        Role.COORDINATOR: "Robin Sample",
        Role.ADMINISTRATOR: "",
    }
    for role, member in people.items():
        member.person.name = names[role]
    _begin(session, catalogue, people[Role.MENTOR], "roles", "stages", "general")
    _begin(session, catalogue, people[Role.MENTEE], "roles")
    _complete(session, limited.before(catalogue), people[Role.YOUTH_WORKER])
    limited.use_up(session, catalogue, people[Role.YOUTH_WORKER], people[Role.COORDINATOR])
    ready = _more(session, platform, "busy", [("נועה בדויה", Role.MENTOR), ("Jo", Role.MENTEE), ("", Role.MENTEE)])
    for member in ready:
        _complete(session, catalogue, member)
    _more(session, platform, "busy", [("Żaneta Łęcka", Role.MENTOR), ("", Role.MENTOR), ("Tom O’Neill", Role.MENTEE)])
    paired = _more(session, platform, "busy", [("Ewa Ćwik", Role.MENTOR), ("דנה לוי", Role.MENTEE)])
    for member in paired:
        _complete(session, catalogue, member)
    staff = people[Role.COORDINATOR]
    _ask_for_recognition(session, catalogue, people[Role.MENTOR], staff)
    record_pair(session, catalogue, staff, paired[0].public_id, paired[1].public_id, at=utc_now())
    facts = _facts(session, people, catalogue.module("roles").exercises[0].key)
    facts |= _meetings(session, catalogue, [*people.values(), *ready])
    facts["column"] = _grade(session, people[Role.MENTOR])
    _tell(session, people.values())
    facts |= hold_sessions(session, people[Role.COORDINATOR])
    facts |= talk(session, people) | talk_in_private(session, paired[0])
    writers = _more(session, platform, "busy", [("", Role.YOUTH_WORKER), ("Ignacy Zmyślony", Role.YOUTH_WORKER)])
    for member in writers:
        _complete(session, catalogue, member)
    facts |= review(session, catalogue, people, *writers)
    be_blocked(session, staff, writers[1], facts["thread"])
    facts["blocked_person"] = writers[1].person.public_id
    set_labels(session, staff.course_id, [one.id for one in ready], {LabelKind.GROUP: "Wiosna / אביב"})
    labels = {LabelKind.GROUP: UNBROKEN[:80], LabelKind.ORGANISATION: "<b>Dom</b> & \u202e בית"}
    set_labels(session, staff.course_id, [people[Role.MENTOR].id], labels)
    [former] = _more(session, platform, "busy", [(names[Role.MENTEE], Role.MENTEE)])
    _complete(session, catalogue, former)
    former.left_at = utc_now()
    facts["former_member"] = former.public_id
    facts |= connect_systems(session, people[Role.ADMINISTRATOR])
    for role, member in {"paired_mentor": paired[0], "paired_mentee": paired[1], "ready_mentor": ready[0]}.items():
        facts |= {f"{role}_person": member.person.public_id, f"{role}_member": member.public_id}
    return facts | {"ready_mentee_member": ready[1].public_id, "mentee_member": people[Role.MENTEE].public_id}


def _tell(session: Session, members: Iterable[Membership]) -> None:
    ids = [member.id for member in members]
    add_notices(session, ids, NoticeKind.REMINDER, READINESS_NOTICE, at=utc_now())
    add_notices(session, ids, NoticeKind.MENTION, about_thread("community", "gone"), at=utc_now())


def empty_course(session: Session, platform: Platform) -> Facts:
    """A course on its first day: staff without anyone, and learners of whom each is alone in a course of their own."""
    facts: Facts = {}
    for role in LEARNING_ROLES:
        member = make_member(session, f"empty-{role}", role, platform=platform, context_id=f"empty-{role}")
        member.person.name = ""
        facts |= {f"{role}_person": member.person.public_id, f"{role}_course_id": member.course.public_id}
    for role in STAFF_ROLES:
        member = make_member(session, f"empty-{role}", role, platform=platform, context_id="empty-staff")
        facts |= {f"{role}_person": member.person.public_id, "course_id": member.course.public_id}
    return facts


def hurtful_course(session: Session, catalogue: Catalogue, platform: Platform) -> Facts:
    """A course in which every name and title tries to break the page."""
    people = _one_of_each(session, platform, "hurtful", HURTFUL_TITLE, "he")
    ask_more(session, catalogue, people, HURTFUL_TITLE)
    more = [(name, role) for name in HURTFUL_NAMES for role in (Role.MENTOR, Role.MENTEE)]
    members = _more(session, platform, "hurtful", more)
    for member, name in zip(people.values(), HURTFUL_NAMES, strict=False):
        member.person.name = name
    for member in members[:4]:
        _complete(session, catalogue, member)
    for mentor, mentee in (members[:2], members[2:4]):
        record_pair(session, catalogue, people[Role.COORDINATOR], mentor.public_id, mentee.public_id, at=utc_now())
    _begin(session, catalogue, people[Role.MENTOR], "roles")
    _try_out(session, catalogue, members[4:], "general")
    facts = _facts(session, people, catalogue.module("roles").exercises[0].key, title=HURTFUL_TITLE)
    facts |= _meetings(session, catalogue, [*people.values(), *members], title=HURTFUL_TITLE)
    facts |= talk(session, people) | hold_sessions(session, people[Role.COORDINATOR], HURTFUL_TITLE)
    facts |= talk_in_private(session, members[0]) | pause_contact(session, people[Role.COORDINATOR], members[0])
    return facts | {"mentee_member": members[3].public_id, "paired_mentor_person": members[0].person.public_id}


def _one_of_each(
    session: Session, platform: Platform, course: str, title: str, language: str
) -> dict[Role, Membership]:
    people = {
        role: make_member(session, f"{course}-{role}", role, platform=platform, context_id=course) for role in Role
    }
    found = people[Role.MENTOR].course
    found.title, found.return_url = title, "https://lms.example/course/view"
    for member in people.values():
        member.person.launch_language = language
    return people


def _more(session: Session, platform: Platform, course: str, people: list[tuple[str, Role]]) -> list[Membership]:
    members = []
    for name, role in people:
        member = make_member(session, f"{course}-{new_public_id()}", role, platform=platform, context_id=course)
        member.course.title = "Mentoring 2026 / חניכה / mentoring" if course == "busy" else HURTFUL_TITLE
        member.person.name = name
        members.append(member)
    return members


def _facts(session: Session, people: dict[Role, Membership], exercise: str, title: str = "אימון: Ćwiczenie 1") -> Facts:
    course = people[Role.MENTOR].course
    facts = {"course_id": course.public_id, "link_id": "unset-link", "exercise": exercise}
    note_link(session, course.id, "unset-link", title[:255], at=utc_now())
    settings = DeepLinkingSettings("https://lms.example/back", ("ltiResourceLink",), True, None)
    for role, member in people.items():
        facts |= {f"{role}_person": member.person.public_id, f"{role}_member": member.public_id}
        if role in STAFF_ROLES:
            facts[f"{role}_request"] = record_request(session, member, "1", settings, at=utc_now()).public_id
    return facts


def _hand_in(session: Session, catalogue: Catalogue, member: Membership, module: str, exercise: Exercise, answer: Any):
    journey.hand_in(
        session, catalogue, member, module, exercise.key, answer, new_public_id(), at=utc_now() - timedelta(days=3)
    )


def _right_answer(exercise: Exercise) -> dict[str, str]:
    return exercise.kind.form_fields(exercise.structure, exercise.kind.model_answer(exercise.structure))


def _complete(session: Session, catalogue: Catalogue, member: Membership) -> None:
    """Let someone meet all their conditions; what follows from a module is done once it is all answered."""
    for module in catalogue.modules_required_for(member.role):
        *others, last = module.exercises
        for exercise in others:
            answer = _right_answer(exercise)
            at = utc_now() - timedelta(days=3)
            result = record_attempt(
                session, catalogue, member.person_id, module.key, exercise.key, answer, new_public_id(), at=at
            )
            request_review(session, exercise, result, member, at=at)
        _hand_in(session, catalogue, member, module.key, last, _right_answer(last))
    text = catalogue.commitment("confidentiality")
    standing.give_commitment(session, catalogue, member, text.kind, text.version, "en", at=utc_now())
    for key in ("yes_now", "time"):
        standing.declare(session, catalogue, member, key, is_given=True, at=utc_now())


def _begin(session: Session, catalogue: Catalogue, member: Membership, *modules: str) -> None:
    """Let someone answer every exercise of the first module, and every other one of the next; some wrongly."""
    for number, key in enumerate(modules):
        for exercise in catalogue.module(key).exercises[:: number + 1]:
            _hand_in(session, catalogue, member, key, exercise, _poor_answer(exercise))


def _try_out(session: Session, catalogue: Catalogue, members: list[Membership], module: str) -> None:
    """Let each answer every exercise of a module, every third one badly: enough for figures of the exercises."""
    for number, member in enumerate(members):
        for exercise in catalogue.module(module).exercises:
            answer = exercise.kind.model_answer(exercise.structure) if number % 3 else _poor_answer(exercise)
            record_attempt(
                session, catalogue, member.person_id, module, exercise.key, answer, new_public_id(), at=utc_now()
            )


def _ask_for_recognition(session: Session, catalogue: Catalogue, learner: Membership, staff: Membership) -> None:
    """Let a learner know two modules already: one waits for a decision, one is recognised."""
    text = "2024, “Przykład” / דוגמה: " + UNBROKEN[:200]
    for number, module_key in enumerate(("trust", "listening")):
        asked = NewStep(StepKind.ASKED, text, 0)
        journey.take_step(session, catalogue, learner, learner.person_id, module_key, asked, at=utc_now())
        if number:
            given = NewStep(StepKind.RECOGNISED, text, 1, valid_until=utc_now() + timedelta(days=365))
            journey.take_step(session, catalogue, staff, learner.person_id, module_key, given, at=utc_now())


def _poor_answer(exercise: Exercise) -> dict[str, str]:
    """Return an answer that is wrong where the type has wrong ones, with long texts where anything may be written."""
    structure, kind = exercise.structure, exercise.kind
    answer = kind.form_fields(structure, kind.model_answer(structure))
    if exercise.type == "one-answer":
        return {"choice": next(option for option in structure["options"] if option != structure["answer"])}
    if exercise.type == "order":
        places = sorted(answer.values(), reverse=True)
        return dict(zip(answer, places, strict=True))
    if exercise.type in {"short-text", "long-text"}:
        return answer | {"text": ANSWERED[:600]}
    return answer


def _meetings(
    session: Session, catalogue: Catalogue, people: list[Membership], title: str = "Spotkanie / מפגש: Dzień 1"
) -> Facts:
    """A meeting to come with a seat for one of two, one that is cancelled, and a session in class with a correction."""
    staff = next(one for one in people if one.role is Role.COORDINATOR)
    learners = [one for one in people if one.role in LEARNING_ROLES]
    now, hour = utc_now().replace(minute=0, second=0, microsecond=0), timedelta(hours=1)
    words = dict.fromkeys(("title", "place", "facilitator"), title[:200]) | {"description": f"{title}\n\n{title}"}
    links = {"link": "https://meet.example/room", "materials": [["https://files.example/1", title[:200]]]}
    soon = {"starts_at": now + 48 * hour, "ends_at": now + 50 * hour, "zone": "Europe/Warsaw"}
    meeting = make_event(session, staff, **words, **links, **soon, seats=1)
    for learner in learners[:2]:
        record_reply(session, meeting, learner.person_id, is_coming=True, at=now)
    cancelled = make_event(session, staff, **words, **soon)
    cancel_event(session, cancelled, title, at=now)
    held = {"starts_at": now - 5 * hour, "ends_at": now - hour, "kind": EventKind.CLASSROOM, "module_keys": ["roles"]}
    lesson = make_event(session, staff, **words, **held)
    states = {learner.person_id: AttendanceState.PRESENT for learner in learners[3:5]}
    work = {("roles", catalogue.module("roles").exercises[0].key)}
    for number, state in enumerate((AttendanceState.PRESENT, AttendanceState.ABSENT)):
        entry = Entry(states | {learners[2].person_id: state}, work, title, number)
        journey.record_attendance(session, catalogue, staff, lesson.public_id, entry, at=now)
    return {"meeting": meeting.public_id, "cancelled": cancelled.public_id, "lesson": lesson.public_id}


def _grade(session: Session, member: Membership) -> str:
    """Put scores of a member on their way, one overridden by a teacher, one refused; return the id of a column."""
    course, at = member.course, utc_now()
    course.grade_scopes, course.line_items_url = [SCORE_SCOPE, LINE_ITEM_SCOPE], "https://lms.example/columns"
    subjects = {f"{MODULE_PREFIX}roles": ScoreState.OVERRIDDEN, READINESS: ScoreState.REFUSED}
    for subject in subjects:
        ids = {"course_id": course.id, "person_id": member.person_id}
        queue_score(session, **ids, subject=subject, label=subject, fraction=0.875, comment="", at=at)
    scores = list_scores_of(session, member.person_id, course.id)
    for score in scores:
        score.state, score.lms_score, score.last_checked_at = subjects[score.line_item.subject], 90.0, at
    course.grade_scopes = []
    session.flush()
    return next(score.line_item.public_id for score in scores if score.line_item.subject != READINESS)
