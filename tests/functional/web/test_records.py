"""Signed records: made by their holder alone, checked by anyone, and evidence for a coordinator, who decides."""

import io
import json
import re
from datetime import timedelta

import pypdf
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service import journey
from service.completion.recognition_operations import NewStep
from service.completion.recognition_rules import StepKind
from service.db import transaction, utc_now
from service.people.models import Membership, Role
from service.platforms.models import AuditEvent
from service.records.keys import rotate_key
from service.records.models import AttachedRecord, TrainingRecord
from tests.functional.web.conftest import ORIGIN, Browser
from tests.functional.web.test_training import count, hand_in, hidden
from tests.makers import make_catalogue, make_member, make_platform

NAME = "נועה Bar-Lev בדויה"
FORM = {"whose": "lms", "language": "en", "consent": "yes", "picked": "roles"}


@pytest.fixture
def holder(browse, database: sessionmaker[Session], members: dict[Role, Membership]) -> Browser:
    """A mentee who has completed the one module that they need."""
    with transaction(database) as session:
        session.merge(members[Role.MENTEE]).person.name = NAME
    browser = browse(Role.MENTEE)
    for exercise in ("first", "second"):
        hand_in(browser, exercise)
    return browser


def make(browser: Browser, of: str = "record", **given: str):
    page = browser.get(browser.path(f"/records/new?of={of}")).text
    return browser.post(browser.path("/records"), hidden(page, "/records") | FORM | given)


def latest(browser: Browser) -> tuple[str, str]:
    """Return the address of the newest record below the course, and its code."""
    page = browser.get(browser.path("/records")).text
    address, code = (re.search(pattern, page) for pattern in (r'href="([^"]+)/record\.pdf"', r"/verify/(\w+)"))
    assert address
    assert code
    return address[1], code[1]


def fetch(browser: Browser) -> dict:
    return json.loads(browser.get(f"{latest(browser)[0]}/record.json").text)


def check(browser: Browser, credential: object) -> str:
    return browser.post("/verify", {"text": json.dumps(credential)}).text


def test_a_record_is_made_by_its_holder_and_checked_by_a_stranger(holder: Browser, browse) -> None:
    assert make(holder).status_code == 303
    _, code = latest(holder)
    stranger = browse()
    answer = stranger.get(f"/verify/{code}")
    for words in ("Valid", "About roles", "Made out to", NAME, "Example University"):
        assert words in answer.text
    assert (answer.headers["X-Robots-Tag"], answer.headers["Referrer-Policy"]) == ("noindex, nofollow", "no-referrer")
    by_hand = " " + "-".join(code[at : at + 5] for at in range(0, 26, 5)).lower().replace("0", "o") + " "
    for data in ({"code": by_hand}, {"code": f"{ORIGIN}/verify/{code}"}):
        assert NAME in stranger.post("/verify", data).text
    assert "Valid" in check(stranger, fetch(holder))


def test_what_the_holder_does_not_choose_is_not_in_it(holder: Browser, browse) -> None:
    make(holder, whose="nobody")
    credential = fetch(holder)
    assert "identifier" not in credential["credentialSubject"]
    text = json.dumps(credential, ensure_ascii=False)
    assert NAME not in text
    assert holder.member.person.public_id not in text
    assert latest(holder)[1] not in text, "whoever is given the data is not given the code"
    assert "The record names nobody." in check(browse(), credential)


def test_a_name_that_the_holder_wrote_is_called_so(holder: Browser, browse) -> None:
    make(holder, whose="own", name="  Noa   Bar-Lev ")
    assert "The holder wrote this name" in check(browse(), fetch(holder))
    address = latest(holder)[0]
    assert (
        "Name as written by the holder"
        in pypdf.PdfReader(io.BytesIO(holder.get(f"{address}/record.pdf").data)).pages[0].extract_text()
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"picked": "stages"}, "Choose at least one module."),
        ({"consent": ""}, "a record is made only if you want it"),
        ({"whose": ""}, "Choose whose name the record carries."),
        ({"whose": "own", "name": " "}, "Write the name, or choose a record without a name."),
        ({"whose": "own", "name": "周杰倫"}, "others cannot be printed"),
        ({"whose": "own", "name": "\u202eannA"}, "others cannot be printed"),
        ({"whose": "own", "name": "<b>" + "A" * 100}, "&lt;b&gt;AAA"),
    ],
)
def test_a_form_that_cannot_be_taken_comes_back_as_it_was(holder: Browser, given: dict[str, str], words: str) -> None:
    refused = make(holder, **given)
    assert refused.status_code == 422
    assert words in refused.text
    assert "One thing needs a change" in refused.text
    assert given.get("name", "").strip() in refused.text.replace("&lt;b&gt;", "<b>")
    assert "/record.pdf" not in holder.get(holder.path("/records")).text


def test_one_form_makes_one_record_however_often_it_is_sent(holder: Browser, database) -> None:
    page = holder.get(holder.path("/records/new?of=record")).text
    for _ in range(2):
        assert holder.post(holder.path("/records"), hidden(page, "/records") | FORM).status_code == 303
    with transaction(database, reads_only=True) as session:
        [record] = session.scalars(select(TrainingRecord))
        audit = session.scalars(select(AuditEvent).filter_by(kind="record.issued")).one()
        assert audit.detail == {"record": record.public_id, "scope": "record"}


def test_only_what_is_complete_can_be_certified(holder: Browser, browse) -> None:
    for of in ("course:basics", "path:mentor", "course:nothing", "nonsense"):
        assert holder.get(holder.path(f"/records/new?of={of}")).status_code == 404
    assert holder.get(holder.path("/records/new?of=path:mentee")).status_code == 200
    mentor = browse(Role.MENTOR)
    assert "as soon as the first module is completed" in mentor.get(mentor.path("/records/new")).text
    assert mentor.post(mentor.path("/records"), FORM | {"scope": "record", "ticket": "x"}).status_code == 404
    assert "as soon as the first module is completed" in mentor.get(mentor.path("/records")).text


def test_withdrawn_it_shows_nothing_any_more(holder: Browser, browse) -> None:
    make(holder)
    (address, code), credential, stranger = latest(holder), fetch(holder), browse()
    assert holder.post(f"{address}/withdraw", {}).status_code == 303
    for page in (stranger.get(f"/verify/{code}").text, check(stranger, credential)):
        assert "The holder has withdrawn this record." in page
        assert NAME not in page
    assert holder.get(f"{address}/record.pdf").status_code == 404
    listed = stranger.get("/records/withdrawn.json")
    assert [one["id"] for one in listed.json["revokedCredentials"]] == [credential["id"]]
    assert code not in listed.text


def test_more_records_cost_no_more_statements(app, holder: Browser) -> None:
    page = lambda: holder.get(holder.path("/records"))  # noqa: E731
    make(holder)
    few = count(app, page)
    for _ in range(3):
        make(holder)
    assert count(app, page) == few


def test_a_newer_one_replaces_it_and_what_it_says_stays_true(holder: Browser, browse) -> None:
    make(holder)
    address, code = latest(holder)
    make(holder, replaces=address.rpartition("/")[2])
    assert "there is a newer one" in browse().get(f"/verify/{code}").text
    for unknown in ("nothing", "\0"):
        assert make(holder, replaces=unknown).status_code == 404
    assert make(holder, ticket="\0").status_code == 422


def test_what_staff_take_back_is_no_longer_vouched_for(holder: Browser, browse, database, members) -> None:
    catalogue, at = make_catalogue(), utc_now()
    with transaction(database) as session:
        staff, mentor = session.merge(members[Role.COORDINATOR]), session.merge(members[Role.MENTOR])
        seen = NewStep(StepKind.RECORDED, "In class.", 0, at - timedelta(days=3))
        journey.take_step(session, catalogue, staff, mentor.person_id, "roles", seen, at=at)
    browser = browse(Role.MENTOR)
    make(browser)
    credential = fetch(browser)
    assert "known already, recognised by a coordinator" in check(browse(), credential)
    with transaction(database) as session:
        staff, mentor = session.merge(members[Role.COORDINATOR]), session.merge(members[Role.MENTOR])
        undone = NewStep(StepKind.UNDONE, "It was someone else.", 1)
        journey.take_step(session, catalogue, staff, mentor.person_id, "roles", undone, at=at)
    assert "No longer true in every part" in check(browse(), credential)


def test_a_record_is_its_holder_s_alone(app, holder: Browser, browse, database) -> None:
    make(holder)
    address, _ = latest(holder)
    with transaction(database) as session:
        twin = make_member(session, "mentee-1", Role.MENTEE, platform=make_platform(session, "https://other.example"))
    staff, stranger = browse(Role.COORDINATOR), Browser(app, twin)
    record_id = address.rpartition("/")[2]
    for ending in ("record.json", "record.pdf"):
        assert staff.get(f"{address}/{ending}").status_code == 403
        assert stranger.get(f"{address}/{ending}").status_code == 401
        assert stranger.get(stranger.path(f"/records/{record_id}/{ending}")).status_code == 404
    assert stranger.post(stranger.path(f"/records/{record_id}/withdraw"), {}).status_code == 404
    training = staff.get(staff.path(f"/people/{holder.member.public_id}/training")).text
    assert "This person has one signed record of their training." in training
    assert record_id not in training


def test_keys_are_published_and_a_record_outlives_their_rotation_but_not_their_leak(
    holder: Browser, browse, database
) -> None:
    make(holder)
    credential, stranger = fetch(holder), browse()
    document = stranger.get("/did.json").json
    assert document == stranger.get("/.well-known/did.json").json
    assert document["id"] == credential["issuer"]["id"] == "did:web:tool.example"
    assert credential["proof"]["verificationMethod"] in document["assertionMethod"]
    for has_leaked, words in ((False, "Valid"), (True, "does not publish this key")):
        with transaction(database) as session:
            rotate_key(session, "pages-" * 8, has_leaked=has_leaked, at=utc_now())
        assert words in check(stranger, credential)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("", "Enter the code, or choose the file."),
        ("%PDF-1.7", "This is the PDF."),
        ("PK\x03\x04", "This is not a record."),
        ("[" * 60_000, "This is not a record."),
        ('{"a":' * 10_000, "This is not a record."),
        ('{"id": 1, "id": 2}', "This is not a record."),
        ('{"id": NaN}', "This is not a record."),
        ('{"id": 1e999}', "This is not a record."),
        ('{"id": "\\ud800"}', "This is not a record."),
        ('{"id": "\\u0000"}', "This is not a record."),
        ('{"id": ' + "9" * 5000 + "}", "This is not a record."),
        ("{}", "This is not a record."),
        ("[1]", "This is not a record."),
        (" " * 70_000 + "{}", "This is larger than any record."),
    ],
)
def test_what_is_no_record_is_refused_in_words_and_never_unpacked(browse, sent: str, words: str) -> None:
    stranger = browse()
    answers = [stranger.post("/verify", {"text": sent})]
    answers.append(stranger.post("/verify", {"file": (io.BytesIO(sent.encode()), "record.json")}))
    for answer in answers:
        assert (answer.status_code, words in answer.text) == (422, True)


def test_a_megabyte_is_not_read(browse) -> None:
    sent = {"data": b"text=" + b"%7B" * 2**20, "content_type": "application/x-www-form-urlencoded"}
    answer = browse().client.post("/verify", base_url=ORIGIN, headers={"Sec-Fetch-Site": "same-origin"}, **sent)
    assert answer.status_code == 413


def test_unknown_codes_all_get_the_same_answer(browse) -> None:
    stranger = browse()
    answers = [stranger.get(f"/verify/{code}") for code in ("x", "0" * 26, "%F0%9F%A4%94", "-", "A" * 26)]
    assert {answer.status_code for answer in answers} == {200}
    pages = {re.sub(r".*<main|</main>.*", "", answer.text, flags=re.DOTALL) for answer in answers}
    assert len(pages) == 1
    assert "No record has this code." in pages.pop()


def test_whoever_asks_too_often_waits(app, browse, monkeypatch) -> None:
    monkeypatch.setattr(app.extensions["verification_rate"], "_most", 2)
    stranger = browse()
    assert [stranger.get("/verify").status_code for _ in range(3)][-1] == 429


def test_a_record_is_evidence_and_a_person_decides(holder: Browser, browse, app, database, members) -> None:
    make(holder)
    code, credential = latest(holder)[1], fetch(holder)
    with transaction(database) as session:
        foreign = make_platform(session, "https://other.example")
        asker = Browser(app, make_member(session, "same-human", Role.MENTEE, platform=foreign))
        staff = Browser(app, make_member(session, "staff-9", Role.COORDINATOR, platform=foreign))
    path = asker.path("/modules/roles/prior-learning")
    fields = hidden(asker.get(path).text, path, "asked") | {"text": "Done at the other university."}
    forged = credential | {"name": "More"}
    for wrong, words in (
        ({"record_code": "0" * 26}, "No record has this code."),
        ({"record_file": (io.BytesIO(json.dumps(forged).encode()), "r.json")}, "was changed after it was signed"),
        ({"record_file": (io.BytesIO(b"PK"), "r.json")}, "This is not a record."),
    ):
        refused = asker.post(path, fields | wrong)
        assert (refused.status_code, words in refused.text) == (422, True)
        assert "Done at the other university." in refused.text
    assert asker.post(path, fields | {"record_code": code}).status_code == 303
    assert "Attached record" in asker.get(path).text
    address = staff.path(f"/people/{asker.member.public_id}/training/roles")
    page = staff.get(address).text
    for words in ("Attached record", NAME, "did:web:tool.example", "About roles", "Decision on this module"):
        assert words in page
    assert "Recognised by" not in asker.get(asker.path("/readiness")).text
    holder.post(f"{latest(holder)[0]}/withdraw", {})
    page = staff.get(address).text
    assert "The holder has withdrawn this record." in page
    assert NAME not in page
    with transaction(database, reads_only=True) as session:
        assert len(session.scalars(select(AttachedRecord)).all()) == 1


@pytest.mark.parametrize(
    ("language", "title", "right_to_left"),
    [
        ("en", "Certificate of completion", False),
        ("pl", "Zaświadczenie o ukończeniu", False),
        ("he", "תעודת סיום", True),
    ],
)
def test_a_certificate_is_tagged_embeds_its_letters_and_runs_in_the_right_direction(
    holder: Browser, language: str, title: str, right_to_left: bool
) -> None:
    make(holder, "path:mentee", language=language)
    address, code = latest(holder)
    answer = holder.get(f"{address}/record.pdf")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.data == holder.get(f"{address}/record.pdf").data
    reader = pypdf.PdfReader(io.BytesIO(answer.data))
    root = reader.trailer["/Root"]
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"]) == (language, True)
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata
    assert reader.metadata.title.replace("\u00a0", " ") == f"{title} – {NAME}"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    assert {"/H1", "/H2", "/Table", "/TH", "/Figure", "/Link"} <= set(_tags(root["/StructTreeRoot"]))
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"]
        assert {"/FontFile2", "/FontFile3"} & set(descriptor)
    assert json.loads(reader.attachments["record.json"][0]) == fetch(holder)
    # In this mode the text is as it stands on the sheet, from left to right.
    text = reader.pages[0].extract_text(extraction_mode="layout").replace("\u00a0", " ")
    lines = [line.strip() for line in text.splitlines()]
    assert (title[::-1] if right_to_left else title) in lines
    assert "היודב Bar-Lev העונ" in lines if right_to_left else True
    assert f"{ORIGIN}/verify/{code}" in "".join(lines)


def _tags(node) -> list[str]:
    node = node.get_object()
    if isinstance(node, list):
        return [tag for inner in node for tag in _tags(inner)]
    if not isinstance(node, dict):
        return []
    return [*([node["/S"]] if "/S" in node else []), *(_tags(node["/K"]) if "/K" in node else [])]
