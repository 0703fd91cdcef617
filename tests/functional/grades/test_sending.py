"""Scores over real HTTP to the pretend LMS: what the gradebook shows at the end, and what our row says of it."""

import shutil
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from lti.answers import AnswerError
from lti.http import OutgoingHttp
from lti.line_items import create_line_item, delete_line_item, find_line_items
from lti.scores import PostKind, ScorePayload, post_score, read_result
from service.db import transaction, utc_now
from service.grades.models import PlatformSending, ScoreState
from service.grades.pausing import set_limits
from service.grades.sender import BATCH, send_due
from service.patience import MANY
from service.platforms.models import Platform
from tests.databases import sqlite_url
from tests.fake_lms import FakeLms
from tests.fake_lms.claims import AGS_CLAIM
from tests.fake_lms.models import GradeItem
from tests.functional.grades.school import COMMENT, KeyServer, School

ROLES = "mentoring/roles"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    """Only SQLite: that the rows behave alike on PostgreSQL is proven in the features' tests."""
    path = tmp_path / "mentorready.sqlite"
    shutil.copyfile(sqlite_template, path)
    return sqlite_url(path)


def test_a_score_arrives_and_is_confirmed(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    worked_at = utc_now() - timedelta(hours=3)
    school.queue(mentor, 0.8, at=worked_at)
    report = school.send()
    assert (report.states, report.stopped_platforms, report.has_more) == ({ScoreState.CONFIRMED: 1}, set(), False)
    [cell] = lms.gradebook("mentoring")
    assert (cell.person, cell.score, cell.comment) == ("mentor_he", 80.0, COMMENT)
    assert cell.graded_at == worked_at.replace(microsecond=0)
    score = school.score(mentor)
    assert (score.state, score.lms_score, score.next_try_at) == (ScoreState.CONFIRMED, 80.0, None)
    assert school.tries() == [("confirmed", 200)]
    assert school.send().tried == 0


@pytest.mark.row("A21")
def test_values_follow_each_other_in_order(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    worked_at = utc_now() - timedelta(minutes=1)
    for fraction in (0.2, 0.9, 0.4):
        school.queue(mentor, fraction, at=worked_at)
        school.send_again()
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 40.0
    assert school.tries() == [("confirmed", 200)] * 3


@pytest.mark.row("A09")
def test_a_second_value_within_the_same_second_arrives_too(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    for fraction in (0.2, 0.9):
        school.queue(mentor, fraction, at=utc_now())
        while school.score(mentor).state is not ScoreState.CONFIRMED:
            time.sleep(0.05)
            school.send()
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 90.0
    assert school.calls("scores", "POST") == [200, 200]


@pytest.mark.row("A21")
def test_an_lms_that_was_down_gets_the_score_when_it_is_back(school: School, lms: FakeLms) -> None:
    mentor, other = school.arrive("mentor_he", ROLES), school.arrive("mentor_pl", ROLES)
    lms.stop()
    school.queue(mentor, 0.8)
    school.queue(other, 0.9)
    assert school.send().states == {ScoreState.WAITING: 2}
    lms.start()
    assert school.send_again().states == {ScoreState.CONFIRMED: 2}
    assert [cell.score for cell in lms.gradebook("mentoring")] == [80.0, 90.0]


def test_an_lms_that_is_down_is_left_alone_and_then_asked_with_one_score(school: School, lms: FakeLms) -> None:
    members = []
    for number in range(MANY + 3):
        lms.add_person(f"learner_{number}")
        members.append(school.arrive(f"learner_{number}", ROLES))
        school.queue(members[-1], 0.8)
    lms.stop()
    report = school.send()
    assert (report.states, report.stopped_platforms) == ({ScoreState.WAITING: MANY}, {school.platform.id})
    assert school.send().tried == 0
    assert school.send_again().tried == 1
    lms.start()
    assert school.send_again().states == {ScoreState.CONFIRMED: len(members)}
    with school.sessions() as session:
        sending = session.get_one(PlatformSending, school.platform.id)
    assert (sending.failures, sending.reason) == (0, "POST localhost: connection")
    assert sending.clock_difference == 0.0


@pytest.mark.row("A18")
def test_a_course_that_has_ended_is_paused_and_asked_once_for_all_its_scores(school: School, lms: FakeLms) -> None:
    members = [school.arrive(name, ROLES) for name in ("mentor_he", "mentor_pl", "mentee")]
    elsewhere = school.arrive("youth_worker", "module1/roles")
    for member in members:
        school.queue(member, 0.8)
    school.queue(elsewhere, 0.7)
    lms.switches.set("closed_course", "mentoring")
    school.send()
    assert {school.score(member).state for member in members} == {ScoreState.PAUSED}
    assert school.score(elsewhere).state is ScoreState.CONFIRMED
    assert school.calls("scores", "POST") == [404, 200]
    assert "doesn't exist" in school.score(members[2]).reason
    lms.switches.set("closed_course", "")
    school.arrive("mentor_he", ROLES)
    assert school.send().states == {ScoreState.CONFIRMED: 3}


def test_a_course_without_a_column_that_has_ended_is_paused_too(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", "mentoring/readiness")
    lms.switches.set("closed_course", "mentoring")
    school.queue(mentor, 1.0, "readiness")
    assert school.send().states == {ScoreState.PAUSED: 1}


def test_scores_are_paused_while_the_lms_gives_no_token_for_them(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    lms.switches.set("withheld_scopes", "score")
    school.queue(mentor, 0.8)
    report = school.send()
    assert (report.states, report.stopped_platforms) == ({ScoreState.PAUSED: 1}, {school.platform.id})
    lms.switches.set("withheld_scopes", "")
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}


def test_no_more_scores_are_on_their_way_at_once_than_the_lms_bears(school: School, lms: FakeLms) -> None:
    members = [school.arrive(name, ROLES) for name in ("mentor_he", "mentor_pl", "mentee", "nameless")]
    for member in members:
        school.queue(member, 0.8)
    with transaction(school.sessions) as session:
        set_limits(session, school.platform.id, 1, None)
    lms.switches.set("services_delay_ms", 100)
    first = threading.Thread(target=school.send)
    first.start()
    while not lms.calls:
        time.sleep(0.01)
    assert school.send().tried == 0
    first.join()
    assert {school.score(member).state for member in members} == {ScoreState.CONFIRMED}


def test_no_more_calls_are_made_in_a_second_than_the_lms_bears(school: School) -> None:
    for name in ("mentor_he", "mentor_pl"):
        school.queue(school.arrive(name, ROLES), 0.8)
    with transaction(school.sessions) as session:
        set_limits(session, school.platform.id, 1, 10.0)
    began_at = time.monotonic()
    school.send()
    assert time.monotonic() - began_at >= 0.3  # two posts and two looks


def test_a_sender_that_finds_much_to_do_calls_others_once(school: School, lms: FakeLms) -> None:
    for number in range(2 * BATCH + 1):
        lms.add_person(f"learner_{number}")
        school.queue(school.arrive(f"learner_{number}", ROLES), 0.8)
    calls: list[int] = []
    send_due(school.sessions, school.open_client, clock=utc_now, call_others=lambda: calls.append(1))
    assert calls == [1]
    assert len(lms.gradebook("mentoring")) == 2 * BATCH + 1
    assert school.send().tried == 0


@pytest.mark.row("A21")
@pytest.mark.parametrize("failure", ["500", "reset", "timeout"])
def test_faults_that_pass_are_sat_out(school: School, lms: FakeLms, failure: str) -> None:
    mentor, patient = school.arrive("mentor_he", ROLES), school.http
    school.queue(mentor, 0.5)
    assert school.send().states == {ScoreState.CONFIRMED: 1}  # there is a token: only the post can fail
    lms.switches.update({"fail_services": failure, "fail_only": "scores", "fail_count": 2})
    school.queue(mentor, 0.8)
    school.http = OutgoingHttp(read_seconds=2) if failure == "timeout" else patient
    for _ in range(2):
        assert school.send_again().states == {ScoreState.WAITING: 1}
        assert school.score(mentor).next_try_at is not None
    school.http = patient
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 80.0


def test_a_pause_that_the_lms_asks_for_is_kept_for_all_its_scores(school: School, lms: FakeLms) -> None:
    mentor, other = school.arrive("mentor_he", ROLES), school.arrive("mentor_pl", ROLES)
    lms.switches.set("fail_services", "429")
    lms.switches.set("fail_only", "scores")
    lms.switches.set("retry_after_s", 600)
    school.queue(mentor, 0.8)
    school.queue(other, 0.8)
    before = utc_now()
    assert school.send().states == {ScoreState.WAITING: 1}
    next_try_at = school.score(mentor).next_try_at
    assert next_try_at is not None
    assert next_try_at >= before + timedelta(seconds=600)
    assert school.calls("scores", "POST") == [429]


def test_a_lost_answer_is_found_out_by_looking_and_nothing_is_sent_twice(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    lms.switches.set("fail_services", "lost_answer")
    lms.switches.set("fail_only", "scores")
    lms.switches.set("fail_count", 1)
    school.queue(mentor, 0.8)
    assert school.send().states == {ScoreState.WAITING: 1}
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 80.0
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}
    assert school.calls("scores", "POST") == [0]


@pytest.mark.row("A11")
def test_a_lost_answer_is_found_out_by_the_conflict_where_nothing_may_be_read(school: School, lms: FakeLms) -> None:
    with lms.store.session():
        lms.tool().scopes = [scope for scope in lms.tool().scopes if "result" not in scope]
    mentor = school.arrive("mentor_he", ROLES)
    lms.switches.set("fail_services", "lost_answer")
    lms.switches.set("fail_only", "scores")
    lms.switches.set("fail_count", 1)
    school.queue(mentor, 0.8)
    school.send()
    assert school.send_again().states == {ScoreState.SENT: 1}
    assert school.calls("scores", "POST") == [0, 409]
    assert school.calls("results", "GET") == []


def test_a_gradebook_that_cannot_be_read_just_now_is_read_later_and_nothing_is_sent_twice(
    school: School, lms: FakeLms
) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    lms.switches.set("fail_services", "500")
    lms.switches.set("fail_only", "results")
    lms.switches.set("fail_count", 3)
    school.queue(mentor, 0.8)
    for _ in range(3):
        assert school.send_again().states == {ScoreState.SENT: 1}
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}
    assert school.calls("scores", "POST") == [200]


@pytest.mark.row("A10")
@pytest.mark.parametrize("worked", ["before", "after"])
def test_a_teachers_grade_stays_and_is_shown(school: School, lms: FakeLms, worked: str) -> None:
    mentor, item = school.arrive("mentor_he", ROLES), lms.item_of(ROLES)
    school.queue(mentor, 0.5, at=utc_now() - timedelta(hours=2))
    school.send()
    lms.override_grade("mentor_he", item, 88, "seen in class")
    with lms.store.session() as session:
        session.merge(lms.grade("mentor_he", item)).graded_at = int((utc_now() - timedelta(hours=1)).timestamp())
    school.queue(mentor, 0.9, at=utc_now() - timedelta(minutes=90 if worked == "before" else 30))
    assert school.send_again().states == {ScoreState.OVERRIDDEN: 1}
    assert school.shown("mentor_he", item) == 88
    score = school.score(mentor)
    assert (score.lms_score, score.score_given, score.next_try_at) == (88.0, 90.0, None)
    assert school.tries()[-1] == ("overridden", 409 if worked == "before" else 200)


def test_what_a_teacher_typed_into_our_own_column_is_not_written_over(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", "mentoring/readiness")
    school.queue(mentor, 1.0, "readiness", at=utc_now() - timedelta(hours=2))
    school.send()
    item = school.column_named("Readiness")
    lms.override_grade("mentor_he", item, 50)
    school.queue(mentor, 0.0, "readiness", at=utc_now() + timedelta(seconds=-1))
    assert school.send_again().states == {ScoreState.OVERRIDDEN: 1}
    assert school.shown("mentor_he", item) == 50
    assert school.calls("scores", "POST") == [200]
    lms.override_grade("mentor_he", item, 100)
    school.queue(mentor, 1.0, "readiness")
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}


@pytest.mark.row("A13")
def test_who_is_not_graded_there_is_sent_again_once_enrolled(school: School, lms: FakeLms) -> None:
    lms.unenrol("mentor_pl", "mentoring")
    lms.enrol("mentor_pl", "mentoring", "teacher")
    member, other = school.arrive("mentor_pl", ROLES), school.arrive("mentor_he", ROLES)
    school.queue(member, 0.8)
    school.queue(other, 0.7)
    assert school.send().states == {ScoreState.NOT_GRADABLE: 1, ScoreState.CONFIRMED: 1}
    assert school.score(member).reason == "400 Incorrect score received"
    lms.enrol("mentor_pl", "mentoring", "learner")
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}


def test_a_locked_grade_arrives_when_it_is_unlocked(school: School, lms: FakeLms) -> None:
    mentor, item = school.arrive("mentor_he", ROLES), lms.item_of(ROLES)
    lms.lock_item(item)
    school.queue(mentor, 0.8)
    assert school.send().states == {ScoreState.LOCKED: 1}
    lms.lock_item(item, locked=False)
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}
    assert school.shown("mentor_he", item) == 80.0


def test_a_cell_touched_in_the_future_is_a_clock_conflict_until_then(school: School, lms: FakeLms) -> None:
    mentor, item = school.arrive("mentor_he", ROLES), lms.item_of(ROLES)
    school.blank_cell("mentor_he", item, at=utc_now() + timedelta(hours=1))
    school.queue(mentor, 0.8)
    for _ in range(2):
        assert school.send_again().states == {ScoreState.CLOCK_CONFLICT: 1}
    assert school.score(mentor).reason.startswith("409 Refusing score with an earlier timestamp")
    school.blank_cell("mentor_he", item, at=utc_now() - timedelta(hours=1))
    time.sleep(1)  # the next timestamp is a second later than the last, and not in the future
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}


@pytest.mark.row("A10")
def test_a_cell_emptied_after_the_work_is_filled_with_a_later_date(school: School, lms: FakeLms) -> None:
    mentor, item = school.arrive("mentor_he", ROLES), lms.item_of(ROLES)
    school.blank_cell("mentor_he", item, at=utc_now() - timedelta(minutes=5))
    school.queue(mentor, 0.8, at=utc_now() - timedelta(minutes=10))
    assert school.send_again().states == {ScoreState.CLOCK_CONFLICT: 1}
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}
    assert school.shown("mentor_he", item) == 80.0


@pytest.mark.row("A05")
def test_a_column_that_was_made_and_not_written_down_is_found_again(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", "mentoring/readiness")
    lms.switches.set("fail_services", "lost_answer")
    lms.switches.set("fail_only", "lineitems")
    school.queue(mentor, 1.0, "readiness")
    lms.switches.set("fail_count", 1)
    school.send()  # the search is lost
    with transaction(school.sessions):
        lms.switches.set("fail_services", "off")
    school.send_again()
    assert school.score(mentor).state is ScoreState.CONFIRMED
    assert len([item for item in lms.items("mentoring") if item.resource_id == "readiness"]) == 1


def test_the_column_of_an_activity_that_nobody_opened_is_used_and_coupled_later(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", "mentoring/home")
    school.queue(mentor, 0.8)
    assert school.send().states == {ScoreState.CONFIRMED: 1}
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 80.0
    assert school.calls("lineitems", "POST") == []
    school.arrive("mentor_he", ROLES)
    school.queue(mentor, 0.8)
    assert school.send().tried == 0
    [column] = school.columns()
    assert column.resource_link_id == str(lms.activity(ROLES).id)


@pytest.mark.row("A06")
def test_our_own_column_is_made_again_when_it_was_deleted(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", "mentoring/readiness")
    school.queue(mentor, 1.0, "readiness", at=utc_now() - timedelta(hours=2))
    school.send()
    school.remove_column(school.column_named("Readiness"))
    school.queue(mentor, 0.0, "readiness")
    assert school.send_again().states == {ScoreState.LINE_ITEM_GONE: 1, ScoreState.CONFIRMED: 1}
    assert school.shown("mentor_he", school.column_named("Readiness")) == 0.0


@pytest.mark.row("A01", "A07")
def test_our_own_column_gets_the_name_that_the_content_has_now(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", "mentoring/readiness")
    school.queue(mentor, 1.0, "readiness", at=utc_now() - timedelta(hours=2))
    school.send()
    before = school.column_named("Readiness")
    school.queue(mentor, 0.5, "readiness", label="Ready to begin")
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}
    after = school.column_named("Ready to begin")
    assert (after.id, after.maximum, after.resource_id, after.tag) == (before.id, 100.0, "readiness", before.tag)
    assert school.calls("lineitems", "PUT") == [200]
    school.queue(mentor, 1.0, "readiness", label="Ready to begin")
    school.send_again()
    assert school.calls("lineitems", "PUT") == [200]


@pytest.mark.row("A07")
def test_the_name_that_a_teacher_gave_our_column_stays(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", "mentoring/readiness")
    school.queue(mentor, 1.0, "readiness", at=utc_now() - timedelta(hours=2))
    school.send()
    with lms.store.session() as store:
        store.get_one(GradeItem, school.column_named("Readiness").id).label = "Week 1"
    for fraction, label in ((0.5, "Ready to begin"), (1.0, "Ready")):
        school.queue(mentor, fraction, "readiness", label=label)
        assert school.send_again().states == {ScoreState.CONFIRMED: 1}
    assert school.shown("mentor_he", school.column_named("Week 1")) == 100.0
    assert school.calls("lineitems", "PUT") == []
    assert school.calls("lineitems", "GET") == [200, 200]  # the search before it was made, and the look at its name


@pytest.mark.row("A07")
def test_a_name_that_the_lms_does_not_take_costs_the_score_nothing(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", "mentoring/readiness")
    school.queue(mentor, 1.0, "readiness", at=utc_now() - timedelta(hours=2))
    school.send()
    school.queue(mentor, 0.5, "readiness", label="Ready")
    lms.switches.set("fail_services", "500")
    lms.switches.set("fail_only", "lineitems")
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}
    lms.switches.set("fail_services", "off")
    school.queue(mentor, 1.0, "readiness", label="Ready")
    school.send_again()
    assert school.shown("mentor_he", school.column_named("Ready")) == 100.0


@pytest.mark.row("A01", "A15")
def test_a_column_is_made_filled_cleared_and_deleted(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", "mentoring/home")
    client = school.open_client(school.platform.id)
    columns_url = lms.claims_for("mentor_he", "mentoring/home")[AGS_CLAIM]["lineitems"]
    made = create_line_item(client, columns_url, label="Trial", score_maximum=10, resource_id="trial", tag="t")
    user_id, at = mentor.person.subject, utc_now() - timedelta(minutes=1)
    assert post_score(client, made.url, ScorePayload(user_id, 5, 10, "", at)).kind is PostKind.ACCEPTED
    shown = read_result(client, made.url, user_id)
    assert shown is not None
    assert (shown.score, shown.maximum) == (5, 10)
    cleared = ScorePayload(user_id, None, 10, "", at + timedelta(seconds=2))
    assert post_score(client, made.url, cleared).kind is PostKind.ACCEPTED
    assert school.shown("mentor_he", school.column_named("Trial")) is None
    delete_line_item(client, made.url)
    assert find_line_items(client, columns_url, "trial") == []
    with pytest.raises(AnswerError, match="404"):
        delete_line_item(client, made.url)


@pytest.mark.row("A06")
def test_the_column_of_an_activity_that_was_deleted_is_not_replaced(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    school.remove_column(lms.item_of(ROLES))
    school.queue(mentor, 0.8)
    assert school.send().states == {ScoreState.LINE_ITEM_GONE: 1}
    assert school.calls("lineitems", "POST") == []


def test_where_columns_may_not_be_made_after_all_other_scores_are_sent(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    lms.switches.set("withheld_scopes", "lineitem lineitem.readonly")
    school.queue(mentor, 1.0, "readiness", at=utc_now() - timedelta(hours=1))
    school.queue(mentor, 0.8)
    assert school.send().states == {ScoreState.REFUSED: 1, ScoreState.CONFIRMED: 1}


def test_a_key_that_the_lms_cannot_read_is_a_reason_and_passes(school: School, lms: FakeLms, keys: KeyServer) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    key_set, keys.key_set = keys.key_set, {"keys": []}
    school.queue(mentor, 0.8)
    report = school.send()
    assert (report.states, report.stopped_platforms) == ({ScoreState.REFUSED: 1}, {school.platform.id})
    assert "token endpoint answered 400" in school.score(mentor).reason
    keys.key_set = key_set
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}


def test_a_platform_that_is_switched_off_is_not_called(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    with transaction(school.sessions) as session:
        session.execute(update(Platform).values(disabled_at=utc_now()))
    school.queue(mentor, 0.8)
    assert school.send().tried == 0
    assert school.score(mentor).state is ScoreState.PAUSED
    assert list(lms.calls) == []
    with transaction(school.sessions) as session:
        session.execute(update(Platform).values(disabled_at=None))
    assert school.send_again().states == {ScoreState.CONFIRMED: 1}


def test_a_value_queued_while_the_old_one_is_on_its_way_is_sent_after_it(school: School, lms: FakeLms) -> None:
    mentor = school.arrive("mentor_he", ROLES)
    school.queue(mentor, 0.2, at=utc_now() - timedelta(minutes=2))
    lms.switches.set("services_delay_ms", 300)
    sender = threading.Thread(target=school.send)
    sender.start()
    while not school.calls("token", "POST"):
        time.sleep(0.01)
    school.queue(mentor, 0.9)
    sender.join()
    lms.switches.set("services_delay_ms", 0)
    school.send_again()
    assert school.shown("mentor_he", lms.item_of(ROLES)) == 90.0
    assert school.score(mentor).state is ScoreState.CONFIRMED
    assert school.calls("scores", "POST") == [200, 200]


def test_a_fault_of_our_own_stops_no_other_score(
    school: School, lms: FakeLms, caplog: pytest.LogCaptureFixture
) -> None:
    mentor, other = school.arrive("mentor_he", ROLES), school.arrive("mentor_pl", ROLES)
    school.queue(mentor, 0.8, at=utc_now() - timedelta(hours=1))
    school.queue(other, 0.9)
    with transaction(school.sessions) as session:
        # A maximum that no column can have: the score cannot even be put into words.
        session.merge(school.columns()[0]).score_maximum = 0.0
    assert school.send().states == {ScoreState.WAITING: 2}
    assert "could not be sent" in caplog.text
    with transaction(school.sessions) as session:
        session.merge(school.columns()[0]).score_maximum = 100.0
    assert school.send_again().states == {ScoreState.CONFIRMED: 2}


def test_a_run_keeps_to_its_limit_and_says_that_there_is_more(school: School) -> None:
    for name in ("mentor_he", "mentor_pl", "mentee"):
        school.queue(school.arrive(name, ROLES), 0.8)
    first = school.send(limit=2)
    assert (first.tried, first.has_more) == (2, True)
    second = school.send(limit=2)
    assert (second.tried, second.has_more) == (1, False)


def test_what_is_left_when_the_lease_runs_out_is_given_back(school: School, lms: FakeLms) -> None:
    for name in ("mentor_he", "mentor_pl"):
        school.queue(school.arrive(name, ROLES), 0.8)
    slow = iter(range(0, 10_000, 15))
    report = school.send(clock=lambda: utc_now() + timedelta(seconds=next(slow)))
    assert report.has_more
    assert school.send_again().tried == 2 - report.tried
    assert len(lms.gradebook("mentoring")) == 2
