"""The index of the search: which words there are in posts, and in which posts each is."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.db import Base

LONGEST_WORD = 200


class IndexWord(Base):
    """A word as the search compares it, or a part of one that is too long to be a word."""

    __tablename__ = "forum_index_word"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(LONGEST_WORD), unique=True)


class IndexPlace(Base):
    """A post that has a word."""

    __tablename__ = "forum_index_place"

    word_id: Mapped[int] = mapped_column(ForeignKey("forum_index_word.id"), primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("forum_post.id"), primary_key=True, index=True)
