"""Tables of the pretend LMS: people, courses, activities, its gradebook, and what its protocol has to remember."""

from typing import Any, ClassVar

from sqlalchemy import JSON, ForeignKey, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

LEARNER = "learner"
TEACHER = "teacher"
NON_EDITING_TEACHER = "non_editing_teacher"
MANAGER = "manager"
COURSE_ROLES = (LEARNER, TEACHER, NON_EDITING_TEACHER, MANAGER)
# Without it SQLite gives the number of a deleted line item to the next one; Moodle never does.
_NUMBERS_USED_ONCE = {"sqlite_autoincrement": True}


class Base(DeclarativeBase):
    """The declarative base of the LMS's own store, apart from the tool's."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSON,
        dict[str, str]: JSON,
        list[str]: JSON,
        list[Any]: JSON,
    }


class Tool(Base):
    """A registered LTI tool. Its id is Moodle's tool type id, and so the deployment id."""

    __tablename__ = "tool"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    client_id: Mapped[str] = mapped_column(unique=True)
    login_url: Mapped[str]
    launch_url: Mapped[str]
    jwks_url: Mapped[str]
    redirect_uris: Mapped[list[str]]
    """Compared exactly, as Moodle does: not even a trailing slash may differ."""
    scopes: Mapped[list[str]]
    shares_names: Mapped[bool] = mapped_column(default=True)
    """Moodle's privacy setting of the tool: whether names and mail addresses are sent."""
    custom: Mapped[dict[str, str]] = mapped_column(default=dict)

    @property
    def deployment_id(self) -> str:
        return str(self.id)


class ToolRegistration(Base):
    """A dynamic registration under way or done: the client id that was promised, and what became of it."""

    __tablename__ = "tool_registration"

    client_id: Mapped[str] = mapped_column(primary_key=True)
    tool_id: Mapped[int | None] = mapped_column(ForeignKey("tool.id"))
    """The tool that it made, or the one that is to be updated by it."""
    is_used: Mapped[bool] = mapped_column(default=False)
    is_pending: Mapped[bool] = mapped_column(default=True)
    """Until an administrator activates the tool."""


class SigningKey(Base):
    """A key pair of the LMS. The newest one signs."""

    __tablename__ = "signing_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    kid: Mapped[str] = mapped_column(unique=True)
    private_pem: Mapped[str]
    public_pem: Mapped[str]


class Person(Base):
    """A user account. Its id is `sub` of a launch and `user_id` of the roster."""

    __tablename__ = "person"
    __table_args__ = _NUMBERS_USED_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    given_name: Mapped[str]
    family_name: Mapped[str]
    email: Mapped[str]
    locale: Mapped[str] = mapped_column(default="en")
    idnumber: Mapped[str] = mapped_column(default="")
    is_site_admin: Mapped[bool] = mapped_column(default=False)
    withholds_details: Mapped[bool] = mapped_column(default=False)
    """Neither name nor mail of this person leaves the LMS. (Moodle has that per tool, other platforms per person.)"""

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


class Course(Base):
    """A course: the LTI context."""

    __tablename__ = "course"
    __table_args__ = _NUMBERS_USED_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """The name by which tests and the seed speak of it; never sent."""
    label: Mapped[str]
    title: Mapped[str]
    idnumber: Mapped[str] = mapped_column(default="")
    copied_from: Mapped[int | None] = mapped_column(ForeignKey("course.id"))


class Enrolment(Base):
    """A person in a course."""

    __tablename__ = "enrolment"

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    role: Mapped[str]
    is_suspended: Mapped[bool] = mapped_column(default=False)


class Activity(Base):
    """A resource link in a course. Its id is `resource_link.id`; pages use the course module number instead."""

    __tablename__ = "activity"
    __table_args__ = _NUMBERS_USED_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(unique=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    tool_id: Mapped[int] = mapped_column(ForeignKey("tool.id"))
    title: Mapped[str]
    description: Mapped[str] = mapped_column(default="")
    url: Mapped[str] = mapped_column(default="")
    """The activity's own target link, where deep linking gave one; else the tool's."""
    custom: Mapped[dict[str, str]] = mapped_column(default=dict)
    container: Mapped[str] = mapped_column(default="iframe")

    @property
    def cmid(self) -> int:
        """Number the activity as pages do: Moodle's course module id is never the resource link id."""
        return self.id + 1000


class GradeItem(Base):
    """A column of the gradebook."""

    __tablename__ = "grade_item"
    __table_args__ = _NUMBERS_USED_ONCE

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"), index=True)
    tool_id: Mapped[int] = mapped_column(ForeignKey("tool.id"))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"), index=True)
    """Set for an activity's own item ("coupled"); a column that the tool made has none and cannot be overridden."""
    resource_link_id: Mapped[int | None]
    """What `resourceLinkId` says: kept apart because a PUT without it drops it from the item of an activity too."""
    label: Mapped[str]
    maximum: Mapped[float] = mapped_column(default=100.0)
    resource_id: Mapped[str] = mapped_column(default="")
    tag: Mapped[str] = mapped_column(default="")
    submission_review: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    is_locked: Mapped[bool] = mapped_column(default=False)
    is_hidden: Mapped[bool] = mapped_column(default=False)

    @property
    def is_coupled(self) -> bool:
        return self.activity_id is not None


class Grade(Base):
    """A person's cell in a column: what the tool said (raw) and what counts (final)."""

    __tablename__ = "grade"
    __table_args__ = (UniqueConstraint("item_id", "person_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("grade_item.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    raw: Mapped[float | None]
    final: Mapped[float | None]
    comment: Mapped[str | None]
    graded_at: Mapped[int | None]
    """Whole seconds since 1970: what the next score's timestamp is compared with."""
    is_overridden: Mapped[bool] = mapped_column(default=False)
    is_locked: Mapped[bool] = mapped_column(default=False)
    is_hidden: Mapped[bool] = mapped_column(default=False)


class Launch(Base):
    """A launch under way: what stands behind a message hint, which may be used once."""

    __tablename__ = "launch"

    hint: Mapped[str] = mapped_column(primary_key=True)
    tool_id: Mapped[int] = mapped_column(ForeignKey("tool.id"))
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    activity_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    message_type: Mapped[str]
    container: Mapped[str]
    session_id: Mapped[str] = mapped_column(default="")
    """The browser session it belongs to; empty when a test made it without a browser."""
    for_user: Mapped[int | None]
    is_used: Mapped[bool] = mapped_column(default=False)


class AccessToken(Base):
    """An access token that the LMS gave out."""

    __tablename__ = "access_token"

    token: Mapped[str] = mapped_column(primary_key=True)
    tool_id: Mapped[int] = mapped_column(ForeignKey("tool.id"))
    scopes: Mapped[list[str]]
    expires_at: Mapped[float]


class UsedAssertion(Base):
    """A `jti` already seen, for the strict check of client assertions."""

    __tablename__ = "used_assertion"
    __table_args__ = (UniqueConstraint("client_id", "jti"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    jti: Mapped[str]


class Selection(Base):
    """What a teacher picked in the tool by deep linking and has not yet added to the course."""

    __tablename__ = "selection"

    id: Mapped[int] = mapped_column(primary_key=True)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    tool_id: Mapped[int] = mapped_column(ForeignKey("tool.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    session_id: Mapped[str] = mapped_column(default="")
    items: Mapped[list[Any]]


class Setting(Base):
    """A switch that was turned away from its default, or a secret of the LMS."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
