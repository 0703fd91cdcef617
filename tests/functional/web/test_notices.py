"""The inbox: who finds what in it, where its lines lead, and what nobody else gets to see."""

import re
from datetime import timedelta

from sqlalchemy import event, select

from service.db import transaction, utc_now
from service.notices.models import Notice
from service.notices.operations import PAGE, add_notices
from service.notices.rules import READINESS, NoticeKind, about_thread
from service.people.models import Membership, Role
from tests.functional.web.conftest import Browser
from tests.functional.web.forum_forms import form, last_post, opened, posted
from tests.functional.web.test_events import plan
from tests.makers import AT

AGREED = "They agreed."
"""Why the name of a mentee is posted, of which each name here has a word."""


def links(browser: Browser) -> list[str]:
    return re.findall(r'href="(/course/\w+/notices/\w+)"', browser.get(browser.path("/notices/")).text)


def shown_up_to(page: str) -> str:
    """When the latest notice was told that there was as the page was shown."""
    return re.search(r'name="up_to" value="([^"]+)"', page)[1]


def kinds_of(database, member: Membership) -> list[str]:
    with database() as session:
        return sorted(session.scalars(select(Notice.kind).filter_by(membership_id=member.id)))


def remind(database, *members: Membership) -> None:
    with transaction(database) as session:
        add_notices(session, [one.id for one in members], NoticeKind.REMINDER, READINESS, at=utc_now())


def test_a_reminder_leads_to_the_own_readiness_and_is_read_then(browse, database, members) -> None:
    mentor = browse(Role.MENTOR)
    assert "No notices so far." in mentor.get(mentor.path("/notices/")).text
    remind(database, members[Role.MENTOR], members[Role.MENTEE])
    remind(database, members[Role.MENTOR])
    assert "Notices (1)" in mentor.get(mentor.path("/")).text
    [link] = links(mentor)
    assert mentor.get(link).location == mentor.path("/readiness")
    assert "Notices (1)" not in mentor.get(mentor.path("/")).text
    remind(database, members[Role.MENTOR])
    page = mentor.get(mentor.path("/notices/")).text
    assert page.count("Not read yet") == 1
    assert mentor.post(mentor.path("/notices/read"), {"up_to": shown_up_to(page)}).status_code == 303
    assert "Not read yet" not in mentor.get(mentor.path("/notices/")).text


def test_a_post_tells_whom_it_names_and_whom_it_answers_once(browse, database, members) -> None:
    mentor, coordinator = browse(Role.MENTOR), browse(Role.COORDINATOR)
    thread = opened(mentor, text="What now? @Name of mentee-1", title="Walks", reason=AGREED)
    sent = form(text="Ask. @Name of youth_worker-1", reply=last_post(database), reason=AGREED)
    for _ in range(2):
        assert coordinator.post(thread, sent).status_code == 303
    posted(mentor, thread, text="Thank you.", reply=last_post(database))
    assert kinds_of(database, members[Role.MENTOR]) == ["reply"]
    assert kinds_of(database, members[Role.YOUTH_WORKER]) == ["mention"]
    assert kinds_of(database, members[Role.COORDINATOR]) == ["reply"]
    assert kinds_of(database, members[Role.MENTEE]) == [], "mentees do not read the mentors' community"
    page = mentor.get(mentor.path("/notices/")).text
    assert "There is an answer to your post in “Mentors’ community”" in page
    assert "Walks" in page
    assert "Ask." not in page
    [link] = links(mentor)
    assert mentor.get(link).location.endswith("?at=unread")
    worker = browse(Role.YOUTH_WORKER)
    worker.get(thread)
    assert "Notices (1)" not in worker.get(worker.path("/")).text, "who reads the thread has read the notice"


def test_a_private_answer_is_told_to_its_reader_alone(browse, database, members) -> None:
    worker, coordinator = browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR)
    thread = opened(worker)
    posted(
        coordinator,
        thread,
        reply=last_post(database),
        is_private="yes",
        text="Between us. @Name of mentor-1",
        reason=AGREED,
    )
    assert kinds_of(database, members[Role.YOUTH_WORKER]) == ["reply"]
    assert kinds_of(database, members[Role.MENTOR]) == []


def test_what_is_no_longer_open_is_not_named(browse, database, members) -> None:
    coordinator, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    thread = opened(coordinator, "coordinators", title="Only for staff").rpartition("/")[2]
    with transaction(database) as session:
        about = about_thread("coordinators", thread)
        add_notices(session, [members[Role.MENTOR].id], NoticeKind.MENTION, about, at=utc_now())
    page = mentor.get(mentor.path("/notices/")).text
    assert "It is no longer there, or no longer open to you." in page
    assert "Only for staff" not in page
    with database() as session:
        [notice] = session.scalars(select(Notice.public_id).filter_by(membership_id=members[Role.MENTOR].id))
    assert mentor.get(mentor.path(f"/notices/{notice}")).location == mentor.path("/notices/")


def test_nobody_reads_or_ends_the_notices_of_another(browse, database, members) -> None:
    remind(database, members[Role.MENTOR])
    [link] = links(browse(Role.MENTOR))
    stranger = browse(Role.MENTEE)
    assert stranger.get(link).status_code == 404
    for moment in ("", "\0", "yesterday", "2026-03-01T09:00:00", "0001-01-01T00:00:00+14:00"):
        assert stranger.post(stranger.path("/notices/read"), {"up_to": moment}).status_code == 422
    moment = "9999-12-31T00:00:00+00:00"
    assert stranger.post(stranger.path("/notices/read"), {"up_to": moment}).status_code == 303
    assert "Notices (1)" in browse(Role.MENTOR).get(browse(Role.MENTOR).path("/")).text


def test_the_inbox_asks_as_few_statements_for_many_notices(app, browse, database, members) -> None:
    coordinator, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    sent: list[str] = []
    event.listen(app.extensions["engine"], "before_cursor_execute", lambda *call: sent.append(call[2]))

    def statements() -> int:
        sent.clear()
        assert mentor.get(mentor.path("/notices/")).status_code == 200
        return len(sent)

    def name_in(threads: int) -> None:
        addresses = [opened(coordinator, title=f"No. {number}", text="Well") for number in range(threads)]
        with transaction(database) as session:
            for address in addresses:
                about = about_thread("community", address.rpartition("/")[2])
                add_notices(session, [members[Role.MENTOR].id], NoticeKind.MENTION, about, at=utc_now())

    name_in(1)
    few = statements()
    name_in(9)
    with transaction(database) as session:
        for number in range(40):
            add_notices(session, [members[Role.MENTOR].id], NoticeKind.MEETING, f"m{number}", at=utc_now())
    assert statements() <= few + 1, "one more: for the meetings"
    assert "of 2" in mentor.get(mentor.path("/notices/?page=2")).text


def test_all_that_was_there_is_marked_as_read_from_any_page_and_nothing_that_came_later(
    browse, database, members
) -> None:
    mentor = browse(Role.MENTOR)
    with transaction(database) as session:
        for number in range(PAGE + 5):
            at = AT + timedelta(minutes=number)
            add_notices(session, [members[Role.MENTOR].id], NoticeKind.MEETING, f"m{number}", at=at)
    second = mentor.get(mentor.path("/notices/?page=2")).text
    assert second.count("Not read yet") == 5
    remind(database, members[Role.MENTOR])
    with transaction(database) as session:
        add_notices(session, [members[Role.MENTOR].id], NoticeKind.MEETING, "m3", at=utc_now())
    assert mentor.post(mentor.path("/notices/read"), {"up_to": shown_up_to(second)}).status_code == 303
    first = mentor.get(mentor.path("/notices/")).text
    assert first.count("Not read yet") == 2, "the reminder, and the meeting of which they were told once more"
    assert "Mark all as read" in mentor.get(mentor.path("/notices/?page=2")).text, "what is new stands on the first"
    mentor.post(mentor.path("/notices/read"), {"up_to": shown_up_to(first)})
    assert "Mark all as read" not in mentor.get(mentor.path("/notices/?page=2")).text


def test_those_for_whom_a_meeting_is_are_told_of_each_change(browse, database, members) -> None:
    staff, mentor = browse(Role.COORDINATOR), browse(Role.MENTOR)
    place = plan(staff).location
    assert kinds_of(database, members[Role.MENTOR]) == ["meeting"]
    assert kinds_of(database, members[Role.MENTEE]) == kinds_of(database, members[Role.COORDINATOR]) == []
    [link] = links(mentor)
    assert mentor.get(link).location == place
    assert staff.post(f"{place}/cancel", {"reason": "Snow"}).status_code == 303
    assert "Notices (1)" in mentor.get(mentor.path("/")).text


def test_who_follows_is_told_until_they_no_longer_do(browse, database, members) -> None:
    mentor, worker = browse(Role.MENTOR), browse(Role.YOUTH_WORKER)
    follow = worker.path("/notices/follow")
    assert worker.post(follow, {"forum": "community", "followed": "yes"}).location == worker.path("/forums/community")
    thread = opened(mentor)
    own = thread.rpartition("/")[2]
    assert kinds_of(database, members[Role.YOUTH_WORKER]) == ["forum_post"]
    assert kinds_of(database, members[Role.MENTOR]) == [], "nobody is told of their own post"
    assert "Do not follow any more" in worker.get(thread).text
    worker.post(follow, {"thread": own, "followed": "no"})
    posted(mentor, thread)
    assert "Notices (1)" not in worker.get(worker.path("/")).text
    assert worker.post(follow, {"thread": "\0", "followed": "yes"}).status_code == 404
    worker.post(follow, {"forum": "community", "followed": "no"})
    worker.post(follow, {"thread": own, "followed": "yes"})
    opened(mentor)
    assert "Notices (1)" not in worker.get(worker.path("/")).text
    posted(mentor, thread)
    assert "Notices (1)" in worker.get(worker.path("/")).text


def test_who_follows_hears_nothing_of_what_is_not_for_them(browse, database, members) -> None:
    mentor, worker, staff = browse(Role.MENTOR), browse(Role.YOUTH_WORKER), browse(Role.COORDINATOR)
    thread = opened(mentor)
    for browser in (worker, staff):
        browser.post(browser.path("/notices/follow"), {"thread": thread.rpartition("/")[2], "followed": "yes"})
    posted(mentor, thread, is_private="yes")
    assert kinds_of(database, members[Role.YOUTH_WORKER]) == []
    assert kinds_of(database, members[Role.COORDINATOR]) == ["forum_post"]
    with transaction(database) as session:
        session.get_one(Membership, members[Role.YOUTH_WORKER].id).role = Role.MENTEE
    posted(mentor, thread)
    assert kinds_of(database, members[Role.YOUTH_WORKER]) == [], "mentees do not read here, whatever they followed"


def test_what_one_may_not_read_one_cannot_follow(browse) -> None:
    mentee, mentor = browse(Role.MENTEE), browse(Role.MENTOR)
    thread = opened(mentor).rpartition("/")[2]
    for what in ({"forum": "community"}, {"thread": thread}, {"forum": "no-such"}, {}):
        assert mentee.post(mentee.path("/notices/follow"), {**what, "followed": "yes"}).status_code == 404
