"""What a record says and how: its code, its scope, and the Open Badge 3.0 credential that is signed.

Words in brackets name classes of the Open Badges Specification 3.0, section B.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import quote, urlsplit
from uuid import uuid4

from service.db import Json

CONTEXTS = ("https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json")
TERMS = {
    "moduleKey": "https://schema.org/identifier",
    "contentVersion": "https://schema.org/version",
    "finishedOn": "https://schema.org/endDate",
    "holdsUntil": "https://schema.org/expires",
    "evidenceKind": "https://schema.org/evidenceOrigin",
    "nameSource": "https://schema.org/creditText",
}
"""What we say beyond the standard's own words."""
REVOCATION_TYPE = "1EdTechRevocationList"
_CODE_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
CODE_LENGTH = 26
"""Letters of five bits each: 130 bits, which nobody guesses."""
LONGEST_NAME = 100
_WRITABLE = (
    *((0x20, 0x7E), (0xA0, 0x24F), (0x2BC, 0x2BC), (0x300, 0x36F), (0x38E, 0x3A1), (0x3A3, 0x3CE), (0x400, 0x477)),
    *((0x5B0, 0x5C3), (0x5D0, 0x5EA), (0x5F0, 0x5F4), (0x1E00, 0x1EFF), (0x2010, 0x2037), (0x20AC, 0x20AC)),
)
"""What the typeface of the PDF has of Latin, Greek, Cyrillic, Hebrew, and of what stands between them."""
_ISOLATES = "\u2068\u2069"
RECORD, COURSE, PATH = "record", "course", "path"


@dataclass(frozen=True)
class Scope:
    """What is certified: what the holder picks (RECORD), a whole course of the content, or all that a role needs."""

    kind: str
    key: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.key}" if self.key else self.kind

    @classmethod
    def from_text(cls, text: str) -> "Scope":
        """Return the scope that `str` wrote."""
        kind, _, key = text.partition(":")
        return cls(kind, key)


@dataclass(frozen=True)
class Finished:
    """A module that is complete."""

    key: str
    title: str
    version: int
    on: date
    is_recognised: bool
    """Whether it counts as done because a person of staff said so."""
    valid_until: date | None


@dataclass(frozen=True)
class Reached:
    """An outcome that is reached, and by what: kinds of `modules.requirements.Kind`, or "recognised"."""

    key: str
    """Of its course and its own, `course/outcome`."""
    words: str
    on: date
    evidence: Sequence[str]


@dataclass(frozen=True)
class Holder:
    """The name as it is to be shown, "" for none, and whether the holder wrote it instead of the LMS."""

    name: str
    is_own: bool = False


@dataclass(frozen=True)
class Statement:
    """What is stated, in the words of one language."""

    scope: Scope
    language: str
    title: str
    description: str
    criteria: str
    holder: Holder
    modules: Sequence[Finished]
    outcomes: Sequence[Reached]


def new_code() -> str:
    """Return a new code, in the letters of Crockford's base32."""
    return "".join(secrets.choice(_CODE_LETTERS) for _ in range(CODE_LENGTH))


def read_code(text: str) -> str:
    """Return the code that someone typed or pasted, also as the end of an address; "" if it cannot be one."""
    code = text.strip().rstrip("/").rpartition("/")[2].upper().translate(_MISREAD)
    return code if len(code) == CODE_LENGTH and set(code) <= set(_CODE_LETTERS) else ""


def grouped(code: str) -> str:
    """Return the code as it is printed: in groups of five."""
    return "-".join([code[:5], code[5:10], code[10:15], code[15:20], code[20:]])


def can_be_written(text: str) -> bool:
    """Say whether the PDF can show all of the text, and nothing in it turns the direction."""
    return all(letter.isprintable() and _is_writable(letter) for letter in text)


def as_writable(text: str) -> str:
    """Return the text with a box for each letter that the PDF cannot show; our own isolates stay."""
    return "".join(letter if _is_writable(letter) or letter in _ISOLATES else "□" for letter in text)


def _is_writable(letter: str) -> bool:
    return any(low <= ord(letter) <= high for low, high in _WRITABLE)


def did_of(base_url: str) -> str:
    """Return who we are as an issuer: a `did:web`, whose key document stands at our own address."""
    parts = urlsplit(base_url)
    path = [quote(step, safe="") for step in parts.path.split("/") if step]
    return ":".join(["did:web", quote(parts.netloc, safe=""), *path])


def key_document(did: str, multikeys: Sequence[str]) -> Json:
    """Return the DID document that publishes these keys (Controlled Identifiers 1.0, section 2)."""
    methods = [
        {"id": f"{did}#{multikey}", "type": "Multikey", "controller": did, "publicKeyMultibase": multikey}
        for multikey in multikeys
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


def credential_of(statement: Statement, issuer_name: str, base_url: str, *, at: datetime) -> Json:
    """Return the statement as an [AchievementCredential], to be signed."""
    records = f"{base_url}/records"
    results = [_module_result(module, records) for module in statement.modules]
    results += [_outcome_result(outcome, records) for outcome in statement.outcomes]
    subject: Json = {
        # Nobody is told apart or found again by it: each record has its own.
        "id": uuid4().urn,
        "type": ["AchievementSubject"],
        "achievement": {
            "id": f"{records}#{statement.scope}",
            "type": ["Achievement"],
            "achievementType": "LearningProgram" if statement.scope.kind == RECORD else "CertificateOfCompletion",
            "name": statement.title,
            "description": statement.description,
            "criteria": {"narrative": statement.criteria},
            "inLanguage": statement.language,
            "resultDescription": [description for description, _ in results],
        },
        "result": [result for _, result in results],
    }
    if statement.holder.name:
        subject["identifier"] = [
            {
                "type": "IdentityObject",
                "identityType": "name",
                "identityHash": statement.holder.name,
                "hashed": False,
                "nameSource": "holder" if statement.holder.is_own else "lms",
            }
        ]
    return {
        "@context": [*CONTEXTS, dict(TERMS)],
        "id": uuid4().urn,
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": statement.title,
        "issuer": {"id": did_of(base_url), "type": ["Profile"], "name": issuer_name, "url": base_url},
        "validFrom": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "credentialSubject": subject,
        "credentialStatus": {"id": f"{records}/withdrawn.json", "type": REVOCATION_TYPE},
    }


def _module_result(module: Finished, records: str) -> tuple[Json, Json]:
    """Return a [ResultDescription] and its [Result]; key and version are for whoever teaches the same content."""
    more: Json = {"moduleKey": module.key, "contentVersion": str(module.version)}
    evidence = ["recognised"] if module.is_recognised else ["completed"]
    described, result = _result(f"{records}#module:{module.key}:{module.version}", module.title, module.on, evidence)
    if module.valid_until:
        result["holdsUntil"] = module.valid_until.isoformat()
    return described | more, result


def _outcome_result(outcome: Reached, records: str) -> tuple[Json, Json]:
    return _result(f"{records}#outcome:{outcome.key}", outcome.words, outcome.on, outcome.evidence)


def _result(address: str, name: str, on: date, evidence: Sequence[str]) -> tuple[Json, Json]:
    described = {"id": address, "type": ["ResultDescription"], "name": name, "resultType": "Status"}
    result = {
        "type": ["Result"],
        "resultDescription": address,
        "status": "Completed",
        "finishedOn": on.isoformat(),
        "evidenceKind": list(evidence),
    }
    return described, result
