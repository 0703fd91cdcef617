"""Whose records count as evidence, and that one act makes one record."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session, sessionmaker

from service.completion.recognition_operations import NewStep, record_step
from service.completion.recognition_rules import StepKind
from service.db import transaction
from service.errors import ConflictError, InvalidInputError
from service.people.models import Role
from service.records.checking import Verdict
from service.records.keys import Signer
from service.records.operations import MOST_RECORDS, check_credential, issue, list_records, withdraw
from service.records.proof import multikey_of, sign
from service.records.rules import RECORD, Finished, Holder, Scope, Statement, credential_of, did_of, key_document
from service.records.trust import attach, check_evidence, distrust_issuer, list_attached, trust_issuer
from tests.makers import AT, make_catalogue, make_member

OWN, OTHER = "https://tool.example", "https://other.example"
SIGNER = Signer("records-" * 5, OWN)
MODULE = Finished("roles", "About roles", 1, AT.date(), is_recognised=False, valid_until=None)
STATEMENT = Statement(Scope(RECORD), "en", "Record", "All.", "So.", Holder("Noa"), [MODULE], [])


def signed_by(key: Ed25519PrivateKey, address: str, named: str = "") -> dict:
    """Return a record that names the issuer at `address`, signed with a key said to be `named`."""
    method = f"{did_of(address)}#{named or multikey_of(key.public_key())}"
    return sign(credential_of(STATEMENT, "Someone", address, at=AT), key, method, at=AT)


def verdict(session: Session, credential: dict) -> Verdict:
    return check_credential(session, OWN, credential, at=AT).verdict


def test_only_the_published_keys_of_a_trusted_issuer_count(session: Session) -> None:
    key, newer, did = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate(), did_of(OTHER)
    names = [multikey_of(one.public_key()) for one in (key, newer)]
    old, new, forged = signed_by(key, OTHER), signed_by(newer, OTHER), signed_by(newer, OTHER, names[0])
    assert [verdict(session, one) for one in (old, new)] == [Verdict.UNKNOWN_ISSUER] * 2
    trust_issuer(session, key_document(did, names[:1]), "Other", at=AT)
    assert [verdict(session, one) for one in (old, new, forged)] == [
        Verdict.VALID,
        Verdict.UNKNOWN_KEY,
        Verdict.BROKEN,
    ]
    trust_issuer(session, key_document(did, names), "Other", at=AT)
    assert [verdict(session, one) for one in (old, new, forged)] == [Verdict.VALID, Verdict.VALID, Verdict.BROKEN]
    distrust_issuer(session, did, at=AT)
    assert verdict(session, old) is Verdict.UNKNOWN_ISSUER


@pytest.mark.parametrize(
    ("did", "name"), [("did:web:" + "x" * 505, "Other"), ("did:web:\0", "Other"), (did_of(OTHER), "x" * 256)]
)
def test_an_issuer_that_the_tables_could_not_hold_is_refused(session: Session, did: str, name: str) -> None:
    document = key_document(did, [multikey_of(Ed25519PrivateKey.generate().public_key())])
    with pytest.raises(InvalidInputError):
        trust_issuer(session, document, name, at=AT)


def test_nobody_speaks_in_our_name_not_even_one_whom_we_trust(session: Session) -> None:
    key = Ed25519PrivateKey.generate()
    member = make_member(session, "mentor-1", Role.MENTOR)
    genuine = issue(session, member, STATEMENT, "t", SIGNER, at=AT)
    assert verdict(session, genuine.credential) is Verdict.VALID
    trust_issuer(session, key_document(did_of(OTHER), [multikey_of(key.public_key())]), "Other", at=AT)
    trust_issuer(session, key_document(did_of(OWN), [multikey_of(key.public_key())]), "Us?", at=AT)
    ours = genuine.credential["proof"]["verificationMethod"].partition("#")[2]
    assert verdict(session, signed_by(key, OWN)) is Verdict.UNKNOWN_KEY
    assert verdict(session, signed_by(key, OWN, ours)) is Verdict.BROKEN
    as_other = sign(
        credential_of(STATEMENT, "", OWN, at=AT), key, signed_by(key, OTHER)["proof"]["verificationMethod"], at=AT
    )
    assert verdict(session, as_other) is Verdict.UNKNOWN_KEY


def test_a_record_that_we_signed_and_do_not_keep_is_not_vouched_for(session: Session) -> None:
    member = make_member(session, "mentor-1", Role.MENTOR)
    record = issue(session, member, STATEMENT, "t", SIGNER, at=AT)
    session.delete(record)
    session.flush()
    assert verdict(session, record.credential) is Verdict.WITHDRAWN


def test_what_was_attached_is_checked_anew_each_time(session: Session) -> None:
    key = Ed25519PrivateKey.generate()
    trust_issuer(session, key_document(did_of(OTHER), [multikey_of(key.public_key())]), "Other", at=AT)
    asker = make_member(session, "mentee-1", Role.MENTEE)
    asked = NewStep(StepKind.ASKED, "There.", 0)
    step = record_step(session, make_catalogue(), asker, asker.person_id, "roles", asked, at=AT)
    raw = json.dumps(signed_by(key, OTHER)).encode()
    found = check_evidence(session, OWN, "", raw, at=AT)
    assert found
    for _ in range(2):
        attach(session, step, found)
    [kept] = list_attached(session, OWN, [step], at=AT).values()
    assert (kept.verdict, kept.reading and kept.reading.name) == (Verdict.VALID, "Noa")
    distrust_issuer(session, did_of(OTHER), at=AT)
    [kept] = list_attached(session, OWN, [step], at=AT).values()
    assert kept.verdict is Verdict.UNKNOWN_ISSUER
    with pytest.raises(InvalidInputError) as refusal:
        check_evidence(session, OWN, "", raw, at=AT)
    assert refusal.value.code == "record.issuer_unknown"


def test_a_person_has_so_many_records_and_no_more(session: Session) -> None:
    member = make_member(session, "mentor-1", Role.MENTOR)
    for number in range(MOST_RECORDS):
        first = issue(session, member, STATEMENT, str(number), SIGNER, at=AT)
    with pytest.raises(ConflictError):
        issue(session, member, STATEMENT, "more", SIGNER, at=AT)
    withdraw(session, member, first.public_id, at=AT)
    issue(session, member, STATEMENT, "more", SIGNER, at=AT)


def test_two_tabs_that_send_one_form_make_one_record(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        member = make_member(session, "mentor-1", Role.MENTOR)
    start = threading.Barrier(2)

    def send(_number: int) -> str:
        start.wait()
        with transaction(sessions) as session:
            return issue(session, session.merge(member), STATEMENT, "same", SIGNER, at=AT).code

    with ThreadPoolExecutor(2) as threads:
        assert len(set(threads.map(send, range(2)))) == 1
    with transaction(sessions, reads_only=True) as session:
        assert len(list_records(session, member.person_id)) == 1
