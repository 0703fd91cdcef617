"""A small course for tests, with one exercise of each type, in two languages; and the people who take it."""

import copy
import json
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.orm import Session

from service.db import utc_now
from service.people.models import Person
from service.platforms.models import Platform

WORDS: dict[str, Any] = {
    "title": "Roles",
    "goal": "You can tell who does what.",
    "exercises": {
        "who-leads": {
            "title": "Who leads?",
            "task": "Choose **one**.",
            "options": {
                "ask": {"text": "The mentee", "feedback": "Right: the mentee asks."},
                "tell": {"text": "The mentor", "feedback": "Then it is a lecture."},
            },
            "model": "The *mentee* leads.",
        },
        "whose-duty": {
            "title": "Whose duty?",
            "task": "Sort.",
            "groups": {"mentor": "The mentor", "mentee": "The mentee"},
            "items": {
                "listens": {"text": "Listens", "feedback": "Mentor."},
                "sets-goals": {"text": "Sets goals", "feedback": "Mentee."},
                "gives-feedback": {"text": "Gives feedback", "feedback": "Mentor."},
            },
            "model": "See above.",
        },
        "stages": {
            "title": "Stages",
            "task": "Order.",
            "items": {key: {"text": key, "feedback": "So."} for key in ("meet", "agree", "work", "part")},
            "model": "1. Meet",
        },
    },
}
MODULE: dict[str, Any] = {
    "key": "roles",
    "version": 1,
    "minutes": 15,
    "required_for": ["mentor", "mentee"],
    "rows": ["S4-34"],
    "sections": ["first", "second"],
    "exercises": [
        {"key": "who-leads", "type": "one-answer", "after": "first", "points": 1, "pass": 1}
        | {"options": ["ask", "tell"], "answer": "ask"},
        {"key": "whose-duty", "type": "sort", "after": "first", "points": 3, "pass": 2, "rows": ["S4-37"]}
        | {
            "groups": ["mentor", "mentee"],
            "items": {"listens": "mentor", "sets-goals": "mentee", "gives-feedback": "mentor"},
        },
        {"key": "stages", "type": "order", "after": "second", "points": 4, "pass": 4}
        | {"items": ["meet", "agree", "work", "part"]},
    ],
}
SECTIONS = "## First {#first}\n\nText with [a link](https://example.org).\n\n## Second {#second}\n\nMore.\n"
RIGHT_ANSWERS: dict[str, dict[str, Any]] = {
    "who-leads": {"choice": "ask"},
    "whose-duty": {"groups": {"listens": "mentor", "sets-goals": "mentee", "gives-feedback": "mentor"}},
    "stages": {"order": ["meet", "agree", "work", "part"]},
}


class SmallContent:
    """The files of the small course, as data that a test may change before or after they are written to `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.module = copy.deepcopy(MODULE)
        self.files: dict[str, Any] = {
            "catalog.yaml": {"format": "1.0", "languages": ["en", "he"]}
            | {"courses": ["module-i"], "commitments": ["confidentiality"]},
            "module-i/course.yaml": {
                "key": "module-i",
                "modules": ["roles"],
                "words": {language: {"title": "Module I", "aim": "To begin."} for language in ("en", "he")},
            },
            "module-i/roles/module.yaml": self.module,
            "commitments/confidentiality/commitment.yaml": {"key": "confidentiality", "version": 1},
        }
        for language in ("en", "he"):
            self.files[f"module-i/roles/{language}.yaml"] = copy.deepcopy(WORDS)
            self.files[f"module-i/roles/{language}.md"] = SECTIONS
            self.files[f"commitments/confidentiality/{language}.md"] = "# Silence\n\nI keep it.\n"

    def write(self) -> Path:
        """Write all files, and return the folder."""
        for name, content in self.files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else _as_yaml(content), encoding="utf-8")
        return self.folder


def _as_yaml(data: Any) -> str:
    unshared = json.loads(json.dumps(data))  # what is in two places would otherwise be written as anchor and alias
    return yaml.safe_dump(unshared, sort_keys=False, allow_unicode=True)


def add_person(session: Session, subject: str = "1") -> int:
    """Add a person of a platform of their own, and return their id."""
    addresses = dict.fromkeys(("auth_login_url", "token_url", "jwks_url"), "https://lms.example/x")
    platform = Platform(
        name="LMS", issuer=f"https://{subject}.example", client_id="c", created_at=utc_now(), **addresses
    )
    session.add(platform)
    session.flush()
    person = Person(platform_id=platform.id, subject=subject, created_at=utc_now())
    session.add(person)
    session.flush()
    return person.id
