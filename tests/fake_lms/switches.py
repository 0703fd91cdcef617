"""The switches: every behaviour that a test or the demo page can turn; the default is what Moodle does."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from tests.fake_lms.models import Setting
from tests.fake_lms.store import Store

LINK_FORMS = (
    "moodle",
    "standard",
    "unquoted",
    "other_params_first",
    "several_links",
    "curly_quotes",
    "no_brackets",
    "escaped_ampersand",
)
SINGLE_FAILURES = ("500", "429", "timeout", "reset", "lost_answer")
FAILURES = ("off", *SINGLE_FAILURES, "mixed")
SERVICES = ("all", "token", "scores", "results", "lineitems", "members")
STORAGES = ("off", "_parent", "frame", "capabilities")
STORAGE_ANSWERS = ("right", "none", "error", "other_value", "other_message", "other_origin")
CONTAINERS = ("activity", "iframe", "window", "frame")

Value = bool | int | float | str


class SwitchError(ValueError):
    """A switch that does not exist, or a value that it cannot have."""


@dataclass(frozen=True)
class Switch:
    """One behaviour: its name, what it does, the default, and the values it may have if they are a list."""

    name: str
    sentence: str
    default: Value
    choices: tuple[str, ...] = ()

    def parse(self, value: Any) -> Value:
        """Return the value in the switch's type, read from JSON or from a form. Raise SwitchError if it has none."""
        if isinstance(self.default, bool):
            if value in (True, "true", "on", "1"):
                return True
            if value in (False, "false", "off", "0"):
                return False
            raise SwitchError(f"{self.name} is on or off, not {value!r}")
        if self.choices and str(value) not in self.choices:
            raise SwitchError(f"{self.name} is one of {', '.join(self.choices)}, not {value!r}")
        try:
            return type(self.default)(value)
        except (TypeError, ValueError):
            raise SwitchError(f"{self.name} is a {type(self.default).__name__}, not {value!r}") from None


SWITCHES = (
    Switch("conflict_on_old_timestamp", "A score not newer than the stored one, in whole seconds, gets 409.", True),
    Switch("refuse_not_gradable", "A score for a teacher, a stranger or nobody gets 400.", True),
    Switch("wipe_unless_fully_graded", "A score that is not FullyGraded erases the grade that was there.", True),
    Switch("clamp_scores", "A score above the maximum or below zero is cut to it.", True),
    Switch(
        "keep_teacher_override", "A teacher's override of an activity's grade outlasts the tool's later scores.", True
    ),
    Switch("drop_status_on_line_breaks", "A refused score whose body has a line break is answered 200, with [].", True),
    Switch("exact_media_types", "Other media types than the IMS ones get 400.", True),
    Switch(
        "refuse_duplicate_line_items", "A second line item of one resourceId gets 409 (Moodle: a second column).", False
    ),
    Switch("results_limit_is_broken", "`limit` on results gets an HTML page with 404.", True),
    Switch("escape_names_in_roster", "Names in the roster are HTML-escaped (in launches they are not).", True),
    Switch("names_withheld", "Nobody's name or mail is sent, neither in launches nor in the roster.", False),
    Switch("grade_without_line_item", "A deep-linked item that names no line item still gets one of 100 points.", True),
    Switch("strict_assertions", "aud, iss, exp and a fresh jti are required of what the tool signs.", False),
    Switch("withheld_scopes", "Scopes not granted though asked for: their last words, with blanks between.", ""),
    Switch("token_lifetime_s", "Seconds that an access token lives.", 3600),
    Switch("id_token_lifetime_s", "Seconds that an id_token lives.", 60),
    Switch(
        "authentication_error", "This OIDC error is posted to the tool instead of an id_token, e.g. login_required.", ""
    ),
    Switch("launch_container", "Where activities open; `activity` leaves it to each one.", "activity", CONTAINERS),
    Switch(
        "platform_storage",
        "Where tools may store by postMessage; `capabilities`: in a frame that only lti.capabilities names rightly.",
        "off",
        STORAGES,
    ),
    Switch("storage_answers", "What that storage answers.", "right", STORAGE_ANSWERS),
    Switch("page_size", "Entries on a page when the tool asks for no limit; 0: everything on one page.", 0),
    Switch(
        "link_form",
        "How the Link header of a next page is written; `moodle`: as Moodle writes it.",
        "moodle",
        LINK_FORMS,
    ),
    Switch("typographic_quotes_in_link", "Moodle's form has curly quotes for line items and results.", True),
    Switch(
        "fail_services",
        "What goes wrong with service calls; lost_answer: done, but the answer never comes; mixed: any of them.",
        "off",
        FAILURES,
    ),
    Switch("closed_course", "The course with this key is gone: its services answer 404.", ""),
    Switch("fail_only", "Which service calls fail.", "all", SERVICES),
    Switch(
        "fail_count", "How many calls still fail; 0: no limit. Counts down; at the last, fail_services goes off.", 0
    ),
    Switch("fail_probability", "How likely a call fails, from 0 to 1.", 1.0),
    Switch("retry_after_s", "Retry-After of a 429, in seconds.", 2),
    Switch("timeout_s", "Seconds that a `timeout` holds the connection before closing it.", 30.0),
    Switch("services_delay_ms", "Milliseconds that every service call waits first.", 0),
    Switch("clock_offset_s", "Seconds that the LMS's clock is ahead (or, below zero, behind).", 0),
    Switch("jwks_down", "The LMS's key set answers 503.", False),
    Switch("keep_old_keys", "After a change of keys the key set still has the old ones (Moodle has one key).", False),
)
_BY_NAME = {switch.name: switch for switch in SWITCHES}


class Switches:
    """The switches of one LMS; kept in its store, so a restart leaves them as they are."""

    def __init__(self, store: Store) -> None:
        self._store = store
        with store.session() as session:
            stored = {setting.name: setting.value for setting in session.scalars(select(Setting))}
        self._values: dict[str, Any] = {
            switch.name: stored.get(_key(switch.name), switch.default) for switch in SWITCHES
        }

    def __iter__(self) -> Iterator[tuple[Switch, Value]]:
        for switch in SWITCHES:
            yield switch, self[switch.name]

    def __getitem__(self, name: str) -> Any:
        return self._values[_find(name).name]

    def set(self, name: str, value: Any) -> None:
        """Turn a switch. Raise SwitchError for an unknown name or a value it cannot have."""
        self.update({name: value})

    def update(self, wanted: dict[str, Any]) -> None:
        """Turn several switches, or none: raise SwitchError if one of them is impossible."""
        parsed = {name: _find(name).parse(value) for name, value in wanted.items()}
        with self._store.session() as session:
            for name, value in parsed.items():
                session.merge(Setting(name=_key(name), value=value))
            self._values.update(parsed)

    def reset(self) -> None:
        """Turn all switches back to Moodle's behaviour."""
        self.update({switch.name: switch.default for switch in SWITCHES})

    def as_dict(self) -> dict[str, Value]:
        return dict(self._values)

    def take_failure(self, service: str, chance: float) -> str:
        """Return what goes wrong with this call, or "off", and count it. `chance` is a random number in [0, 1)."""
        if self["fail_services"] == "off":
            return "off"
        with self._store.session():  # one transaction: reading and counting down are one step
            failure = str(self["fail_services"])
            if failure == "off" or self["fail_only"] not in ("all", service) or chance >= self["fail_probability"]:
                return "off"
            remaining = self["fail_count"]
            if remaining:
                self.set("fail_count", remaining - 1)
            if remaining == 1:
                self.set("fail_services", "off")
            return random.choice(SINGLE_FAILURES) if failure == "mixed" else failure


def _find(name: str) -> Switch:
    if name not in _BY_NAME:
        raise SwitchError(f"there is no switch {name!r}; there are {', '.join(_BY_NAME)}")
    return _BY_NAME[name]


def _key(name: str) -> str:
    return f"switch:{name}"
