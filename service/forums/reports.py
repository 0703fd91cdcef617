"""Reports: a reader tells the moderators about a post, and a moderator decides. Nobody decides about their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session, contains_eager, joinedload

from service.db import add_or_get
from service.errors import ConflictError, InvalidInputError, NotAllowedError
from service.exercises.operations import lock_learner
from service.forums import rules
from service.forums.access import OpenForum, OpenPost, seen_anywhere
from service.forums.blocks import add_measure
from service.forums.log import add_entry
from service.forums.models import ForumSeat, ModerationEntry, Post, Thread
from service.forums.moderation import set_hidden
from service.forums.operations import TooFastError
from service.forums.report_models import Measure, Report
from service.forums.report_rules import (
    REPORTS_AT_ONCE,
    Decision,
    MeasureKind,
    ReportReason,
    decision_faults,
    report_faults,
    takes_reports,
)
from service.forums.rules import Act, Purpose
from service.people.models import Membership, Person, Role
from service.typed_text import clean_line, clean_text

MOST_SHOWN = 100
"""Posts in the list of what was reported; of more the oldest are shown first."""


@dataclass(frozen=True)
class ReportLine:
    """A report with who made it."""

    row: Report
    person: Person


@dataclass(frozen=True)
class Reported:
    """A post with reports that nobody has looked at yet: how many, and since when."""

    post: Post
    thread: Thread
    reports: int
    since: datetime


@dataclass(frozen=True)
class Decided:
    """What came of a decision: who had reported the post (ids of people), and what the writer is to be told."""

    reporter_ids: Sequence[int]
    measure: Measure | None
    is_hidden: bool


def may_report(post: OpenPost) -> bool:
    """Tell whether the reader may report a post to the moderators."""
    row = post.row
    return takes_reports(post.thread.forum.plan) and not (post.is_own or row.deleted_at or row.hidden_at)


def report_post(session: Session, post: OpenPost, reason: str, words: str, *, at: datetime) -> bool:
    """Report a post; return False, and change nothing, if the reader did so before.

    Raise InvalidInputError with `fields`, NotAllowedError, ConflictError for what is no longer shown, TooFastError.
    """
    if not takes_reports(post.thread.forum.plan) or post.is_own:
        raise NotAllowedError("report.not_here", "This post is not reported to moderators.")
    if not may_report(post):
        raise ConflictError("post.done", "The post is no longer shown.")
    if faults := report_faults(reason, words):
        raise InvalidInputError("report.incomplete", "The report lacks something.", fields=faults)
    if not list_moderators(session, post):
        raise InvalidInputError("report.incomplete", "Nobody would read it.", fields={"reason": "report.nobody"})
    me = post.thread.forum.reader.person_id
    lock_learner(session, me)
    own = select(func.count()).where(Report.person_id == me)
    if session.scalars(own.where(Report.post_id == post.row.id)).one():
        return False
    if session.scalars(own.where(Report.reported_at > at - rules.AT_ONCE)).one() >= REPORTS_AT_ONCE:
        raise TooFastError("report.too_fast", "More reports in a short time than people make.")
    values = {"reason": ReportReason(reason), "words": clean_text(words), "reported_at": at}
    add_or_get(session, Report, {"post_id": post.row.id, "person_id": me}, values)
    return True


def list_moderators(session: Session, post: OpenPost) -> list[int]:
    """Return the memberships (ids) of those who decide about a post, one for each person; never its writer."""
    forum, course = post.thread.forum, post.thread.forum.reader.member.course
    roles = [role for role in Role if Act.MODERATE in rules.abilities(forum.plan, role)]
    moderates: ColumnElement[bool] = Membership.role.in_(roles)
    if forum.plan.purpose is Purpose.COMMUNITY and post.row.private_to_id is None:
        seats = select(ForumSeat.membership_id).where(ForumSeat.forum_id == post.thread.row.forum_id)
        moderates = or_(moderates, Membership.id.in_(seats))
    is_wide = forum.plan.purpose is Purpose.NETWORK
    here = Person.platform_id == course.platform_id if is_wide else Membership.course_id == course.id
    found = (
        select(Membership.person_id, Membership.id)
        .join(Person, Person.id == Membership.person_id)
        .where(here, moderates, Membership.left_at.is_(None), Membership.person_id != post.row.author_id)
        .order_by(Membership.course_id != course.id, Membership.id)
    )
    chosen: dict[int, int] = {}
    for person_id, member_id in session.execute(found):
        chosen.setdefault(person_id, member_id)
    return [*chosen.values()]


def list_open_reports(session: Session, forums: Sequence[OpenForum]) -> Sequence[Reported]:
    """Return the posts in these forums with open reports, the oldest report first; without those of the reader."""
    if not forums:
        return []
    waiting = (
        select(Report.post_id, func.count().label("reports"), func.min(Report.reported_at).label("since"))
        .where(Report.decided_at.is_(None))
        .group_by(Report.post_id)
        .subquery()
    )
    found = (
        select(Post, Thread, waiting.c.reports, waiting.c.since)
        .join(waiting, waiting.c.post_id == Post.id)
        .join(Thread, Thread.id == Post.thread_id)
        .join(Thread.forum)
        .options(joinedload(Post.author, innerjoin=True), contains_eager(Thread.forum))
        .where(seen_anywhere(list(forums)), Post.author_id != forums[0].reader.person_id)
        .order_by(waiting.c.since, Post.id)
        .limit(MOST_SHOWN)
    )
    return [Reported(*row) for row in session.execute(found)]


def list_reports(session: Session, post: Post) -> Sequence[ReportLine]:
    """Return the reports of a post, the latest first."""
    found = select(Report, Person).join(Person, Person.id == Report.person_id).where(Report.post_id == post.id)
    return [ReportLine(*row) for row in session.execute(found.order_by(Report.id.desc()))]


def stamp(session: Session, post: Post) -> str:
    """Return a mark of how things stand with a post: another one once it was reported or decided about again."""
    entries = select(func.count()).where(ModerationEntry.post_id == post.id).scalar_subquery()
    reports = select(func.count()).where(Report.post_id == post.id).scalar_subquery()
    acts, told = session.execute(select(entries, reports)).one()
    return f"{acts}-{told}"


def decide(session: Session, post: OpenPost, decision: Decision, *, at: datetime) -> Decided:
    """Decide about a locked post; its open reports are then looked at.

    Raise InvalidInputError with `fields`, NotAllowedError, ConflictError if things have changed since.
    """
    forum = post.thread.forum
    if not forum.may(Act.MODERATE) or post.is_own:
        raise NotAllowedError("forum.no_moderator", "The reader does not decide about this post.")
    if decision.seen != stamp(session, post.row):
        raise ConflictError("post.decided", "Someone else was quicker.")
    waiting = (Report.post_id == post.row.id, Report.decided_at.is_(None))
    reporters = session.scalars(select(Report.person_id).where(*waiting)).all()
    if faults := decision_faults(decision, has_reports=bool(reporters), today=at.date()):
        raise InvalidInputError("decision.incomplete", "The decision lacks something.", fields=faults)
    reason = clean_line(decision.reason)
    hides = decision.hides and post.row.hidden_at is None and post.row.deleted_at is None
    measure = None
    if hides:
        set_hidden(session, post, reason, is_hidden=True, at=at)
    if decision.measure is not None:
        until = decision.until if decision.measure is MeasureKind.BLOCK else None
        measure = Measure(kind=decision.measure, reason=reason, until=until)
        add_measure(session, post, measure, at=at)
    if not hides and measure is None:
        add_entry(session, post.thread, "dismiss", post=post.row, reason=reason, at=at)
    session.execute(update(Report).where(*waiting).values(decided_at=at))
    return Decided(reporters, measure, hides)
