"""When a digest is due by the clocks of its reader, which addresses can be mailed, and how long a mail is tried."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.events.rules import ZONES
from service.notices.bounces import read_bounce
from service.notices.rules import Cadence, can_be_mailed, next_digest_at, next_try_at

DAILY, WEEKLY = Cadence.DAILY, Cadence.WEEKLY


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("cadence", "hour", "weekday", "zone", "after", "due"),
    [
        (DAILY, 8, 0, "Europe/Warsaw", "2026-11-22T05:00", "2026-11-22T07:00"),
        (DAILY, 8, 0, "Europe/Warsaw", "2026-11-22T07:00", "2026-11-23T07:00"),
        (DAILY, 8, 0, "Asia/Jerusalem", "2026-07-01T04:00", "2026-07-01T05:00"),
        # Clocks go forward on 29 March 2026, from two to three: eight o'clock comes an hour sooner.
        (DAILY, 8, 0, "Europe/Warsaw", "2026-03-28T07:00", "2026-03-29T06:00"),
        (DAILY, 2, 0, "Europe/Warsaw", "2026-03-28T12:00", "2026-03-29T01:00"),
        (DAILY, 2, 0, "Europe/Warsaw", "2026-03-29T01:00", "2026-03-30T00:00"),
        # Clocks go back on 25 October 2026, from three to two: two o'clock comes twice, and counts once.
        (DAILY, 2, 0, "Europe/Warsaw", "2026-10-24T12:00", "2026-10-25T00:00"),
        (DAILY, 2, 0, "Europe/Warsaw", "2026-10-25T00:00", "2026-10-26T01:00"),
        (WEEKLY, 8, 6, "Asia/Jerusalem", "2026-11-22T06:00", "2026-11-29T06:00"),
        (WEEKLY, 23, 6, "Asia/Jerusalem", "2026-11-22T05:00", "2026-11-22T21:00"),
        (WEEKLY, 0, 0, "Asia/Jerusalem", "2026-11-22T05:00", "2026-11-22T22:00"),
    ],
)
def test_a_digest_is_due_at_the_hour_of_its_reader(cadence, hour, weekday, zone, after, due) -> None:
    assert next_digest_at(cadence, hour, weekday, zone, after=utc(after)) == utc(due)


def test_who_wants_none_gets_none() -> None:
    assert next_digest_at(Cadence.NEVER, 8, 0, "UTC", after=utc("2026-11-22T05:00")) is None


@given(
    st.sampled_from((DAILY, WEEKLY)),
    st.integers(0, 23),
    st.integers(0, 6),
    st.sampled_from(ZONES),
    st.integers(0, 4 * 365 * 24 * 60).map(lambda minutes: utc("2026-01-01T00:00") + timedelta(minutes=minutes)),
)
def test_a_year_of_digests_has_one_a_day_or_a_week(cadence, hour, weekday, zone, after) -> None:
    first = next_digest_at(cadence, hour, weekday, zone, after=after)
    second = next_digest_at(cadence, hour, weekday, zone, after=first)
    days = 1 if cadence is DAILY else 7
    assert after < first <= after + timedelta(days=days, hours=1)
    assert abs(second - first - timedelta(days=days)) <= timedelta(hours=1)


@pytest.mark.parametrize("address", ["a@b.example", "a.b+c@mail.b-c.example", "o'neill@b.example", "root@localhost"])
def test_addresses_that_can_be_mailed(address: str) -> None:
    assert can_be_mailed(address)


@pytest.mark.parametrize(
    "address",
    [
        *("", "a", "a@", "@b", "a b@c.example", "a@b.example\n", "a@b\r\nBcc: x@y", "a@b,c@d", "<a@b>", "ż@b.example"),
        *(f"{'a' * 65}@b.example", f"a@{'b.' * 130}example", '"a"@b.example', "a@b.example; c@d.example"),
    ],
)
def test_what_cannot_be_mailed(address: str) -> None:
    assert not can_be_mailed(address)


def test_a_mail_is_tried_ever_later_for_five_days() -> None:
    made = at = utc("2026-11-22T05:00")
    waits, tries = [], 0
    while at is not None:
        tries += 1
        due = next_try_at(tries, made_at=made, at=at, jitter=0)
        waits += [due - at] if due else []
        at = due
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(minutes=5), timedelta(hours=4))
    assert timedelta(days=4) < sum(waits, timedelta()) < timedelta(days=5)


REPORT = """From: MAILER-DAEMON@mx.example
To: bounces+abcdefghij234567@tool.example
Subject: Undelivered
Content-Type: multipart/report; report-type=delivery-status; boundary="b"
MIME-Version: 1.0

--b
Content-Type: text/plain

It failed.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; anna@reader.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {status} nobody
 here
--b--
"""


@pytest.mark.parametrize(
    ("content", "mail_id"),
    [
        (REPORT.format(action="failed", status="5.1.1"), "abcdefghij234567"),
        (REPORT.format(action="delayed", status="4.4.1"), None),
        (REPORT.format(action="relayed", status="2.0.0"), None),
        (REPORT.format(action="failed", status="5.1.1").replace("bounces+", "bounces-"), None),
        ("To: bounces+abcdefghij234567@tool.example\nSubject: Absent\n\nI am away.", None),
        ("\x00\xff", None),
        ("", None),
    ],
)
def test_only_a_report_of_a_mail_that_failed_for_good_is_a_bounce(content: str, mail_id: str | None) -> None:
    bounce = read_bounce(content.encode("latin-1"))
    assert (bounce.mail_id if bounce else None) == mail_id
    assert bounce is None or bounce.detail == "5.1.1 nobody here"
