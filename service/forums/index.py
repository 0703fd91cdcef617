"""Keeps the index of the search: the worker reads posts after they are written, some at once, and looks words up.

A post that waits to be read is searched as it stands, so the search misses nothing while the worker is behind. Nobody
who posts waits for the words of others, as they would if the index were written with the post.
"""

import re
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, delete, func, select, union_all
from sqlalchemy.orm import Session, sessionmaker

from service.db import add_rows, transaction
from service.forums.index_models import LONGEST_WORD, IndexPlace, IndexWord
from service.forums.models import Post

INDEX_POSTS = "index_posts"
"""The job that reads posts into the index."""
POSTS_AT_ONCE = 200
ROWS_AT_ONCE = 5000
FEW = 500
"""A word that more posts have is found sooner by looking through the latest posts."""
_WORDS = re.compile(r"\w+")
_TURN = 8_006_001
"""The number under which PostgreSQL lets one worker at a time write the index; SQLite has one writer anyway."""


def words_in(folded: str) -> set[str]:
    """Return the words of a folded text. Of one that is too long, pieces in which each half of them is whole."""
    found: set[str] = set()
    for word in _WORDS.findall(folded):
        step = LONGEST_WORD // 2
        found.update(word[start : start + LONGEST_WORD] for start in range(0, max(1, len(word) - step), step))
    return found


def find_candidates(session: Session, words: Iterable[str]) -> Sequence[int] | None:
    """Return the ids of posts that may have all these folded parts of words; None if there are too many to name.

    Only the longest run of letters is looked up, likely the rarest; whether a post has all is left to the caller.
    """
    runs = [run[: LONGEST_WORD // 2] for word in words for run in _WORDS.findall(word)]
    longest = max(runs, key=len, default="")
    if not longest:
        return None
    # Two questions: in one, SQLite may look through all places of all words.
    word_ids = session.scalars(select(IndexWord.id).where(_has(session, longest)).limit(FEW + 1)).all()
    if len(word_ids) > FEW:
        return None
    places = select(IndexPlace.post_id).where(IndexPlace.word_id.in_(word_ids))
    waiting = select(Post.id).where(Post.waits_for_index.is_(True))
    found = session.scalars(union_all(places, waiting).limit(2 * FEW)).all()
    posts = set(found)
    return None if len(found) == 2 * FEW or len(posts) > FEW else sorted(posts)


def _has(session: Session, run: str) -> ColumnElement[bool]:
    """Return the condition that a word has these letters, as the database looks through words soonest."""
    if session.get_bind().dialect.name == "postgresql":
        return func.strpos(IndexWord.word, run) > 0
    return IndexWord.word.contains(run, autoescape=True)


def index_posts(sessions: sessionmaker[Session]) -> bool:
    """Read posts that were written or changed into the index; return whether more wait."""
    with transaction(sessions, reads_only=True) as session:
        if session.scalar(select(Post.id).where(Post.waits_for_index.is_(True)).limit(1)) is None:
            return False
    with transaction(sessions) as session:
        if session.get_bind().dialect.name == "postgresql" and not session.scalar(
            select(func.pg_try_advisory_xact_lock(_TURN))
        ):
            return False
        waiting = select(Post).where(Post.waits_for_index.is_(True)).order_by(Post.id.desc()).limit(POSTS_AT_ONCE)
        posts = session.scalars(waiting.with_for_update(of=Post, skip_locked=True)).all()
        _write(session, {post.id: words_in(post.folded) for post in posts})
        for post in posts:
            post.waits_for_index = None
    return len(posts) == POSTS_AT_ONCE


def _write(session: Session, words_of: dict[int, set[str]]) -> None:
    """Let the index say of these posts just which words they have; words that no post has are forgotten."""
    left = session.scalars(
        delete(IndexPlace).where(IndexPlace.post_id.in_(words_of)).returning(IndexPlace.word_id)
    ).all()
    words = sorted(set().union(*words_of.values()))
    ids: dict[str, int] = {}
    for start in range(0, len(words), ROWS_AT_ONCE):
        some = words[start : start + ROWS_AT_ONCE]
        add_rows(session, IndexWord, [{"word": word} for word in some], IndexWord.id)
        known = session.execute(select(IndexWord.word, IndexWord.id).where(IndexWord.word.in_(some)))
        ids.update((word, word_id) for word, word_id in known)
    places = [{"word_id": ids[word], "post_id": post_id} for post_id, found in words_of.items() for word in found]
    for start in range(0, len(places), ROWS_AT_ONCE):
        add_rows(session, IndexPlace, places[start : start + ROWS_AT_ONCE], IndexPlace.post_id)
    lost = sorted(set(left) - set(ids.values()))
    for start in range(0, len(lost), ROWS_AT_ONCE):
        some_ids = lost[start : start + ROWS_AT_ONCE]
        is_used = select(IndexPlace.word_id).where(IndexPlace.word_id == IndexWord.id).exists()
        session.execute(
            delete(IndexWord).where(IndexWord.id.in_(some_ids), ~is_used).execution_options(synchronize_session=False)
        )
