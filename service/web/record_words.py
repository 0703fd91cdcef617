"""Puts records into words: what is signed, what is printed, and what is said of a record that someone checks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import g, url_for
from flask_babel import force_locale, gettext, ngettext

from service.completion.models import RecognitionStep
from service.people.models import Role
from service.records.checking import HOLDING, Verdict
from service.records.models import TrainingRecord
from service.records.operations import Checked, Offer
from service.records.pdf import Row, Sheet
from service.records.reading import Line, Reading, read
from service.records.rules import COURSE, PATH, RECORD, Holder, Scope, Statement, grouped
from service.records.trust import list_attached
from service.web.access import catalogue, own_address
from service.web.formats import day, isolated, locale_of
from service.web.words import role_name

SHOWN = HOLDING | {Verdict.IN_DOUBT, Verdict.EXPIRED}
"""Of what else is said of a record, nothing is shown: it may not be true, or the holder does not want it."""


@dataclass(frozen=True)
class VerdictWords:
    """What is said of a record: a state as `macros/states.html` draws it, its word, and a sentence."""

    state: str
    title: str
    text: str


def scope_name(scope: Scope) -> str:
    """Return what is certified, in the language of the page."""
    if scope.kind == COURSE:
        titles = {course.key: course.words[g.lang].title for course in catalogue().courses}
        return gettext("Certificate of completion: %(title)s", title=titles.get(scope.key, scope.key))
    if scope.kind == PATH and scope.key in set(Role):
        return gettext("Certificate of completion: training path, %(role)s", role=role_name(Role(scope.key)))
    return gettext("Training record")


def compose(scope: Scope, language: str, holder: Holder, offer: Offer, picked: Iterable[str]) -> Statement:
    """Return the statement in a language; of modules all of a course or path, else those whose keys were picked."""
    chosen = set(picked)
    with force_locale(locale_of(language)):
        if scope.kind == RECORD:
            modules = [one for one in offer.modules if one.key in chosen]
            title = gettext("Training record")
            description = gettext("What was completed in the training for mentoring, module by module.")
        else:
            course = next((one for one in catalogue().courses if one.key == scope.key), None)
            parts = course.modules if course else catalogue().modules_required_for(scope.key)
            keys = {module.key for module in parts}
            modules = [one for one in offer.modules if one.key in keys]
            title = gettext("Certificate of completion")
            description = _whole(course.words[language].title if course else "", scope, len(modules))
        return Statement(
            scope=scope,
            language=language,
            title=title,
            description=description,
            criteria=_criteria(),
            holder=holder,
            modules=modules,
            outcomes=[one for one in offer.outcomes if one.key in chosen],
        )


def sheet_of(record: TrainingRecord) -> Sheet:
    """Return the words of a record's PDF, taken from what is signed, in the record's own language."""
    reading, scope = read(record.credential), Scope.from_text(record.scope)
    with force_locale(locale_of(record.language)):
        return Sheet(
            language=record.language,
            is_certificate=scope.kind != RECORD,
            title=reading.title,
            name=reading.name,
            name_note=gettext("Name as written by the holder") if reading.is_name_own else "",
            description=reading.description,
            issuer_name=reading.issuer_name,
            issued=gettext(
                "Issued by %(issuer)s on %(day)s.", issuer=isolated(reading.issuer_name), day=day(reading.on)
            ),
            headers=[gettext("Module"), gettext("Version"), gettext("Completed on")],
            modules_title=gettext("Completed modules"),
            modules=[Row(one.title, _note(one), one.version, day(one.on) if one.on else "") for one in reading.modules],
            outcomes_title=gettext("What was shown"),
            outcomes=[Row(one.title, evidence_words(one.evidence)) for one in reading.outcomes],
            check_title=gettext("Is this genuine?"),
            check_words=gettext("Anyone who holds this sheet can check it at this address:"),
            code_words=gettext("or there with the code"),
            offline_words=gettext(
                "Without a network: the signed data (record.json) is attached to this PDF and is checked with the"
                " published key of the issuer."
            ),
            qr_words=gettext("QR code with the address for checking"),
            attachment_words=gettext("The same record as signed data (Open Badges 3.0)"),
            address=own_address() + url_for("verification.show_code", code=record.code),
            code=grouped(record.code),
        )


def evidence_words(kinds: Sequence[str]) -> str:
    """Return by what an outcome was shown; kinds that we do not know are left out."""
    known = {
        "passed": gettext("exercises passed"),
        "reviewed": gettext("answers accepted by a reviewer"),
        "read": gettext("text read"),
        "posted": gettext("took part in the forum"),
        "talked": gettext("took part in the forum"),
        "answered": gettext("took part in the forum"),
        "attended": gettext("meetings attended"),
        "completed": gettext("modules completed"),
        "recognised": gettext("known already, recognised by a coordinator"),
    }
    found = dict.fromkeys(known[kind] for kind in kinds if kind in known)
    return gettext("Shown by: %(evidence)s", evidence=", ".join(found)) if found else ""


def verdict_words(checked: Checked) -> VerdictWords:
    """Return what is said to whoever checks a record."""
    back = ", ".join(isolated(title) for title in checked.taken_back)
    state, title, text = {
        Verdict.VALID: (
            "met",
            gettext("Valid"),
            gettext("The record is as it was signed, and nothing has been taken back."),
        ),
        Verdict.REPLACED: (
            "met",
            gettext("Valid, and there is a newer one"),
            gettext("The record is as it was signed. Its holder has had a newer one made since."),
        ),
        Verdict.IN_DOUBT: (
            "part",
            gettext("No longer true in every part"),
            gettext("The record was signed by us, but since then this was taken back: %(modules)s", modules=back),
        ),
        Verdict.EXPIRED: (
            "expired",
            gettext("Expired"),
            gettext("The record is as it was signed, but its time has passed."),
        ),
        Verdict.WITHDRAWN: (
            "waived",
            gettext("Withdrawn"),
            gettext("The holder has withdrawn this record. Nothing of it is shown."),
        ),
        Verdict.BROKEN: (
            "alarm",
            gettext("The signature does not fit"),
            gettext("The record was changed after it was signed. Do not rely on it."),
        ),
        Verdict.UNKNOWN_KEY: (
            "alarm",
            gettext("Not signed with a key of its issuer"),
            gettext(
                "The issuer that it names does not publish this key: withdrawn, or never theirs. Do not rely on it."
            ),
        ),
        Verdict.UNKNOWN_ISSUER: (
            "alarm",
            gettext("Signed by someone unknown here"),
            gettext("The record names an issuer whose key is not known here, so it cannot be checked here."),
        ),
        Verdict.UNKNOWN: (
            "alarm",
            gettext("Unknown"),
            gettext("No record has this code. Look at the code once more: it has 26 letters and digits."),
        ),
    }[checked.verdict]
    return VerdictWords(state, title, text)


@dataclass(frozen=True)
class AttachedWords:
    """A record that was attached to a request: what is said of it now, whom it names, and what it states."""

    verdict: VerdictWords
    reading: Reading | None
    named: str
    outcomes: Sequence[tuple[Line, str]]


def describe_attached_records(steps: Sequence[RecognitionStep], *, at: datetime) -> list[AttachedWords]:
    """Return the records that were attached at these steps, checked anew, the latest first."""
    found = list_attached(g.db, own_address(), steps, at=at)
    return [
        AttachedWords(verdict_words(one), reading, name_words(reading) if reading else "", outcomes_of(reading))
        for _, one in sorted(found.items(), reverse=True)
        for reading in [one.reading if one.verdict in SHOWN else None]
    ]


def outcomes_of(reading: Reading | None) -> list[tuple[Line, str]]:
    """Return the outcomes that a record states, each with its evidence in words."""
    return [(one, evidence_words(one.evidence)) for one in reading.outcomes] if reading else []


def name_words(reading: Reading) -> str:
    """Return whom the record names, with where the name is from."""
    if not reading.name:
        return gettext("The record names nobody.")
    name = isolated(reading.name)
    if reading.is_name_own:
        return gettext("Made out to %(name)s. The holder wrote this name; nobody has checked it.", name=name)
    return gettext("Made out to %(name)s, the name in the university's course system.", name=name)


def _note(line: Line) -> str:
    notes = [gettext("known already, recognised by a coordinator")] if line.is_recognised else []
    if line.valid_until:
        notes.append(gettext("holds until %(day)s", day=day(line.valid_until)))
    return "; ".join(notes)


def _whole(title: str, scope: Scope, count: int) -> str:
    if title:
        return ngettext(
            "The one module of the course “%(title)s” was completed.",
            "All %(num)d modules of the course “%(title)s” were completed.",
            count,
            title=isolated(title),
        )
    return ngettext(
        "The one module that this role asks for was completed. Role: %(role)s.",
        "All %(num)d modules that this role asks for were completed. Role: %(role)s.",
        count,
        role=role_name(Role(scope.key)),
    )


def _criteria() -> str:
    return gettext(
        "A module is completed once everything that it asks for is done: text read, exercises passed, answers accepted"
        " by a reviewer, meetings attended. Where it says so, a coordinator has recognised that it was known already."
    )
