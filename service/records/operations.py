"""What is done with records: offer, issue, withdraw, find, check. Only the holder's own act makes or ends one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.completion.models import Completion
from service.completion.operations import list_completions
from service.completion.outcome_operations import courses_with_outcomes, list_reached
from service.completion.rules import list_leaves
from service.db import Json
from service.errors import ConflictError, NotFoundError
from service.exercises.operations import lock_learner
from service.modules.content import Catalogue
from service.modules.models import ModuleVersion
from service.people.known import Member
from service.platforms.operations import get_platform_by_id, record_audit
from service.records.checking import HOLDING, Verdict, check_document
from service.records.keys import Signer, own_key_document, sign_credential
from service.records.models import TrainingRecord, TrustedIssuer
from service.records.reading import Reading, read
from service.records.rules import (
    COURSE,
    PATH,
    Finished,
    Reached,
    Scope,
    Statement,
    credential_of,
    did_of,
    new_code,
)

MOST_RECORDS = 20
"""In force for one person: enough for each course in each language, and no way to fill a disk."""


@dataclass(frozen=True)
class Offer:
    """What a person has finished, in one language, and what can be certified as a whole."""

    modules: Sequence[Finished]
    outcomes: Sequence[Reached]
    scopes: Sequence[Scope]
    """Courses and the path of the role, as far as they are complete."""


@dataclass(frozen=True)
class Checked:
    """What is said of a record that someone asks about; `reading` is None where nothing is shown of it."""

    verdict: Verdict
    reading: Reading | None = None
    taken_back: Sequence[str] = ()
    """Titles of modules that are no longer complete."""
    credential: Json | None = None


def make_offer(session: Session, catalogue: Catalogue, member: Member, language: str, *, at: datetime) -> Offer:
    """Return what the person could have stated now; a few statements, however much there is."""
    done = list_completions(session, [member.person_id])[member.person_id]
    complete = {
        key: row for key, row in done.items() if row.completed_at and (not row.expires_at or row.expires_at > at)
    }
    ids = {row.module_version_id for row in complete.values()}
    rows = session.execute(select(ModuleVersion.id, ModuleVersion.version).where(ModuleVersion.id.in_(ids)))
    versions = {row.id: row.version for row in rows}
    modules = [
        Finished(
            key=module.key,
            title=module.words[language].title,
            version=versions[row.module_version_id],
            on=row.completed_at.date(),
            is_recognised=row.earned_at is None,
            valid_until=row.expires_at.date() if row.expires_at else None,
        )
        for module in catalogue.modules
        if (row := complete.get(module.key)) and row.completed_at
    ]
    courses = courses_with_outcomes(catalogue, member.role)
    reached = list_reached(session, courses, [member.person_id], at=at)[member.person_id]
    outcomes = [
        Reached(
            key=f"{one.course.key}/{one.outcome.key}",
            words=one.outcome.words[language],
            on=one.result.at.date(),
            evidence=sorted(
                {"recognised" if leaf.is_recognised else leaf.kind for leaf in list_leaves(one.result) if leaf.is_met}
            ),
        )
        for one in reached
        if one.result.at
    ]
    wholes = [(Scope(COURSE, course.key), course.modules) for course in catalogue.courses]
    wholes += [(Scope(PATH, member.role), catalogue.modules_required_for(member.role))]
    return Offer(
        modules, outcomes, [scope for scope, parts in wholes if parts and complete.keys() >= {m.key for m in parts}]
    )


def issue(
    session: Session,
    member: Member,
    statement: Statement,
    ticket: str,
    signer: Signer,
    *,
    replaces: str = "",
    at: datetime,
) -> TrainingRecord:
    """Sign the statement and keep it; the same ticket once more returns what it made.

    `replaces` is the public id of an earlier record. Raise NotFoundError if there is no such record of this person,
    ConflictError `record.too_many`.
    """
    lock_learner(session, member.person_id)
    mine = list_records(session, member.person_id)
    known = next((one for one in mine if one.ticket == ticket), None)
    if known:
        return known
    if sum(one.withdrawn_at is None for one in mine) >= MOST_RECORDS:
        raise ConflictError("record.too_many", f"A person may have {MOST_RECORDS} records at once.")
    platform = get_platform_by_id(session, member.course.platform_id)
    credential = credential_of(statement, platform.name, signer.base_url, at=at)
    if replaces:
        earlier = get_record(session, member.person_id, replaces)
        earlier.replaced_at = earlier.replaced_at or at
    record = TrainingRecord(
        person_id=member.person_id,
        ticket=ticket,
        scope=str(statement.scope),
        language=statement.language,
        code=new_code(),
        credential_id=credential["id"],
        credential=sign_credential(session, signer, credential, at=at),
        issued_at=at,
    )
    session.add(record)
    session.flush()
    _audit(session, "record.issued", member, record, at)
    return record


def withdraw(session: Session, member: Member, record_id: str, *, at: datetime) -> None:
    """End a record, for good: whoever asks is told so, and nothing of it is shown. Raise NotFoundError."""
    record = get_record(session, member.person_id, record_id)
    if record.withdrawn_at is None:
        record.withdrawn_at = at
        _audit(session, "record.withdrawn", member, record, at)


def get_record(session: Session, person_id: int, public_id: str) -> TrainingRecord:
    """Return a record of this person; raise NotFoundError."""
    wanted = select(TrainingRecord).filter_by(person_id=person_id, public_id=public_id)
    is_id = public_id.isprintable()  # PostgreSQL could not even compare another
    found = session.scalars(wanted).one_or_none() if is_id else None
    if found is None:
        raise NotFoundError("record.unknown", f"There is no record {public_id} of this person.")
    return found


def list_records(session: Session, person_id: int) -> Sequence[TrainingRecord]:
    """Return the person's records, the newest first."""
    mine = select(TrainingRecord).filter_by(person_id=person_id)
    return session.scalars(mine.order_by(TrainingRecord.issued_at.desc(), TrainingRecord.id.desc())).all()


def count_in_force(session: Session, person_id: int) -> int:
    """Return how many records of the person are not withdrawn: all that staff see of them."""
    mine = select(func.count()).select_from(TrainingRecord).filter_by(person_id=person_id, withdrawn_at=None)
    return session.scalars(mine).one()


def list_checked(
    session: Session, base_url: str, person_id: int, *, at: datetime
) -> Sequence[tuple[TrainingRecord, Checked]]:
    """Return the person's records with what others are told of each; a few statements, however many there are."""
    own = did_of(base_url)
    believed = {own: own_key_document(session, base_url)}
    done = list_completions(session, [person_id])[person_id]
    return [(one, _check(one.credential, believed, own, one, done, at)) for one in list_records(session, person_id)]


def check_code(session: Session, base_url: str, code: str, *, at: datetime) -> Checked:
    """Return what is to be said of the record with this code (`rules.read_code`)."""
    record = session.scalars(select(TrainingRecord).filter_by(code=code)).one_or_none() if code else None
    return check_credential(session, base_url, record.credential, at=at) if record else Checked(Verdict.UNKNOWN)


def check_credential(session: Session, base_url: str, credential: Json, *, at: datetime) -> Checked:
    """Return what is to be said of a record that someone shows, ours or another's. Raises as `check_document` does."""
    own, issuer = did_of(base_url), read(credential).issuer
    if issuer != own:
        return _check(credential, trusted_documents(session, issuer), own, None, {}, at)
    record = session.scalars(select(TrainingRecord).filter_by(credential_id=credential["id"])).one_or_none()
    done = list_completions(session, [record.person_id])[record.person_id] if record else {}
    return _check(credential, {own: own_key_document(session, base_url)}, own, record, done, at)


def _check(
    credential: Json,
    believed: Mapping[str, Json],
    own: str,
    record: TrainingRecord | None,
    done: Mapping[str, Completion],
    at: datetime,
) -> Checked:
    """Return what is to be said; `record` and `done` (the holder's completions) are for records of our own."""
    verdict, reading = check_document(credential, believed, at=at)
    if verdict not in HOLDING or reading.issuer != own:
        return Checked(verdict, reading, credential=credential)
    if record is None or record.withdrawn_at:
        return Checked(Verdict.WITHDRAWN)
    taken_back = _list_taken_back(done, reading, at)
    if taken_back:
        verdict = Verdict.IN_DOUBT
    elif record.replaced_at:
        verdict = Verdict.REPLACED
    return Checked(verdict, reading, taken_back, credential)


def withdrawn_list(session: Session, base_url: str) -> Json:
    """Return the public list of withdrawn records (1EdTech Revocation List 1.0), by ids that lead to nothing."""
    ended = select(TrainingRecord.credential_id).where(TrainingRecord.withdrawn_at.is_not(None))
    return {
        "id": f"{base_url}/records/withdrawn.json",
        "issuer": did_of(base_url),
        "revokedCredentials": [
            {"id": one, "revoked": True, "revocationReason": "Withdrawn by its holder."}
            for one in session.scalars(ended.order_by(TrainingRecord.id))
        ],
    }


def trusted_documents(session: Session, did: str) -> Mapping[str, Json]:
    """Return the key document of an issuer whom the administrator trusts, by its DID; empty for any other."""
    found = session.scalars(select(TrustedIssuer).filter_by(did=did)).one_or_none()
    return {found.did: found.key_document} if found else {}


def _list_taken_back(done: Mapping[str, Completion], reading: Reading, at: datetime) -> list[str]:
    """Return the titles of modules that the record names and that are not complete any more, unless they ran out."""
    gone = {key for key, row in done.items() if row.completed_at is None}
    return [
        line.title
        for line in reading.modules
        if line.key in gone and (line.valid_until is None or line.valid_until >= at.date())
    ]


def _audit(session: Session, kind: str, member: Member, record: TrainingRecord, at: datetime) -> None:
    detail = {"record": record.public_id, "scope": record.scope}
    record_audit(session, kind, at=at, platform_id=member.course.platform_id, detail=detail)
