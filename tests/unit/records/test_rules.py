"""What a record is made of: by the tables of the Open Badges Specification 3.0, and codes that people type."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.records import rules
from service.records.reading import read
from service.records.rules import Finished, Holder, Reached, Scope, Statement, credential_of, did_of, key_document

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
STATEMENT = Statement(
    Scope("course", "module-i"),
    "he",
    "תעודת סיום",
    "כל המודולים הושלמו.",
    "כך.",
    Holder("נועה Bar-Lev"),
    [
        Finished("trust", "אמון", 3, date(2026, 11, 2), is_recognised=False, valid_until=None),
        Finished("listening", "הקשבה", 1, date(2026, 11, 3), is_recognised=True, valid_until=date(2027, 11, 3)),
    ],
    [Reached("module-i/asks", "לשאול", date(2026, 11, 4), ("passed", "reviewed"))],
)
REQUIRED: dict[str, dict[str, type | tuple[type, ...]]] = {
    "AchievementCredential": {
        "@context": list,
        "id": str,
        "type": list,
        "credentialSubject": dict,
        "issuer": dict,
        "validFrom": str,
    },
    "AchievementSubject": {"type": list, "achievement": dict},
    "Achievement": {"id": str, "type": list, "criteria": dict, "description": str, "name": str},
    "Profile": {"id": str, "type": list},
    "ResultDescription": {"id": str, "type": list, "name": str, "resultType": str},
    "Result": {"type": list},
    "IdentityObject": {"type": str, "hashed": bool, "identityHash": str, "identityType": str},
    "CredentialStatus": {"id": str, "type": str},
}
"""Open Badges 3.0, section B.1: the properties with multiplicity [1] or [1..*], by class."""


def parts_of(credential: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    subject = credential["credentialSubject"]
    achievement = subject["achievement"]
    return [
        ("AchievementCredential", credential),
        ("AchievementSubject", subject),
        ("Achievement", achievement),
        ("Profile", credential["issuer"]),
        ("CredentialStatus", credential["credentialStatus"]),
        *(("ResultDescription", one) for one in achievement["resultDescription"]),
        *(("Result", one) for one in subject["result"]),
        *(("IdentityObject", one) for one in subject["identifier"]),
    ]


def test_a_credential_has_all_that_the_standard_requires() -> None:
    credential = credential_of(STATEMENT, "Example University", "https://tool.example", at=AT)
    for name, part in parts_of(credential):
        for member, kind in REQUIRED[name].items():
            assert isinstance(part[member], kind), (name, member)
            assert part[member] not in ("", [], {}), (name, member)
        if "type" in part and isinstance(part["type"], list) and name != "AchievementCredential":
            assert name in part["type"]
    assert credential["@context"][:2] == [
        "https://www.w3.org/ns/credentials/v2",
        "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
    ]
    assert {"VerifiableCredential", "OpenBadgeCredential"} <= set(credential["type"])
    assert credential["validFrom"] == "2026-11-24T09:30:00Z"
    described = {one["id"] for one in credential["credentialSubject"]["achievement"]["resultDescription"]}
    assert {one["resultDescription"] for one in credential["credentialSubject"]["result"]} == described
    own = {"moduleKey", "contentVersion", "finishedOn", "holdsUntil", "evidenceKind", "nameSource"}
    assert set(credential["@context"][2]) == own, "what is not a word of the standard is explained in the context"


def test_who_reads_it_gets_what_was_stated() -> None:
    reading = read(credential_of(STATEMENT, "Example University", "https://tool.example", at=AT))
    assert (reading.title, reading.name, reading.is_name_own, reading.on) == ("תעודת סיום", "נועה Bar-Lev", False, AT)
    assert (reading.issuer, reading.issuer_name) == ("did:web:tool.example", "Example University")
    assert [(one.key, one.version, one.on, one.is_recognised, one.valid_until) for one in reading.modules] == [
        ("trust", "3", date(2026, 11, 2), False, None),
        ("listening", "1", date(2026, 11, 3), True, date(2027, 11, 3)),
    ]
    assert [(one.title, one.evidence) for one in reading.outcomes] == [("לשאול", ("passed", "reviewed"))]


def test_two_records_of_one_person_cannot_be_matched() -> None:
    one, other = (credential_of(STATEMENT, "", "https://tool.example", at=AT) for _ in range(2))
    assert one["id"] != other["id"]
    assert one["credentialSubject"]["id"] != other["credentialSubject"]["id"]


@pytest.mark.parametrize(
    ("address", "did"),
    [
        ("https://tool.example", "did:web:tool.example"),
        ("https://tool.example:8443", "did:web:tool.example%3A8443"),
        ("https://tool.example/mentor/ready", "did:web:tool.example:mentor:ready"),
    ],
)
def test_the_issuer_is_where_its_keys_are(address: str, did: str) -> None:
    assert did_of(address) == did
    document = key_document(did, ["z6Mk1", "z6Mk2"])
    assert document["assertionMethod"] == [f"{did}#z6Mk1", f"{did}#z6Mk2"]


@pytest.mark.parametrize(
    ("typed", "is_code"),
    [
        ("0123456789ABCDEFGHJKMNPQRS", True),
        (" 01234-56789-abcde-fghjk-mnpqrs ", True),
        ("oi234-56789-ABCDE-FGHJK-MNPQRS", True),
        ("https://tool.example/verify/0123456789ABCDEFGHJKMNPQRS/", True),
        ("0123456789ABCDEFGHJKMNPQR", False),
        ("0123456789ABCDEFGHJKMNPQRU", False),
        ("", False),
        ("' OR 1=1 --", False),
        ("\u0660" * 26, False),
    ],
)
def test_a_code_is_read_as_people_type_it(typed: str, is_code: bool) -> None:
    assert rules.read_code(typed) == ("0123456789ABCDEFGHJKMNPQRS" if is_code else "")


def test_codes_are_of_130_bits_and_printed_in_groups() -> None:
    code = rules.new_code()
    assert len(code) * 5 == 130
    assert rules.read_code(rules.grouped(code)) == code
    assert rules.new_code() != code


@pytest.mark.parametrize(
    ("name", "can_be"),
    [
        ("Łucja Żółć-O’Neill", True),
        ("נועה צה״ל ג׳ורג׳", True),
        ("Ελένη Юлия", True),
        ("周杰倫", False),
        ("Zoë 👩", False),
        ("\u202eAnna", False),
        ("a\nb", False),
    ],
)
def test_only_names_that_can_be_printed_are_taken(name: str, can_be: bool) -> None:
    assert rules.can_be_written(name) is can_be
    assert rules.can_be_written(rules.as_writable(name.replace("\n", "").replace("\u202e", "")).replace("□", ""))
