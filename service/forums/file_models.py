"""The table of the files of posts; the bytes are in the store."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base, enum_type, new_public_id
from service.forums.file_kinds import FileKind

LONGEST_ALT = 300


class PostFile(Base):
    """A picture or a document: waiting in a form of its owner, or in a post."""

    __tablename__ = "forum_file"
    __table_args__ = (Index(None, "person_id", "submission_key"), Index(None, "course_id", "added_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    """Its name in the store too."""
    course_id: Mapped[int] = mapped_column(ForeignKey("course.id"))
    """Where it was added, whose room it takes."""
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    submission_key: Mapped[str] = mapped_column(String(64))
    """Of the form that it waits in, and was posted with."""
    post_id: Mapped[int | None] = mapped_column(ForeignKey("forum_post.id"), index=True)
    """None while it waits."""
    kind: Mapped[FileKind] = mapped_column(enum_type(FileKind))
    name: Mapped[str] = mapped_column(String(120))
    """As its owner called it, cleaned. Readers see it for documents only."""
    alt: Mapped[str] = mapped_column(String(LONGEST_ALT), default="")
    """What a picture shows, in words."""
    size: Mapped[int]
    """Bytes, as kept."""
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the bytes."""
    width: Mapped[int]
    height: Mapped[int]
    """Pixels; 0 for what is no picture."""
    added_at: Mapped[datetime]
    taken_out_at: Mapped[datetime | None]
    """By a change of the post: from then on it belongs to what the post was before."""
    dropped_at: Mapped[datetime | None] = mapped_column(index=True)
    """From then on nobody sees it; the worker deletes the bytes, then the row."""
