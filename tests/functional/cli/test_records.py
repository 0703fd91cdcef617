"""Records from the command line: checked without database or network, keys, and whose records count."""

import json
from pathlib import Path

import pytest
from sqlalchemy.orm import Session, sessionmaker

from service.db import transaction
from service.people.models import Role
from service.records.keys import Signer, own_key_document
from service.records.operations import issue, withdraw, withdrawn_list
from service.records.rules import RECORD, Finished, Holder, Scope, Statement
from tests.functional.cli.conftest import Run
from tests.makers import AT, make_member

ADDRESS = "https://tool.example"
MODULE = Finished("roles", "Rola / תפקיד", 3, AT.date(), is_recognised=False, valid_until=None)
STATEMENT = Statement(Scope(RECORD), "pl", "Zapis", "Co ukończono.", "Tak.", Holder("Łucja Żółć"), [MODULE], [])


@pytest.fixture
def files(sessions: sessionmaker[Session], tmp_path: Path) -> dict[str, Path]:
    """What someone has at hand: two records, the second withdrawn, the keys, and the list of those withdrawn."""
    with transaction(sessions) as session:
        member = make_member(session, "mentor-1", Role.MENTOR)
        signer = Signer("commands-" * 5, ADDRESS)
        first, second = (issue(session, member, STATEMENT, ticket, signer, at=AT) for ticket in ("1", "2"))
        withdraw(session, member, second.public_id, at=AT)
        found = {
            "record": first.credential,
            "ended": second.credential,
            "changed": first.credential | {"name": "Dyplom"},
            "keys": own_key_document(session, ADDRESS),
            "withdrawn": withdrawn_list(session, ADDRESS),
        }
    paths = {name: tmp_path / f"{name}.json" for name in found}
    for name, path in paths.items():
        path.write_text(json.dumps(found[name]), encoding="utf-8")
    return paths


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("record", 0, "Valid: it is as it was signed."),
        ("ended", 1, "Withdrawn by its holder."),
        ("changed", 1, "NOT VALID: it was changed"),
    ],
)
def test_a_record_is_checked_with_the_files_alone(
    run: Run, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch, name: str, status: int, words: str
) -> None:
    with_database = run("records", "verify", str(files[name]))
    monkeypatch.delenv("MENTORREADY_DATABASE_URL")
    options = ("--keys", str(files["keys"]), "--withdrawn", str(files["withdrawn"]))
    for result in (with_database, run("records", "verify", str(files[name]), *options)):
        assert (result.exit_code, words in result.output) == (status, True)
        assert ("Rola / תפקיד, version 3" in result.output) == (status == 0)


def test_the_keys_of_someone_else_prove_nothing(run: Run, files: dict[str, Path], tmp_path: Path) -> None:
    document = json.loads(files["keys"].read_text())
    other = tmp_path / "other.json"
    other.write_text(json.dumps(document | {"id": "did:web:other.example"}))
    assert "not the keys of its issuer" in run("records", "verify", str(files["record"]), "--keys", str(other)).output
    document["verificationMethod"][0]["controller"] = "did:web:other.example"
    other.write_text(json.dumps(document))
    assert "does not publish the key" in run("records", "verify", str(files["record"]), "--keys", str(other)).output


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"id": "did:web:x", "verificationMethod": [{"type": "Multikey"}]}'])
def test_a_file_without_keys_is_refused_in_words(run: Run, files: dict[str, Path], text: str) -> None:
    files["keys"].write_text(text)
    for command in (("verify", str(files["record"]), "--keys", str(files["keys"])), ("trust", str(files["keys"]))):
        result = run("records", *command)
        assert result.exit_code == 1
        assert result.exception


def test_keys_rotate_and_a_leak_ends_what_they_signed(run: Run, files: dict[str, Path]) -> None:
    assert "2 published in all" in run("records", "rotate-key").output
    published = json.loads(run("records", "keys").output)
    assert len(published["assertionMethod"]) == 2
    assert run("records", "verify", str(files["record"])).exit_code == 0
    assert "1 published in all" in run("records", "rotate-key", "--leaked").output
    assert "does not publish the key" in run("records", "verify", str(files["record"])).output


def test_issuers_are_trusted_listed_and_no_longer_trusted(run: Run, files: dict[str, Path]) -> None:
    document = json.loads(files["keys"].read_text())
    text = json.dumps(document).replace("did:web:tool.example", "did:web:other.example")
    files["keys"].write_text(text)
    for name in ("First", "Other University"):
        assert run("records", "trust", str(files["keys"]), "--name", name).exit_code == 0
    assert run("records", "issuers").output.startswith("did:web:other.example  Other University  since ")
    assert run("records", "distrust", "did:web:other.example").exit_code == 0
    assert run("records", "issuers").output == ""
    assert run("records", "distrust", "did:web:other.example").exit_code == 1
