"""Digests and their way to a real mail server: made once, sent once, whatever the server does meanwhile."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, select, update
from sqlalchemy.orm import Session, sessionmaker

from service.config import Settings
from service.db import transaction
from service.notices import choices, digests, outbox
from service.notices.models import Mail, MailChoice
from service.notices.operations import add_notices
from service.notices.render import make_message, stop_token
from service.notices.rules import FORUM_KINDS, READINESS, Cadence, MailState, NoticeKind, about_thread
from service.notices.sender import SendReport, send_due
from service.notices.urgent import tell_at_once
from service.people.models import Membership, Person
from tests.features.notices.mail_server import Mailbox, certificate, mail_server
from tests.makers import AT, make_member

NEXT_DAY = AT + timedelta(days=1)
HOSTILE = "<script>alert(1)</script>\r\nBcc: all@example.org"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


@pytest.fixture
def settings(mailbox: Mailbox) -> Settings:
    return settings_for(f"smtp://127.0.0.1:{mailbox.port}")


def settings_for(url: str) -> Settings:
    return Settings.from_environment(
        {
            "MENTORREADY_DATABASE_URL": "sqlite://",
            "MENTORREADY_SECRET_KEY": "mails-" * 8,
            "MENTORREADY_BASE_URL": "https://tool.example",
            "MENTORREADY_SMTP_URL": url,
            "MENTORREADY_MAIL_FROM": "mentorready@tool.example",
            "MENTORREADY_BOUNCE_ADDRESS": "bounces@tool.example",
        }
    )


def told(sessions: sessionmaker[Session], *names: str, email: str = "{name}@reader.example", **person: str) -> None:
    """Let members of a course be reminded."""
    with transaction(sessions) as session:
        members = []
        for name in names:
            member = make_member(session, name)
            member.person.email = email.format(name=name)
            for field, value in person.items():
                setattr(member.person, field, value)
            members.append(member.id)
        session.flush()
        add_notices(session, members, NoticeKind.REMINDER, READINESS, at=AT)


def make_all(sessions: sessionmaker[Session], at: datetime = NEXT_DAY) -> int:
    return digests.make_due(sessions, clock=lambda: at)


def send(sessions: sessionmaker[Session], settings: Settings, at: datetime = NEXT_DAY) -> SendReport:
    return send_due(sessions, settings, clock=lambda: at)


def states(sessions: sessionmaker[Session]) -> dict[str, MailState]:
    with sessions() as session:
        return {mail.address.partition("@")[0]: mail.state for mail in session.scalars(select(Mail))}


def test_a_digest_comes_at_the_hour_once_and_again_only_for_something_new(sessions, settings, mailbox) -> None:
    told(sessions, "anna")
    with sessions() as session:
        due = session.scalars(select(MailChoice.next_at)).one()
    assert due == AT.replace(hour=8) + timedelta(days=1), "AT is after eight, by the clocks of UTC"
    assert make_all(sessions, due - timedelta(minutes=1)) == 0
    for day in range(3):
        make_all(sessions, due + timedelta(days=day))
        send(sessions, settings, due + timedelta(days=day))
    assert mailbox.addresses == ["anna@reader.example"]
    with transaction(sessions) as session:
        member = make_member(session, "anna")
        add_notices(session, [member.id], NoticeKind.REMINDER, READINESS, at=due + timedelta(days=3))
        member.person.email = "anna@reader.example"
    make_all(sessions, due + timedelta(days=4))
    send(sessions, settings, due + timedelta(days=4))
    assert len(mailbox.received) == 2


def test_a_mail_says_why_it_comes_where_to_read_and_how_to_stop(sessions, settings, mailbox) -> None:
    told(sessions, "anna", launch_language="pl", name=HOSTILE)
    with transaction(sessions) as session:
        member = make_member(session, "anna")
        member.course.title, member.person.name = HOSTILE, HOSTILE
        member.course.return_url = "https://lms.example/course/view?id=7"
        member.person.email, member.person.launch_language = "anna@reader.example", "pl"
        for number in range(5):
            add_notices(session, [member.id], NoticeKind.FORUM_POST, about_thread("community", str(number)), at=AT)
    make_all(sessions)
    send(sessions, settings)
    [(sender, mail)] = mailbox.received
    assert mail["Subject"] == "Co nowego dla Ciebie w\N{NO-BREAK SPACE}MentorReady"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Bcc"] is None
    with sessions() as session:
        [public_id] = session.scalars(select(Mail.public_id))
        [person_id] = session.scalars(select(Person.public_id))
    stop = f"https://tool.example/mail/stop/{stop_token(settings, person_id)}"
    assert mail["List-Unsubscribe"] == f"<{stop}>"
    assert sender == f"bounces+{public_id}@tool.example"
    assert mail["Message-ID"] == f"<{public_id}@tool.example>"
    text, html = parts(mail)
    for part in (text, html):
        assert "Coś nowego w\N{NO-BREAK SPACE}5 rozmowach na forum „Społeczność mentorów”" in part
        assert "https://lms.example/course/view?id=7" in part
        assert stop in part
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert not any(word in html for word in ("<img", "src=", "url(", "@import")), (
        "nothing is fetched, nobody is tracked"
    )


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    return text.get_content(), html.get_content()


def test_a_hebrew_mail_runs_from_right_to_left_in_each_cell(sessions, settings, mailbox) -> None:
    told(sessions, "noa", launch_language="he")
    make_all(sessions, NEXT_DAY)
    send(sessions, settings)
    [(_, mail)] = mailbox.received
    _, html = parts(mail)
    assert html.count("<td") - html.count("<td height") == html.count('<td dir="rtl" align="right"')
    assert '<body dir="rtl"' in html
    assert "\u05d0" <= mail["Subject"][0] <= "\u05ea"


ANSWERS = (
    ("550 5.1.1 <x@reader.example> nobody here", "", MailState.REFUSED, True),
    ("550 no such user", "", MailState.REFUSED, True),
    ("450 4.2.0 greylisted", "", MailState.WAITING, False),
    ("552 5.2.2 mailbox full", "", MailState.WAITING, False),
    ("550 5.7.1 relaying denied", "", MailState.WAITING, False),
    ("550 relay not permitted", "", MailState.WAITING, False),
    ("553 5.1.8 who is tool.example?", "", MailState.WAITING, False),
    ("", "554 5.6.0 not this mail", MailState.REFUSED, False),
    ("", "451 later", MailState.WAITING, False),
    ("", "drop", MailState.WAITING, False),
    ("", "421 too many", MailState.WAITING, False),
    ("", "", MailState.SENT, False),
)
"""What the server says to the recipient and to the mail, what the mail is then, and whether its address is bad."""


def test_what_the_server_answers_decides(sessions, settings, mailbox) -> None:
    names = [f"reader{number}" for number in range(len(ANSWERS))]
    told(sessions, *names)
    for name, (recipient, data, _, _) in zip(names, ANSWERS, strict=True):
        mailbox.to_recipient |= {f"{name}@reader.example": recipient} if recipient else {}
        mailbox.to_data |= {f"{name}@reader.example": data} if data else {}
    make_all(sessions)
    for run in range(4):
        send(sessions, settings, NEXT_DAY + run * timedelta(seconds=15))
    assert states(sessions) == {name: answer[2] for name, answer in zip(names, ANSWERS, strict=True)}
    assert mailbox.addresses == [f"{names[-1]}@reader.example"]
    with sessions() as session:
        refused = choices.list_refused(session, session.scalars(select(Membership.course_id).limit(1)).one())
        bad = {f"{name}@reader.example" for name, answer in zip(names, ANSWERS, strict=True) if answer[3]}
        assert {member.person.email for member, _ in refused} == bad
        assert not any("@" in choice.refusal for _, choice in refused), "staff may not know the address"


def test_an_address_that_takes_none_gets_none_until_it_changes(sessions, settings, mailbox) -> None:
    mailbox.to_recipient = {"bad@reader.example": "550 5.1.1 nobody"}
    told(sessions, "bad")
    make_all(sessions)
    send(sessions, settings)
    told(sessions, "bad")
    with transaction(sessions) as session:
        session.execute(update(MailChoice).values(next_at=NEXT_DAY))
    assert make_all(sessions) == 0
    told(sessions, "bad", email="new@reader.example")
    with transaction(sessions) as session:
        session.execute(update(MailChoice).values(next_at=NEXT_DAY))
    make_all(sessions)
    send(sessions, settings)
    assert mailbox.addresses == ["new@reader.example"]


def test_a_server_that_is_down_for_a_day_loses_nothing_and_doubles_nothing(sessions) -> None:
    with mail_server() as gone:
        settings = settings_for(f"smtp://127.0.0.1:{gone.port}")
    told(sessions, *(f"reader{number}" for number in range(25)))
    make_all(sessions)
    at = NEXT_DAY
    while at < NEXT_DAY + timedelta(days=1):
        assert send(sessions, settings, at).problem
        at += timedelta(hours=2)
    assert set(states(sessions).values()) == {MailState.WAITING}
    with mail_server(gone.port) as mailbox:
        for hours in range(0, 6, 2):
            send(sessions, settings, at + timedelta(hours=hours))
        assert sorted(mailbox.addresses) == sorted(f"reader{number}@reader.example" for number in range(25))
    assert set(states(sessions).values()) == {MailState.SENT}


def test_a_mail_that_was_taken_but_not_confirmed_comes_again_with_the_same_id(sessions, settings, mailbox) -> None:
    told(sessions, "anna")
    mailbox.to_data = {"anna@reader.example": "lose"}
    make_all(sessions)
    send(sessions, settings)
    mailbox.to_data = {}
    send(sessions, settings, NEXT_DAY + timedelta(hours=1))
    assert len(mailbox.received) == 2
    assert len({(mail["Message-ID"], mail["Date"]) for _, mail in mailbox.received}) == 1


def test_a_sender_that_is_killed_gives_back_what_it_held(sessions, settings, mailbox) -> None:
    told(sessions, "anna")
    make_all(sessions)
    with transaction(sessions) as session:
        [claim] = outbox.claim_due(session, limit=20, at=NEXT_DAY)
    assert not send(sessions, settings, NEXT_DAY + timedelta(minutes=9)).states
    send(sessions, settings, NEXT_DAY + timedelta(minutes=11))
    with transaction(sessions) as session:
        late = outbox.finish(session, claim, outbox.Outcome(MailState.WAITING), at=NEXT_DAY, jitter=0)
    assert late is None
    assert states(sessions) == {"anna": MailState.SENT}


def test_two_senders_at_once_send_each_mail_once(sessions, settings, mailbox) -> None:
    told(sessions, *(f"reader{number}" for number in range(30)))
    make_all(sessions)
    senders = [threading.Thread(target=send, args=(sessions, settings)) for _ in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(mailbox.addresses) == sorted(f"reader{number}@reader.example" for number in range(30))


def test_what_is_no_address_gets_no_mail(sessions) -> None:
    told(sessions, "anna", email="a@b.example, c@d.example")
    told(sessions, "jan", email="a@b.example\nBcc: c@d.example")
    assert make_all(sessions) == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda member: setattr(member, "left_at", AT),
        lambda member: setattr(member, "is_test_user", True),
        lambda member: setattr(member.person, "email", ""),
    ],
    ids=["left", "test user", "no longer told"],
)
def test_who_left_or_is_none_gets_no_mail(sessions, change) -> None:
    told(sessions, "anna")
    with transaction(sessions) as session:
        change(session.scalars(select(Membership)).one())
    assert make_all(sessions) == 0


def test_who_stops_the_mails_does_not_even_get_the_one_on_its_way(sessions, settings, mailbox) -> None:
    told(sessions, "anna")
    make_all(sessions)
    with transaction(sessions) as session:
        [person_id] = session.scalars(select(Person.public_id))
        assert choices.stop_mail(session, person_id, at=NEXT_DAY)
        assert session.scalars(select(MailChoice.cadence)).one() is Cadence.NEVER
    send(sessions, settings)
    assert mailbox.received == []
    told(sessions, "anna")
    assert make_all(sessions, NEXT_DAY + timedelta(days=30)) == 0


def test_mails_that_nobody_wants_any_more_hold_up_no_other(sessions, settings, mailbox) -> None:
    told(sessions, *(f"gone{number}" for number in range(45)))
    make_all(sessions)
    with transaction(sessions) as session:
        session.execute(update(Person).values(email="new@reader.example"))
    told(sessions, "anna")
    make_all(sessions, NEXT_DAY + timedelta(minutes=1))
    report = send(sessions, settings, NEXT_DAY + timedelta(minutes=1))
    assert (mailbox.addresses, report.has_more) == (["anna@reader.example"], False)
    assert [state for name, state in states(sessions).items() if name != "anna"] == [MailState.GIVEN_UP] * 45


def test_what_cannot_wait_comes_at_once_and_not_after_weeks_without_a_mail_server(sessions, settings, mailbox) -> None:
    with transaction(sessions) as session:
        member = make_member(session, "anna")
        member.person.email = "anna@reader.example"
        for day, about in ((0, "old"), (20, "new")):
            tell_at_once(session, [member], NoticeKind.SAFETY, about, at=AT + timedelta(days=day))
    send(sessions, settings, AT + timedelta(days=20))
    assert mailbox.addresses == ["anna@reader.example"]
    with sessions() as session:
        found = session.execute(select(Mail.made_at, Mail.state).order_by(Mail.made_at)).all()
    assert [state for _, state in found] == [MailState.GIVEN_UP, MailState.SENT]


def test_a_new_hour_brings_no_second_mail_on_the_same_day_and_old_mails_are_forgotten(sessions) -> None:
    told(sessions, "anna")
    make_all(sessions)
    with transaction(sessions) as session:
        person = session.scalars(select(Person)).one()
        choices.set_wish(session, person, choices.Wish(Cadence.DAILY, 20, 0, "UTC"), at=NEXT_DAY)
        due = session.scalars(select(MailChoice.next_at)).one()
        assert due == NEXT_DAY.replace(hour=20) + timedelta(days=1)
        session.execute(update(Mail).values(next_try_at=None, state=MailState.SENT))
        member = session.scalars(select(Membership)).one()
        add_notices(session, [member.id], NoticeKind.REMINDER, READINESS, at=AT + timedelta(days=39))
        session.execute(update(MailChoice).values(next_at=due))
    assert make_all(sessions, AT + timedelta(days=40)) == 1
    with sessions() as session:
        assert session.scalars(select(Mail.state)).all() == [MailState.WAITING]


@pytest.mark.parametrize(("many", "counted", "has_more"), [(50, 50, False), (51, 50, True)])
def test_a_digest_says_that_there_is_more_only_if_there_is(sessions, many: int, counted: int, has_more: bool) -> None:
    told(sessions, "anna")
    with transaction(sessions) as session:
        [member] = session.scalars(select(Membership.id))
        for number in range(many - 1):
            add_notices(session, [member], NoticeKind.FORUM_POST, about_thread("community", str(number)), at=AT)
    assert make_all(sessions) == 1
    with sessions() as session:
        content = session.scalars(select(Mail.content)).one()
    lines = [line for course in content["courses"] for line in course["lines"]]
    assert (sum(line[2] for line in lines), content["has_more"]) == (counted, has_more)


def test_old_mails_are_forgotten_on_days_without_news_too_and_those_on_their_way_stay(sessions) -> None:
    told(sessions, "anna", "ewa")
    assert make_all(sessions) == 2
    with transaction(sessions) as session:
        session.execute(update(Mail).where(Mail.address.startswith("anna")).values(next_try_at=None))
    for days, left in ((30, {"anna", "ewa"}), (31, {"ewa"})):
        assert make_all(sessions, NEXT_DAY + timedelta(days=days)) == 0
        assert states(sessions).keys() == left


def test_what_was_told_within_half_an_hour_waits_and_what_is_weeks_old_stays_away(sessions) -> None:
    told(sessions, "anna")
    with transaction(sessions) as session:
        session.execute(update(MailChoice).values(next_at=AT))
    assert make_all(sessions, AT + timedelta(minutes=29)) == 0
    with transaction(sessions) as session:
        session.execute(update(MailChoice).values(next_at=AT))
    assert make_all(sessions, AT + timedelta(days=15)) == 0


def test_statements_do_not_grow_with_the_readers(engine: Engine, sessions) -> None:
    sent: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *call: sent.append(call[2]))
    counts = []
    for many in (2, 60):
        told(sessions, *(f"reader{many}-{number}" for number in range(many)))
        sent.clear()
        assert make_all(sessions) == many
        counts.append(len([one for one in sent if not one.startswith("BEGIN")]))
    assert counts[0] == counts[1], counts


def test_the_password_goes_over_tls_that_can_be_trusted_or_not_at_all(sessions, tmp_path: Path, monkeypatch) -> None:
    told(sessions, "anna")
    make_all(sessions)
    asked: list[bytes] = []
    with mail_server() as plain:
        settings = settings_for(f"smtp+starttls://user:pa55word@localhost:{plain.port}")
        assert "STARTTLS" in send(sessions, settings).problem
    with mail_server(certificate=certificate(tmp_path), passwords=asked) as mailbox:
        settings = settings_for(f"smtp+starttls://user:pa55word@localhost:{mailbox.port}")
        assert "CERTIFICATE_VERIFY_FAILED" in send(sessions, settings, NEXT_DAY + timedelta(hours=1)).problem
        assert asked == []
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
        send(sessions, settings, NEXT_DAY + timedelta(hours=2))
        assert asked == [b"pa55word"]
        assert mailbox.addresses == ["anna@reader.example"]
    assert "pa55word" not in repr(settings)


def test_a_message_can_be_made_for_every_kind_in_every_language(settings) -> None:
    lines = [[kind.value, "community" if kind in FORUM_KINDS else "", 2] for kind in NoticeKind]
    for language in ("en", "he", "pl"):
        course = {"title": "", "return_url": "javascript:alert(1)", "lines": lines}
        claim = outbox.Claim(
            1, "a" * 16, 1, "p", "a@b.example", language, {"courses": [course], "has_more": True}, AT, AT
        )
        message = make_message(settings, settings.mail, claim)
        text, html = parts(message)
        assert "javascript" not in text + html
        assert message.as_bytes().isascii()
