"""Tables of people: Person, Course (an LTI context), Label, Membership with the role inside the tool, RosterRead."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, enum_type, new_public_id


class LmsRole(StrEnum):
    """What the LMS last said of a person in a course: the upper bound of what our own role may allow."""

    LEARNER = "learner"
    STAFF = "staff"
    ADMINISTRATOR = "administrator"


class Role(StrEnum):
    """The role inside the tool, per course."""

    MENTOR = "mentor"
    YOUTH_WORKER = "youth_worker"
    MENTEE = "mentee"
    COORDINATOR = "coordinator"
    ADMINISTRATOR = "administrator"


class LabelKind(StrEnum):
    """By what staff tell people of a course apart, beside what they do."""

    GROUP = "group"
    """A year, a class, a small group."""
    ORGANISATION = "organisation"
    """The partner that a mentor or youth worker comes from."""


class RosterProblem(StrEnum):
    """Why the roster of a course could not be read, or not be used."""

    UNREACHABLE = "unreachable"
    """No answer, or one that says "not now"."""
    REFUSED = "refused"
    """No access token for it, or a token that does not help: the service is switched off for this tool."""
    GONE = "gone"
    UNREADABLE = "unreadable"
    INCOMPLETE = "incomplete"
    """Its pages went round in a circle or had no end."""
    EMPTY = "empty"
    NO_CLIENT = "no_client"
    """The registration is switched off, or our key cannot be read."""
    OWN_FAULT = "own_fault"


LEARNING_ROLES = (Role.MENTOR, Role.YOUTH_WORKER, Role.MENTEE)
STAFF_ROLES = (Role.COORDINATOR, Role.ADMINISTRATOR)


class Person(Base):
    """A user of one platform, known by (platform, subject). Name and e-mail may never be told (FEATURES M17, N22)."""

    __tablename__ = "person"
    __table_args__ = (UniqueConstraint("platform_id", "subject"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    subject: Mapped[str] = mapped_column(String(255))
    """`sub` of the launch, `user_id` of the roster; upper and lower case differ."""
    name: Mapped[str] = mapped_column(String(255), default="")
    email: Mapped[str] = mapped_column(String(255), default="")
    launch_language: Mapped[str] = mapped_column(String(8), default="")
    chosen_language: Mapped[str] = mapped_column(String(8), default="")
    """The learner's own choice, which wins over the launch; empty while none was made."""
    created_at: Mapped[datetime]
    last_launch_at: Mapped[datetime | None]


class Course(Base):
    """An LTI context; for a launch that names none, the link stands for it (CONFORMANCE G09).

    The standard promises that the id of a context is unique in a deployment only (Core 5.4.1). Two deployments of one
    institution have the same courses under the same ids; two institutions behind one registration need not.
    """

    __tablename__ = "course"
    __table_args__ = (UniqueConstraint("platform_id", "tenant", "context_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    tenant: Mapped[str] = mapped_column(String(255), default="")
    """The deployment, where one registration serves many institutions, each a deployment; else empty."""
    context_id: Mapped[str] = mapped_column(String(255))
    title: Mapped[str] = mapped_column(String(255), default="")
    return_url: Mapped[str] = mapped_column(String(2048), default="")
    """The course page of the LMS without its query: Moodle's query holds a session secret."""
    line_items_url: Mapped[str] = mapped_column(String(2048), default="")
    grade_scopes: Mapped[list[Any]] = mapped_column(default=list)
    memberships_url: Mapped[str] = mapped_column(String(2048), default="")
    created_at: Mapped[datetime]
    roster: Mapped["RosterRead | None"] = relationship(viewonly=True)


LONGEST_LABEL = 80


class Label(Base):
    """A group, or an organisation, as one course calls it; no other course knows it."""

    __tablename__ = "label"
    __table_args__ = (UniqueConstraint("course_id", "kind", "folded"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    kind: Mapped[LabelKind] = mapped_column(enum_type(LabelKind))
    folded: Mapped[str] = mapped_column(String(255))
    """The words as `i18n.fold` has them, cut short: who writes them otherwise means the same."""
    words: Mapped[str] = mapped_column(String(LONGEST_LABEL))


class Membership(Base):
    """A person in a course: what the LMS last said, and the role inside the tool."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("person_id", "course_id"),
        # All that is read of everyone in a course, in the order in which persons are found quickly.
        Index(
            "ix_membership_board",
            *("course_id", "person_id", "role", "left_at", "is_test_user", "last_seen_at"),
            *("staff_group_id", "lms_group_id", "staff_organisation_id", "lms_organisation_id"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    lms_role: Mapped[LmsRole] = mapped_column(enum_type(LmsRole))
    role: Mapped[Role] = mapped_column(enum_type(Role))
    is_test_user: Mapped[bool] = mapped_column(default=False)
    """An LMS's "student view": works like anyone, counts nowhere."""
    last_seen_at: Mapped[datetime | None]
    """The latest launch; None for who has not come yet and is only known from the roster."""
    is_listed: Mapped[bool] = mapped_column(default=False)
    """Whether the latest roster names the person. Some are let in without being on it: administrators, test users."""
    left_at: Mapped[datetime | None]
    """Set when the roster no longer names the person: access ends, the work stays."""
    lms_group_id: Mapped[int | None] = mapped_column(ForeignKey("label.id"))
    """What the LMS said last; what staff say wins over it."""
    lms_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("label.id"))
    staff_group_id: Mapped[int | None] = mapped_column(ForeignKey("label.id"))
    staff_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("label.id"))
    person: Mapped[Person] = relationship(lazy="joined", innerjoin=True)
    course: Mapped[Course] = relationship(lazy="joined", innerjoin=True)


class RosterRead(Base):
    """The reading of a course's roster: when it is due, how the latest one went. What it names is in Membership."""

    __tablename__ = "roster_read"

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)
    next_read_at: Mapped[datetime | None] = mapped_column(index=True)
    """When a reader may take it; None when nothing is to be read.

    While it is being read it is the end of the reader's lease: should that die, it is due again by itself.
    """
    is_being_read: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime | None]
    """The latest try."""
    tries: Mapped[int] = mapped_column(default=0)
    """Tries since the roster was last read, or asked for by a person."""
    read_at: Mapped[datetime | None]
    """When it was last read whole."""
    member_count: Mapped[int] = mapped_column(default=0)
    """Whom it named then, without test users."""
    skipped_count: Mapped[int] = mapped_column(default=0)
    """Entries that named nobody."""
    problem: Mapped[RosterProblem | None] = mapped_column(enum_type(RosterProblem))
    """Of the latest try."""
    detail: Mapped[str] = mapped_column(String(255), default="")
    """For administrators: what the LMS answered, cut short."""
    doubted_at: Mapped[datetime | None]
    """Since when it names so few that nobody is taken to have left before it was read once more."""
