"""Several senders at once, on both databases."""

import threading

import pytest

from service.grades.models import ScoreState
from tests.fake_lms import FakeLms
from tests.functional.grades.school import School

NAMES = ("mentor_he", "mentor_pl", "mentee", "nameless")


@pytest.mark.row("A05")
def test_a_column_is_made_once_though_two_senders_need_it_at_once(school: School, lms: FakeLms) -> None:
    members = [school.arrive(name, "mentoring/readiness") for name in NAMES]
    for member in members:
        school.queue(member, 1.0, "readiness")
    lms.switches.set("services_delay_ms", 50)
    senders = [threading.Thread(target=school.send, kwargs={"limit": 1}) for _ in range(4)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    school.send_again()
    item = school.column_named("Readiness")
    assert school.calls("lineitems", "POST") == [201]
    assert (item.resource_id, item.tag, item.maximum) == ("readiness", "mentorready", 100.0)
    assert {school.score(member).state for member in members} == {ScoreState.CONFIRMED}


def test_senders_at_once_send_each_score_once(school: School, lms: FakeLms) -> None:
    members = [school.arrive(name, "mentoring/roles") for name in NAMES]
    for number, member in enumerate(members):
        school.queue(member, number / 10)
    senders = [threading.Thread(target=school.send) for _ in range(3)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert [cell.score for cell in lms.gradebook("mentoring")] == [0.0, 10.0, 20.0, 30.0]
    assert school.calls("scores", "POST") == [200] * 4
