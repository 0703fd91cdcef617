"""Mails on the command line: how they stand, and what came back."""

import click.testing
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.cli import cli
from service.db import transaction
from service.notices.models import Mail, MailChoice
from service.notices.operations import add_notices
from service.notices.rules import READINESS, MailState, NoticeKind
from tests.functional.cli.conftest import Run
from tests.makers import AT, make_member
from tests.unit.notices.test_rules import REPORT


@pytest.mark.usefixtures("run")
def test_a_mail_that_comes_back_is_written_down_without_its_address(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        member = make_member(session, "anna")
        add_notices(session, [member.id], NoticeKind.REMINDER, READINESS, at=AT)
        sent = {"public_id": "abcdefghij234567", "person_id": member.person_id, "address": "anna@reader.example"}
        content = {"language": "en", "content": {}, "made_at": AT, "state": MailState.SENT, "sent_at": AT}
        session.add(Mail(**sent, **content))
    report = REPORT.format(action="failed", status="5.1.1").replace("nobody", "<anna@reader.example> nobody")
    runner = click.testing.CliRunner()
    assert "Written down." in runner.invoke(cli, ["mail", "bounce"], input=report).output
    strange = report.replace("abcdefghij234567", "234567abcdefghij")
    assert "no such mail" in runner.invoke(cli, ["mail", "bounce"], input=strange).output
    assert "no report" in runner.invoke(cli, ["mail", "bounce"], input=b"\x00\xff").output
    with sessions() as session:
        assert session.scalars(select(Mail.state)).one() is MailState.BOUNCED
        choice = session.scalars(select(MailChoice)).one()
        assert (choice.refused_address, choice.refusal) == ("anna@reader.example", "5.1.1 … nobody here")


def test_the_queue_is_told(run: Run) -> None:
    assert run("mail", "status").output == "waiting: 0\n"
