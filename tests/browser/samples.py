"""With what the routes of the tool are opened in the sweep. A route that is missing here fails it."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask, url_for

from service.people.models import Role
from tests.browser.house import House

NO_PAGES = {"static", "health.alive", "health.ready", "lti.jwks", "media.show", "metrics.show"}
NO_PAGES |= {"attendance.give_list", "people.give_list", "board.give_file", "events.calendar", "notices.follow"}
NO_PAGES |= {"cycle_export.give_page", "cycle_export.give_list"}
NO_PAGES |= {"cycle_export.give_year_page", "cycle_export.give_year_list"}
NO_PAGES |= {"api.give_document", "api.show_eligibility", "api.show_readiness", "forum_files.show"}
NO_PAGES |= {"records.give_json", "records.give_pdf", "verification.give_keys", "verification.give_withdrawn"}
"""Routes that answer data, or files."""

SAMPLES: dict[str, list[dict[str, str]]] = {
    "accounts.show": [],
    "api.show_document": [{}],
    "attendance.sheet": [{"event_id": "{lesson}"}],
    "attendance.show": [{"event_id": "{lesson}"}, {"event_id": "{meeting}"}],
    "board.show": [{}],
    "board_pictures.show": [{}],
    "classroom.show": [{"module_key": "roles"}, {"module_key": "roles", "step": "3"}],
    "cycles.show": [{"event_id": "{forum_session}"}, {"event_id": "{next_session}"}],
    "cycles.show_all": [{}],
    "courses.front": [{}],
    "courses.home": [{}],
    "discussions.show": [{"module_key": "trust"}],
    "events.edit": [{"event_id": "{lesson}"}],
    "events.list_events": [{}],
    "events.new": [{}],
    "events.show": [{"event_id": "{meeting}"}, {"event_id": "{lesson}"}, {"event_id": "{cancelled}"}],
    "forum_log.show": [{}, {"act": "hide"}],
    "forum_posts.show": [{"post_id": "{news_post}"}],
    "forum_posts.show_settings": [{"forum_key": "community"}],
    "forum_reports.list_reports": [{}],
    "forum_reports.new": [],
    "forum_reports.review": [],
    "forum_reports.show_own": [{}],
    "forum_safety.list_flags": [{}, {"state": "closed"}],
    "forum_safety.new": [{}, {"post": "{news_post}"}],
    "forum_safety.show": [{"flag_id": "{flag}"}],
    "forum_statistics.show": [],
    "forum_threads.new": [{"forum_key": "supervision"}],
    "forum_threads.show": [{"thread_id": "{news}"}],
    "forums.show": [{"forum_key": "announcements"}],
    "forums.show_all": [{}],
    "exercises.sheet": [{"module_key": "roles", "exercise_key": "{exercise}"}],
    "gate.show_declaration": [{"key": "time"}],
    "glossary.show": [{"course_key": "mentor-basics"}, {"course_key": "module-i"}],
    "grades.show": [{}, {"group": "all"}],
    "health.sending": [{}],
    "items.show": [{"module_key": "roles"}],
    "lti.login": [{}],
    "mail_settings.show": [{}],
    "modules.show": [{"module_key": "roles"}],
    "notices.show": [{}],
    "pairing.show": [{}],
    "people.list_people": [{}, {"role": "mentee"}],
    "people.show_person": [{"member_id": "{mentor_member}"}, {"member_id": "{coordinator_member}"}],
    "policies.show": [{"role": "mentor"}, {"role": "coordinator"}, {"role": "accompany_mentors"}],
    "profile.show_of": [{"member_id": "{mentor_member}"}],
    "profile.show_own": [{}],
    "picker.show": [{"request_id": "{role_request}"}],
    "picker.show_link": [{"id": "{link_id}"}],
    "readiness.show_commitment": [{"kind": "confidentiality"}],
    "readiness.show_own": [{}],
    "platforms.show": [{}],
    "showcase.show": [{}],
    "statement.show": [{}],
    "peers.show": [{"entry_id": "{returned_entry}"}],
    "reviews.show": [{}, {"list": "decided"}, {"days": "7"}],
    "reviews.show_entry": [
        {"entry_id": "{waiting_entry}"},
        {"entry_id": "{claimed_entry}"},
        {"entry_id": "{accepted_entry}", "done": "accept"},
        {"entry_id": "{returned_entry}"},
    ],
    "labels.show": [{}],
    "reminders.show": [{}],
    "systems.list_systems": [{}],
    "systems.show": [{"client_id": "{system}"}],
    "tries.show": [{"member_id": "{mentor_member}"}],
    "review.show": [{"item": "{column}", "person": "{mentor_person}"}],
    "recognitions.list_requests": [{}],
    "recognitions.show_module": [
        {"member_id": "{mentor_member}", "module_key": "trust"},
        {"member_id": "{mentor_member}", "module_key": "listening"},
        {"member_id": "{mentor_member}", "module_key": "parting"},
    ],
    "recognitions.show_training": [{"member_id": "{youth_worker_member}"}, {"member_id": "{mentor_member}"}],
    "training.show_outcomes": [{}],
    "training.show_prior": [{"module_key": "trust"}, {"module_key": "parting"}],
    "records.new": [{}],
    "records.show_all": [{}],
    "verification.show": [{}],
    "verification.show_code": [{"code": "{record_code}"}],
    "unsubscribe.ask": [{"token": "no-token-of-ours"}],
    "registration.show": [{"invite": "{invite}"}, {"invite": "{invite}", "openid_configuration": "{configuration}"}],
}
"""The arguments of each route; `{name}` is one of the facts of the course, see residents.py."""

MORE = [
    ("busy", "mentor", "modules.show", {"module_key": "general"}),
    ("busy", "coordinator", "accounts.show", {"former_id": "{former_member}"}),
    ("busy", "coordinator", "accounts.show", {"former_id": "{former_member}", "q": "nobody"}),
    ("busy", "mentor", "modules.show", {"module_key": "stages"}),
    ("busy", "mentor", "modules.show", {"module_key": "trust"}),
    ("busy", "youth_worker", "modules.show", {"module_key": "benefits"}),
    ("busy", "youth_worker", "modules.show", {"module_key": "tries"}),
    ("busy", "coordinator", "tries.show", {"member_id": "{youth_worker_member}"}),
    ("busy", "coordinator", "people.show_person", {"member_id": "{mentor_member}", "was": "mentee"}),
    *(
        ("busy", "coordinator", "classroom.show", {"module_key": "quality", "step": n})
        for n in ("18", "19", "23", "99")
    ),
    ("busy", "ready_mentor", "events.show", {"event_id": "{meeting}"}),
    ("busy", "mentor", "forums.show", {"forum_key": "community"}),
    ("busy", "mentor", "forums.show_all", {"q": "first"}),
    ("busy", "mentor", "forums.show_all", {"open": "coordinators"}),
    ("busy", "mentor", "forum_threads.show", {"thread_id": "{thread}", "reply": "{own_post}", "quote": "1"}),
    ("busy", "mentor", "forum_threads.new", {"forum_key": "dilemmas"}),
    ("busy", "mentor", "forum_posts.show", {"post_id": "{own_post}"}),
    ("busy", "coordinator", "forum_threads.show", {"thread_id": "{thread}"}),
    ("busy", "coordinator", "forum_threads.show", {"thread_id": "{dilemma}"}),
    ("busy", "coordinator", "forum_posts.show", {"post_id": "{hidden_post}"}),
    ("busy", "administrator", "forum_posts.show", {"post_id": "{files_post}"}),
    ("hurtful", "administrator", "forum_posts.show", {"post_id": "{files_post}"}),
    ("busy", "mentor", "forum_reports.new", {"post_id": "{answer_post}"}),
    ("busy", "coordinator", "forum_reports.review", {"post_id": "{answer_post}"}),
    *(("busy", "coordinator", "forum_statistics.show", {"forum_key": k}) for k in ("community", "cases", "lessons")),
    ("busy", "blocked", "forum_threads.show", {"thread_id": "{thread}"}),
    ("busy", "blocked", "forum_threads.new", {"forum_key": "community"}),
    ("busy", "blocked", "forum_reports.show_own", {}),
    ("hurtful", "coordinator", "forum_reports.review", {"post_id": "{answer_post}"}),
    ("busy", "paired_mentee", "forum_safety.new", {"post": "{relation_post}", "quote": "1"}),
    ("busy", "paired_mentor", "forums.show", {"forum_key": "relation"}),
    ("busy", "paired_mentor", "forum_threads.show", {"thread_id": "{relation_talk}"}),
    ("hurtful", "mentor", "forum_threads.show", {"thread_id": "{thread}"}),
    ("hurtful", "paired_mentor", "forum_threads.show", {"thread_id": "{relation_talk}"}),
    ("hurtful", "coordinator", "forum_safety.show", {"flag_id": "{relation_flag}"}),
    ("busy", "mentor", "gate.show_declaration", {"key": "yes_now"}),
    ("busy", "paired_mentor", "courses.home", {}),
    ("busy", "paired_mentee", "courses.home", {}),
    ("busy", "ready_mentor", "readiness.show_own", {}),
    ("busy", "ready_mentor", "readiness.show_commitment", {"kind": "confidentiality"}),
    ("hurtful", "coordinator", "items.show", {"module_key": "general"}),
    ("busy", "accepted", "modules.show", {"module_key": "codes"}),
    ("busy", "returned", "modules.show", {"module_key": "codes"}),
    ("busy", "returned", "courses.home", {}),
    ("busy", "waiting", "modules.show", {"module_key": "codes"}),
    ("hurtful", "paired_mentor", "courses.home", {}),
]
"""Further people and content: course, who, route, arguments."""

EMPTY = (
    "courses.home",
    "cycles.show_all",
    "events.list_events",
    "readiness.show_own",
    "people.list_people",
    "pairing.show",
    "reviews.show",
)
"""What is worth a look while a course is empty."""
NOT_HURTFUL = ("forum_posts.show", "peers.show", "review.show", "reviews.show_entry")
"""What needs work that nobody has done there."""
HURTFUL_ROLES = (Role.MENTOR, Role.COORDINATOR)

EXPECTED = {"lti.login": 400, "unsubscribe.ask": 404}
"""Status of the pages that are refusals."""


@dataclass(frozen=True)
class Visit:
    """A page to look at: whose, where, and what is done there before looking."""

    name: str
    course: str
    person: str
    address: str
    status: int = 200
    act: str = ""
    """A script that leads on to the page to look at."""


def page_routes(app: Flask) -> dict[str, set[Role] | None]:
    """Return every route that answers a page to a GET, with the roles that may open it; None: everyone may."""
    routes: dict[str, set[Role] | None] = {}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint not in NO_PAGES:
            audience = app.view_functions[rule.endpoint].audience
            routes[rule.endpoint] = None if audience == "public" else set(audience)
    return routes


def list_visits(house: House) -> list[Visit]:
    """Return every page of the tool as each role sees it, and those that only show after something was done."""
    with house.app.test_request_context(base_url=house.url):
        return [*_routes(house), *_more(house), *_scenes(house)]


def _routes(house: House) -> Iterator[Visit]:
    for endpoint, roles in page_routes(house.app).items():
        for number, sample in enumerate(SAMPLES.get(endpoint, [])):
            if roles is None:
                yield _visit(house, "", "", endpoint, sample, number)
                continue
            for role in sorted(roles):
                yield _visit(house, "busy", role, endpoint, sample, number)
                if number == 0 and endpoint in EMPTY:
                    yield _visit(house, "empty", role, endpoint, sample)
                if number == 0 and role in HURTFUL_ROLES and endpoint not in NOT_HURTFUL:
                    yield _visit(house, "hurtful", role, endpoint, sample)


def _more(house: House) -> Iterator[Visit]:
    for number, (course, who, endpoint, sample) in enumerate(MORE):
        yield _visit(house, course, who, endpoint, sample, number + 1)


def _scenes(house: House) -> Iterator[Visit]:
    """Pages that answer a form or a mistake."""
    facts = house.facts["busy"]
    course = {"course_id": facts["course_id"]}
    pairing = url_for("pairing.show", **course)
    pair = "".join(
        f"document.querySelector('[name={side}]').value = '{facts[f'{side}_member']}';" for side in ("mentor", "mentee")
    )
    scenes = {
        "pairing-refused": ("coordinator", pairing, 409, pair + "document.querySelector('#pair form').submit()"),
        "exercise-fault": (
            "mentee",
            url_for("modules.show", module_key="stages", **course),
            422,
            "document.querySelector('.exercise form').submit()",
        ),
        "review-fault": (
            "coordinator",
            url_for("reviews.show_entry", entry_id=facts["waiting_entry"], **course),
            422,
            "document.querySelector('[name=decision][value=return]').click()",
        ),
        "review-outdated": (
            "coordinator",
            url_for("reviews.show_entry", entry_id=facts["accepted_entry"], **course),
            409,
            "document.querySelector('[name=seen]').value = 0;"
            "document.querySelector('.change').open = true;"
            "document.querySelector('.change [name=decision][value=accept]').click()",
        ),
        "picker-fault": (
            "coordinator",
            url_for("picker.show", request_id=facts["coordinator_request"], **course),
            422,
            "document.querySelector('[value=add]').click()",
        ),
        "invited": (
            "administrator",
            url_for("platforms.show", **course),
            200,
            "document.querySelector('#invite form').submit()",
        ),
        "event-fault": (
            "coordinator",
            url_for("events.new", **course),
            422,
            "document.querySelector('main form').submit()",
        ),
        "attendance-list": (
            "coordinator",
            url_for("attendance.show", event_id=facts["lesson"], **course),
            200,
            "const text = document.querySelector('[name=text]'); text.value = 'Kalina Zmyślona;absent\\nJo;x\\nEve;x';"
            "text.form.submit()",
        ),
        "attendance-fault": (
            "coordinator",
            url_for("attendance.show", event_id=facts["lesson"], **course),
            422,
            "document.querySelectorAll('[value=excused]').forEach((one) => { one.checked = true });"
            "document.querySelector('[name=seen]').form.submit()",
        ),
        "policy-tried": (
            "coordinator",
            url_for("policies.show", role="mentor", **course),
            200,
            "document.querySelector('#own form').submit()",
        ),
        "signed-out": ("", url_for("courses.home", **course), 401, ""),
        "wrong-role": ("mentor", pairing, 403, ""),
        "not-found": ("mentor", url_for("modules.show", module_key="none", **course), 404, ""),
    }
    for name, (who, path, status, act) in scenes.items():
        person = facts.get(f"{who}_person", "")
        yield Visit(f"scene-{name}", "busy", person, house.url + path, status, act)


def _visit(house: House, course: str, who: str, endpoint: str, sample: dict[str, str], number: int = 0) -> Visit:
    facts = house.facts[course]
    filled = {name: value.replace("{role", "{" + who).format(**facts) for name, value in sample.items()}
    if course:
        filled["course_id"] = facts.get(f"{who}_course_id") or facts["course_id"]
    name = "-".join(filter(None, (course, who, endpoint.replace(".", "-"), str(number) if number else "")))
    address = house.url + url_for(endpoint, **filled)
    return Visit(name, course, facts.get(f"{who}_person", ""), address, EXPECTED.get(endpoint, 200))
