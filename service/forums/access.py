"""Who may see what: every way into a forum, a thread or a post leads through here, and nowhere else.

What is not for a reader is not there for them: NotFoundError, whether it exists or not.
"""

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, and_, false, or_, select, true
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload

from service.errors import NotFoundError
from service.exercises.operations import lock_learners
from service.forums.models import Forum, ForumSeat, Post, Thread
from service.forums.rules import PLANS, Act, Kind, Plan, Purpose, abilities
from service.people.known import Member
from service.people.models import STAFF_ROLES, Membership, Person
from service.platforms.models import Platform
from service.platforms.profiles import profile_of

EVERYONE = "everyone"
"""The ring of the one thread of a single topic."""


@dataclass(frozen=True)
class Reader:
    """Who reads. `rings` are those with threads of their own that the reader is in: the ids of all people in each."""

    member: Member
    rings: Mapping[str, frozenset[int]]
    has_network: bool
    """Whether the courses of the platform belong to one institution, so that their coordinators may meet."""

    @property
    def person_id(self) -> int:
        """The person, in whichever course."""
        return self.member.person_id

    @property
    def is_staff(self) -> bool:
        """Say whether the reader is staff of the course."""
        return self.member.role in STAFF_ROLES


@dataclass(frozen=True)
class OpenForum:
    """A forum as it is open to a reader; `row` is None while nothing is kept in it."""

    plan: Plan
    row: Forum | None
    reader: Reader
    acts: frozenset[Act] = field(default=frozenset())

    def may(self, act: Act) -> bool:
        """Tell whether the reader may do this here."""
        return act in self.acts


@dataclass(frozen=True)
class OpenThread:
    """A thread as it is open to a reader."""

    row: Thread
    forum: OpenForum


@dataclass(frozen=True)
class OpenPost:
    """A post as it is open to a reader."""

    row: Post
    thread: OpenThread

    @property
    def is_own(self) -> bool:
        """Say whether the reader wrote it."""
        return self.row.author_id == self.thread.forum.reader.person_id


def person_ring(person_id: int) -> str:
    """Return the ring of the supervision thread of a person."""
    return f"person:{person_id}"


def relation_ring(public_id: str) -> str:
    """Return the ring of the thread of a relation."""
    return f"relation:{public_id}"


def open_reader(session: Session, member: Member, relations: Mapping[str, frozenset[int]]) -> Reader:
    """Return a member as a reader. `relations` are the people of each relation that the member is in, by its id."""
    rings = {relation_ring(relation_id): people for relation_id, people in relations.items()}
    rings[person_ring(member.person_id)] = frozenset({member.person_id})
    return Reader(member, rings, member.role in STAFF_ROLES and has_network(session, member))


def has_network(session: Session, member: Member) -> bool:
    """Tell whether the courses of the platform belong to one institution, so that their coordinators may meet."""
    platform = session.get_one(Platform, member.course.platform_id)
    return not profile_of(platform.product_family, platform.issuer).is_shared


def list_open(session: Session, reader: Reader) -> list[OpenForum]:
    """Return the forums that the reader may read, in their order, in one statement."""
    rows: dict[str, tuple[Forum, bool]] = {}
    for row, seat in session.execute(_forums_of(reader)):
        rows[row.key] = row, seat is not None
    found = []
    for plan in PLANS.values():
        forum_row, is_seated = rows.get(plan.key, (None, False))
        found.append(_opened(plan, forum_row, is_seated, reader))
    return [forum for forum in found if forum.may(Act.READ)]


def get_forum(session: Session, reader: Reader, key: str) -> OpenForum:
    """Return the forum with this key. Raises NotFoundError for one that the reader may not read."""
    plan = PLANS.get(key)
    if plan is None:
        raise NotFoundError("forum.unknown", "There is no forum with this key.")
    row = session.execute(_forums_of(reader).where(Forum.key == key)).one_or_none()
    forum = _opened(plan, row[0] if row else None, bool(row and row[1] is not None), reader)
    if not forum.may(Act.READ):
        raise NotFoundError("forum.unknown", "The forum is not open to this reader.")
    return forum


def get_thread(session: Session, reader: Reader, public_id: str, *, locked: bool = False) -> OpenThread:
    """Return a thread, locked until the transaction ends if asked for. Raises NotFoundError."""
    _refuse_other_than_ids(public_id)
    statement = _threads_of(reader).where(Thread.public_id == public_id)
    if locked:
        _lock_writers(session, Post.thread_id.in_(select(Thread.id).where(Thread.public_id == public_id)))
    found = session.execute(_locked(statement, Thread) if locked else statement).one_or_none()
    if found is None:
        raise NotFoundError("thread.unknown", "There is no such thread for this reader.")
    return _opened_thread(found[0], found[1] is not None, reader)


def _refuse_other_than_ids(public_id: str) -> None:
    if not public_id.isprintable():  # PostgreSQL could not even compare it
        raise NotFoundError("thread.unknown", "Nothing has such an id.")


def find_threads(session: Session, reader: Reader, public_ids: Collection[str]) -> Mapping[str, OpenThread]:
    """Return those of these threads that the reader may read, by public id, in one statement."""
    found = {}
    for row, seat in session.execute(_threads_of(reader).where(Thread.public_id.in_(public_ids))):
        with suppress(NotFoundError):
            found[row.public_id] = _opened_thread(row, seat is not None, reader)
    return found


def get_post(session: Session, reader: Reader, public_id: str, *, locked: bool = False) -> OpenPost:
    """Return a post that the reader may see, locked until the transaction ends if asked for. Raises NotFoundError."""
    statement = (
        select(Post, Thread, ForumSeat.membership_id)
        .join(Thread, Thread.id == Post.thread_id)
        .join(Thread.forum)
        .outerjoin(ForumSeat, _is_seat(reader))
        .options(joinedload(Post.author, innerjoin=True), contains_eager(Thread.forum))
        .where(Post.public_id == public_id, _is_in_reach(reader))
    )
    if locked:
        _lock_writers(session, Post.public_id == public_id)
    found = session.execute(_locked(statement, Post, Thread) if locked else statement).one_or_none()
    if found is None:
        raise NotFoundError("post.unknown", "There is no such post for this reader.")
    thread = _opened_thread(found[1], found[2] is not None, reader)
    if session.scalar(select(Post.id).where(Post.id == found[0].id, *visible(thread.forum))) is None:
        raise NotFoundError("post.unknown", "The post is not for this reader.")
    return OpenPost(found[0], thread)


def visible(forum: OpenForum) -> list[ColumnElement[bool]]:
    """Return the conditions under which the reader sees a `Post` of a thread that is open to them."""
    me = forum.reader.person_id
    conditions: list[ColumnElement[bool]] = []
    if not forum.reader.is_staff:
        conditions.append(or_(Post.private_to_id.is_(None), Post.private_to_id == me))
    if forum.plan.kind is Kind.QUESTIONS and not forum.may(Act.MODERATE):
        conditions.append(or_(Post.number == 1, Post.author_id == me, has_answered(me)))
    return conditions


def has_answered(person_id: int) -> ColumnElement[bool]:
    """Return the condition that the person wrote openly in the thread of the `Post` asked for."""
    own = aliased(Post)
    return (
        select(own.id)
        .where(
            own.thread_id == Post.thread_id,
            own.author_id == person_id,
            own.private_to_id.is_(None),
            own.deleted_at.is_(None),
        )
        .correlate(Post)
        .exists()
    )


def in_ring(forum: OpenForum) -> ColumnElement[bool]:
    """Return the condition that a `Thread` of the forum is open to the reader."""
    if forum.plan.purpose is Purpose.SUPERVISION and forum.reader.is_staff:
        return true()
    if forum.plan.has_rings:
        return Thread.ring.in_(list(forum.reader.rings))
    return true()


def sees_ring(forum: OpenForum, ring: str | None) -> bool:
    """Tell whether the reader may see the thread of a ring."""
    if not forum.plan.has_rings or ring in forum.reader.rings:
        return True
    return forum.plan.purpose is Purpose.SUPERVISION and forum.reader.is_staff


def seen_anywhere(forums: list[OpenForum]) -> ColumnElement[bool]:
    """Return the condition that the reader sees a `Post`, joined with its `Thread`, in one of these forums."""
    return or_(
        false(),
        *(
            and_(Thread.forum_id == forum.row.id, in_ring(forum), *visible(forum))
            for forum in forums
            if forum.row is not None
        ),
    )


def audience(
    session: Session, thread: OpenThread | OpenForum, ring: str | None = None, *, among: Collection[int] | None = None
) -> list[Person]:
    """Return who may read the thread, or a thread of this ring in the forum: all, or those `among` these people."""
    forum = thread.forum if isinstance(thread, OpenThread) else thread
    ring = thread.row.ring if isinstance(thread, OpenThread) else ring
    readers = _audience(forum, ring)
    return list(session.scalars(readers if among is None else readers.where(Person.id.in_(among))))


def _audience(forum: OpenForum, ring: str | None) -> Any:
    reader = forum.reader
    present = select(Person).join(Membership, Membership.person_id == Person.id).where(Membership.left_at.is_(None))
    here = Membership.course_id == reader.member.course_id
    if forum.plan.purpose is Purpose.RELATION:
        return present.where(here, Person.id.in_(reader.rings.get(ring or "", frozenset())))
    if forum.plan.purpose is Purpose.SUPERVISION:
        subject = int((ring or "person:0").partition(":")[2])
        return present.where(here, or_(Person.id == subject, Membership.role.in_(STAFF_ROLES)))
    roles = [role for role in type(reader.member.role) if Act.READ in abilities(forum.plan, role)]
    if forum.plan.purpose is Purpose.NETWORK:
        return present.where(
            Person.platform_id == reader.member.course.platform_id, Membership.role.in_(roles)
        ).distinct()
    seats = select(ForumSeat.membership_id).where(ForumSeat.forum_id == (forum.row.id if forum.row else 0))
    is_seated = Membership.id.in_(seats) if forum.plan.purpose is Purpose.STEERING else false()
    return present.where(here, or_(Membership.role.in_(roles), is_seated))


def _opened(plan: Plan, row: Forum | None, is_seated: bool, reader: Reader) -> OpenForum:
    acts = abilities(plan, reader.member.role, is_seated=is_seated)
    if plan.purpose is Purpose.NETWORK and not reader.has_network:
        acts = frozenset()
    return OpenForum(plan, row, reader, acts)


def _opened_thread(row: Thread, is_seated: bool, reader: Reader) -> OpenThread:
    forum = _opened(PLANS[row.forum.key], row.forum, is_seated, reader)
    if not (forum.may(Act.READ) and sees_ring(forum, row.ring)):
        raise NotFoundError("thread.unknown", "The thread is not for this reader.")
    return OpenThread(row, forum)


def _is_seat(reader: Reader) -> ColumnElement[bool]:
    return and_(ForumSeat.forum_id == Forum.id, ForumSeat.membership_id == reader.member.id)


def _is_in_reach(reader: Reader) -> ColumnElement[bool]:
    course = reader.member.course
    return or_(Forum.course_id == course.id, and_(Forum.course_id.is_(None), Forum.platform_id == course.platform_id))


def _forums_of(reader: Reader) -> Any:
    return select(Forum, ForumSeat.membership_id).outerjoin(ForumSeat, _is_seat(reader)).where(_is_in_reach(reader))


def _threads_of(reader: Reader) -> Any:
    return (
        select(Thread, ForumSeat.membership_id)
        .join(Thread.forum)
        .outerjoin(ForumSeat, _is_seat(reader))
        .options(contains_eager(Thread.forum))
        .where(_is_in_reach(reader))
    )


def _lock_writers(session: Session, posts: ColumnElement[bool]) -> None:
    """Lock who wrote these posts before the posts: a reply locks in that order, and nobody waits in a circle."""
    lock_learners(session, session.scalars(select(Post.author_id).where(posts).distinct()).all())


def _locked(statement: Any, *models: Any) -> Any:
    return statement.with_for_update(of=models).execution_options(populate_existing=True)
