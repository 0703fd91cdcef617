"""The list of people as it was asked for: whom it shows, in which order, and the same as a file."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from flask import request, url_for
from flask_babel import gettext, pgettext

from service.people.models import Membership
from service.readiness.operations import Verdict
from service.web import gate_words
from service.web.access import me
from service.web.conditions import describe
from service.web.formats import person_code, person_name
from service.web.words import role_name

Verdicts = Mapping[int, Verdict]


class Presence(StrEnum):
    """Where someone on the list is, in short."""

    READY = "ready"
    NOT_READY = "not_ready"
    NOT_COME = "not_come"
    """Known from the roster of the course, and never been here."""


@dataclass(frozen=True)
class Choice:
    """What the list was asked for, each "" where everything is meant."""

    role: str = ""
    state: str = ""
    """A Presence."""
    missing: str = ""
    """The name of the one condition that people lack."""
    sort: str = ""
    """name, missing; `-name` for the reverse."""

    @classmethod
    def of_request(cls) -> "Choice":
        """Return what the present request asks for."""
        return cls(**{name: request.args.get(name, "") for name in cls.__dataclass_fields__})

    def address(self, endpoint: str = "people.list_people", page: int | None = None, **changes: str) -> str:
        """Return the address of the list with changes; another choice begins on its first page."""
        asked = {name: value or None for name, value in asdict(replace(self, **changes)).items()}
        return url_for(endpoint, course_id=me().course.public_id, **asked, page=page)

    def pick(self, members: Sequence[Membership], verdicts: Verdicts) -> list[Membership]:
        """Return those whom the list shows, in its order; `members` come by name."""
        shown = [
            member
            for member in members
            if self.role in {"", member.role}
            and self.state in {"", presence_of(member, verdicts[member.id])}
            and self.missing in {"", only_missing(verdicts[member.id])}
        ]
        if self.sort.removeprefix("-") == "missing":
            shown.sort(key=lambda member: len(verdicts[member.id].missing))
        if self.sort.startswith("-"):
            shown.reverse()
        return shown


def presence_of(member: Membership, verdict: Verdict) -> Presence:
    """Return where a member is."""
    if verdict.is_ready:
        return Presence.READY
    return Presence.NOT_COME if member.last_seen_at is None else Presence.NOT_READY


def presence_name(presence: Presence) -> str:
    """Return that in words."""
    return {
        Presence.READY: gettext("Ready"),
        Presence.NOT_READY: gettext("Not ready"),
        Presence.NOT_COME: gettext("Has not come yet"),
    }[presence]


def only_missing(verdict: Verdict) -> str | None:
    """Return the name of the condition that is all someone lacks, None if it is none or more."""
    missing = verdict.missing
    return missing[0].condition.name if len(missing) == 1 else None


def missing_choices(members: Sequence[Membership], verdicts: Verdicts) -> list[tuple[str, str]]:
    """Return the conditions that are all that some people lack, with how many, the most frequent first."""
    lacking = [verdicts[one.id].missing[0].condition for one in members if only_missing(verdicts[one.id])]
    return [
        (condition.name, f"{gate_words.title_of(condition)} ({count})")
        for condition, count in Counter(lacking).most_common()
    ]


def lines_of(members: Sequence[Membership], verdicts: Verdicts) -> list[list[str]]:
    """Return the list as lines for a spreadsheet: a column for each condition that is asked of someone on it."""
    conditions = list(dict.fromkeys(result.condition for one in members for result in verdicts[one.id].results))
    titles = [gate_words.title_of(condition) for condition in conditions]
    header = [gettext("Code"), gettext("Name"), gettext("Role"), gettext("State"), *titles]
    return [header, *(_line(one, verdicts[one.id], conditions) for one in members)]


def _line(member: Membership, verdict: Verdict, conditions: Sequence[Any]) -> list[str]:
    found = {result.condition: result for result in verdict.results}
    words = {condition: describe([result], member)[0] for condition, result in found.items()}
    cells = [f"{state_words(words[one].state)}: {words[one].evidence}" if one in words else "" for one in conditions]
    state = presence_name(presence_of(member, verdict))
    return [person_code(member.person), person_name(member.person), role_name(member.role), state, *cells]


def state_words(state: str) -> str:
    """Return the state of a condition in words, as its badge says it."""
    return {
        "met": pgettext("state", "Done"),
        "not_met": pgettext("state", "Not yet"),
        "part": pgettext("state", "Begun"),
        "waiting": pgettext("state", "Waiting"),
        "waived": pgettext("state", "Not needed"),
        "expired": pgettext("state", "No longer valid"),
    }[state]
