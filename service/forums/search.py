"""Posts from all forums of a reader: what a search finds, and who is named in them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from service.forums import rules
from service.forums.access import OpenForum, seen_anywhere
from service.forums.index import find_candidates
from service.forums.models import Post, PostMention, Thread, ThreadMark
from service.i18n import fold

HITS_PAGE = 20
MENTIONS_SHOWN = 5


@dataclass(frozen=True)
class Hit:
    """A post that a search found, or that names the reader."""

    post: Post
    thread: Thread
    excerpt: str


def search(session: Session, forums: list[OpenForum], query: str, page: int) -> tuple[list[Hit], bool]:
    """Return a page of the posts that have all words of `query`, the latest first, and whether there are more."""
    words = fold(query).split()
    if not words:
        return [], False
    candidates = find_candidates(session, words)
    if candidates is not None and not candidates:
        return [], False
    # Whether a post is for the reader is asked post by post, the latest first, until the page is full.
    is_seen = select(Thread.id).where(Thread.id == Post.thread_id, seen_anywhere(forums)).correlate(Post)
    matching = (
        select(Post.id)
        .where(*(Post.folded.contains(word, autoescape=True) for word in words))
        .where(Post.deleted_at.is_(None), Post.hidden_at.is_(None), is_seen.limit(1).scalar_subquery().is_not(None))
        .order_by(Post.id.desc())
        .offset((max(1, page) - 1) * HITS_PAGE)
        .limit(HITS_PAGE + 1)
    )
    if candidates is not None:
        matching = matching.where(Post.id.in_(candidates))
    ids = session.scalars(matching).all()
    found = session.execute(_posts_with_threads().where(Post.id.in_(ids)).order_by(Post.id.desc())).all()
    hits = [Hit(post, thread, rules.excerpt(post.text, words)) for post, thread in found[:HITS_PAGE]]
    return hits, len(found) > HITS_PAGE


def list_mentions(session: Session, forums: list[OpenForum], person_id: int) -> list[Hit]:
    """Return the latest posts that name the reader and were not read yet."""
    found = session.execute(
        _posts_with_threads()
        .join(PostMention, and_(PostMention.post_id == Post.id, PostMention.person_id == person_id))
        .outerjoin(ThreadMark, and_(ThreadMark.thread_id == Thread.id, ThreadMark.person_id == person_id))
        .where(Post.number > func.coalesce(ThreadMark.read_to, 0), Post.hidden_at.is_(None), seen_anywhere(forums))
        .order_by(Post.posted_at.desc())
        .limit(MENTIONS_SHOWN)
    )
    return [Hit(post, thread, rules.excerpt(post.text, ())) for post, thread in found]


def _posts_with_threads() -> Any:
    return (
        select(Post, Thread)
        .join(Thread, Thread.id == Post.thread_id)
        .join(Thread.forum)
        .options(joinedload(Post.author, innerjoin=True), contains_eager(Thread.forum))
    )
