"""Tables of grades on their way home: a gradebook column, the outbox row of a person in it, its history, and how
each LMS is doing.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.db import Base, enum_type, new_public_id


class ScoreState(StrEnum):
    """Where a score is, in the order of a good journey first; the rest need someone's eye."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    """Accepted by the LMS, not read back: it grants no right to read results."""
    CONFIRMED = "confirmed"
    OVERRIDDEN = "overridden"
    """The gradebook shows another value, set by a teacher."""
    DIFFERS = "differs"
    """The LMS took it, but its gradebook shows something else: someone has to choose."""
    NOT_GRADABLE = "not_gradable"
    LOCKED = "locked"
    LINE_ITEM_GONE = "line_item_gone"
    CLOCK_CONFLICT = "clock_conflict"
    REFUSED = "refused"
    PAUSED = "paused"
    """The course takes nothing any more: it has ended, or the service or the registration is switched off."""


class LineItem(Base):
    """A column of an LMS gradebook: coupled to a link of ours, or made by us for the course."""

    __tablename__ = "line_item"
    __table_args__ = (UniqueConstraint("course_id", "subject", "resource_link_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, index=True, default=new_public_id)
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    subject: Mapped[str] = mapped_column(String(128))
    """What is graded, also sent as `resourceId`: `readiness`, `module:<key>` or `exercise:<module>/<exercise>`."""
    resource_link_id: Mapped[str] = mapped_column(String(255), default="")
    """The link that the column is coupled to; empty for a column of the course."""
    label: Mapped[str] = mapped_column(String(255))
    told_label: Mapped[str] = mapped_column(String(255), default="")
    """The name that we last gave a column of the course; empty for one that someone else has named."""
    score_maximum: Mapped[float]
    url: Mapped[str] = mapped_column(String(2048), default="")
    """Empty until the LMS has told or made it."""
    claimed_until: Mapped[datetime | None]
    """Set while a sender looks for the column or makes it, so that no second one makes it too (CONFORMANCE A05)."""
    check_at: Mapped[datetime | None] = mapped_column(index=True)
    """When all that the gradebook shows in it is next compared with ours; None until that is planned.

    While that is being done it is the end of a lease, as `Score.next_try_at` is.
    """
    checked_at: Mapped[datetime | None]
    check_problem: Mapped[str] = mapped_column(String(255), default="")
    """Why the last comparison came to nothing; empty if it worked."""


class Score(Base):
    """What the gradebook should show for a person: one row per line item, the newest value wins."""

    __tablename__ = "score"
    __table_args__ = (
        UniqueConstraint("line_item_id", "person_id"),
        Index(
            "ix_score_queue",
            "platform_id",
            "next_try_at",
            "id",
            postgresql_where=text("next_try_at IS NOT NULL"),
            sqlite_where=text("next_try_at IS NOT NULL"),
        ),
        CheckConstraint("score_given >= 0", name="score_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    platform_id: Mapped[int]
    """Whose queue the row stands in: that of the course's platform, told again here for the index."""
    line_item_id: Mapped[int] = mapped_column(ForeignKey("line_item.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    score_given: Mapped[float]
    """On the scale of the line item's `score_maximum`."""
    comment: Mapped[str] = mapped_column(String(1024))
    revision: Mapped[int] = mapped_column(default=1)
    """Counts the values queued; a sender that finds it changed has sent an old one and leaves the row waiting."""
    state: Mapped[ScoreState] = mapped_column(enum_type(ScoreState), default=ScoreState.WAITING)
    queued_at: Mapped[datetime]
    """When the work was done that the value is for."""
    asked_at: Mapped[datetime]
    """When the value was queued, or someone last asked for it to be sent again: we give up a week later."""
    overrules: Mapped[bool] = mapped_column(default=False)
    """Someone chose that our value shall replace what the gradebook shows."""
    next_try_at: Mapped[datetime | None]
    """When a sender may take the row, in whatever state; None when nothing more is to be sent.

    While a row is being sent it is the end of the sender's lease: should that die, the row is due again by itself.
    """
    tries: Mapped[int] = mapped_column(default=0)
    """Tries of the present value."""
    sent_timestamp: Mapped[datetime | None]
    """The `timestamp` of the latest post, whole seconds, later with each value (FEATURES M4)."""
    last_checked_at: Mapped[datetime | None]
    lms_score: Mapped[float | None]
    """What the LMS showed at `last_checked_at`, on our scale."""
    reason: Mapped[str] = mapped_column(String(255), default="")
    """For staff: what the LMS answered, cut short."""
    line_item: Mapped[LineItem] = relationship(lazy="joined", innerjoin=True)


class ScoreTry(Base):
    """One attempt to deliver a score, kept for whoever must explain a gradebook.

    Written before the post: one that stays `sending` was cut off, and its value may be in the gradebook or not.
    """

    __tablename__ = "score_try"

    id: Mapped[int] = mapped_column(primary_key=True)
    score_id: Mapped[int] = mapped_column(ForeignKey("score.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    score_given: Mapped[float]
    outcome: Mapped[ScoreState] = mapped_column(enum_type(ScoreState))
    status: Mapped[int | None]
    """HTTP status of the post; None when no answer came."""
    detail: Mapped[str] = mapped_column(String(255), default="")
    payload_hash: Mapped[str] = mapped_column(String(64), default="")
    """SHA-256 of the body, so that what was sent can be proven without keeping it; empty while nothing was."""
    next_try_at: Mapped[datetime | None]
    """What was decided then."""


class PlatformSending(Base):
    """How sending to an LMS goes at present, shared by all senders, and how much it can bear. No row: all is well."""

    __tablename__ = "platform_sending"

    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    """Scores in a row that met no answer, or a refusal that the next one would meet too."""
    paused_until: Mapped[datetime | None]
    """Nothing is sent before; after it one score goes first to see whether the LMS is back."""
    reason: Mapped[str] = mapped_column(String(255), default="")
    """What the latest of the failures was; kept when it is over."""
    last_answer_at: Mapped[datetime | None]
    """When the LMS last took or refused a score in its own words."""
    most_at_once: Mapped[int | None]
    """How many scores may be on their way at the same time; our usual number if None."""
    most_per_second: Mapped[float | None]
    """How many calls a second; without limit if None."""
    clock_difference: Mapped[float | None]
    """Seconds that the clock of the LMS is ahead of ours."""


class SendTally(Base):
    """How many tries ended in an outcome within a time, since ever: what the metrics are made of."""

    __tablename__ = "send_tally"

    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"), primary_key=True)
    outcome: Mapped[ScoreState] = mapped_column(enum_type(ScoreState), primary_key=True)
    within: Mapped[int] = mapped_column(primary_key=True)
    """The first of the limits (milliseconds) that the try kept to; see `rules.LIMITS`."""
    tries: Mapped[int]
    seconds: Mapped[float]
    """All together."""
