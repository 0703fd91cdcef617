"""Who is told of what happens: of posts and of meetings. Only ever those who may know of it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from service.events.models import Event
from service.events.operations import list_roles
from service.forums.access import OpenForum, OpenThread, audience
from service.forums.models import Post, PostMention, Thread
from service.notices.following import list_followers
from service.notices.operations import add_notices
from service.notices.rules import NoticeKind, about_thread
from service.people.known import Member
from service.people.models import STAFF_ROLES, Membership


def tell_of_post(session: Session, forum: OpenForum, post: Post, *, at: datetime) -> None:
    """Tell those whom a new post names, the writer of the post that it answers, and who follows, each of one thing.

    A post that was there before `at`, because its form was sent twice, is told of once.
    """
    if post.posted_at != at:
        return
    thread = OpenThread(session.get_one(Thread, post.thread_id), forum)
    named = set(session.scalars(select(PostMention.person_id).filter_by(post_id=post.id)))
    answered = _answered(session, post) - named
    about = about_thread(thread.forum.plan.key, thread.row.public_id)
    followers = set(list_followers(session, thread.row)) - named - answered - {post.author_id}
    told = ((NoticeKind.MENTION, named), (NoticeKind.REPLY, answered), (NoticeKind.FORUM_POST, followers))
    for kind, people in told:
        if people:
            add_notices(session, members_of(session, thread, post, people), kind, about, at=at)


def tell_of_event(session: Session, event: Event, by: Member, *, at: datetime) -> None:
    """Tell everyone for whom a meeting is that it was planned, changed or cancelled, but not the one who did so.

    An event that did not change at `at` is nothing new.
    """
    if event.changed_at != at:
        return
    invited = select(Membership.id).where(
        Membership.course_id == event.course_id,
        Membership.role.in_(list_roles(event)),
        Membership.left_at.is_(None),
        Membership.id != by.id,
    )
    add_notices(session, session.scalars(invited).all(), NoticeKind.MEETING, event.public_id, at=at)


def _answered(session: Session, post: Post) -> set[int]:
    """Return who wrote the post that this one answers."""
    if post.parent_id is None:
        return set()
    return {session.get_one(Post, post.parent_id).author_id} - {post.author_id}


def members_of(session: Session, thread: OpenThread, post: Post, people: Collection[int]) -> list[int]:
    """Return a membership of each of these people who may read the post, that of the writer's course if there is."""
    course = thread.forum.reader.member.course
    here = Membership.course_id == course.id
    if thread.row.forum.course_id is None:
        here = Membership.role.in_(STAFF_ROLES) & Membership.course.has(platform_id=course.platform_id)
    readers = [person.id for person in audience(session, thread, among=people)]
    found = (
        select(Membership.person_id, Membership.course_id, Membership.id)
        .where(Membership.person_id.in_(readers), Membership.left_at.is_(None), here, _reads_private(post))
        .order_by(Membership.course_id != course.id, Membership.id)
    )
    chosen: dict[int, int] = {}
    for row in session.execute(found):
        chosen.setdefault(row.person_id, row.id)
    return [*chosen.values()]


def _reads_private(post: Post) -> ColumnElement[bool]:
    """Return the condition that a `Membership` reads a post that may be for one person and the staff alone."""
    if post.private_to_id is None:
        return true()
    return or_(Membership.person_id == post.private_to_id, Membership.role.in_(STAFF_ROLES))
