"""The index of the search: it finds what looking through all posts finds, and forgets what was changed or deleted."""

from datetime import timedelta

import pytest
from alembic import command
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session, sessionmaker

from service.db import make_sessions, new_public_id, transaction
from service.forums import operations
from service.forums.access import Reader, get_forum, get_post, list_open, open_reader
from service.forums.index import FEW, index_posts, words_in
from service.forums.index_models import IndexPlace, IndexWord
from service.forums.models import Post
from service.forums.operations import Written
from service.forums.search import search
from service.i18n import fold
from service.migrations import changing_tables, config_for
from service.people.models import Membership
from tests.makers import AT, make_member

TEXTS = (
    "Zażółć gęślą jaźń, powiedział Łukasz.",
    "שָׁלוֹם לכולם, בַּמִּפְגָּשׁ הראשון",
    "First (second) third-fourth a,b https://example.org/path?x=1",
    "x" * 150 + "needle" + "y" * 150,
    "Another text of the same words: first, last.",
    "C'est l'été; naïve",
)
QUERIES = (
    "zazolc",
    "GĘŚLĄ",
    "ukas",
    "jazn powied",
    "שלום",
    "מפגש",
    "כולמ",
    "irst",
    "(second)",
    "third fourth",
    "a,b",
    "example.org/path",
    "x=1",
    "xneedley",
    "x" * 90 + "needle",
    "first last",
    "first zazolc",
    "ete naive",
    "?",
    "%",
    "_",
    "nothing of this kind",
)


def reader(session: Session, subject: str = "anna") -> Reader:
    return open_reader(session, make_member(session, subject), {})


def post(session: Session, who: Reader, text: str, number: int = 0) -> Post:
    written = Written(text, new_public_id(), title="A thread")
    at = AT + number * timedelta(minutes=3)
    return operations.start_thread(session, get_forum(session, who, "community"), written, ring=None, at=at)


def found(session: Session, who: Reader, query: str) -> list[str]:
    return [hit.post.text for hit in search(session, list_open(session, who), query, 1)[0]]


def as_it_stands(query: str) -> list[str]:
    """What looking through every post finds, the latest first."""
    texts = reversed(TEXTS)
    return [text for text in texts if all(word in fold(f"A thread {text}") for word in fold(query).split())]


@pytest.fixture
def sessions(engine: Engine) -> sessionmaker[Session]:
    return make_sessions(engine)


def test_the_index_finds_what_looking_through_all_posts_finds(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        who = reader(session)
        for number, text in enumerate(TEXTS):
            post(session, who, text, number)
        waiting = {query: found(session, who, query) for query in QUERIES}
    assert index_posts(sessions) is False
    with transaction(sessions) as session:
        assert session.scalars(select(Post.id).where(Post.waits_for_index.is_(True))).all() == []
        who = open_reader(session, session.get_one(Membership, who.member.id), {})
        indexed = {query: found(session, who, query) for query in QUERIES}
    assert waiting == indexed == {query: as_it_stands(query) if fold(query) else [] for query in QUERIES}


def test_what_was_changed_or_deleted_is_forgotten_with_its_words(sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        who = reader(session)
        ids = [post(session, who, text, number).public_id for number, text in enumerate(("kasztan wiosna", "wiosna"))]
    index_posts(sessions)
    with transaction(sessions) as session:
        who = reader(session)
        operations.edit_post(session, get_post(session, who, ids[0]), "jarzębina wiosna", 0, at=AT)
        session.flush()
        assert (found(session, who, "kasztan"), found(session, who, "jarzebina")) == ([], ["jarzębina wiosna"])
    index_posts(sessions)
    with transaction(sessions) as session:
        who = reader(session)
        assert (found(session, who, "kasztan"), found(session, who, "jarzebina")) == ([], ["jarzębina wiosna"])
        operations.delete_post(session, get_post(session, who, ids[0]), at=AT)
        session.flush()
        assert found(session, who, "wiosna") == ["wiosna"]
    index_posts(sessions)
    with transaction(sessions) as session:
        assert set(session.scalars(select(IndexWord.word))) == {"a", "thread", "wiosna"}
        assert session.scalars(select(func.count()).select_from(IndexPlace)).one() == 3


def test_a_rare_word_is_looked_up_and_costs_as_many_statements_among_many_posts(
    engine: Engine, sessions: sessionmaker[Session]
) -> None:
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    counts = {}
    with transaction(sessions) as session:
        who = reader(session)
        first = post(session, who, "The rare kasztan")
    for many in (1, FEW + 50):
        with transaction(sessions) as session:
            rows = [
                {
                    **{name: getattr(first, name) for name in ("thread_id", "author_id", "author_role", "language")},
                    "number": many + number,
                    "text": "Often said",
                    "folded": "often said",
                    "submission_key": new_public_id(),
                    "public_id": new_public_id(),
                    "posted_at": AT,
                    "edits": 0,
                    "is_unnamed": False,
                }
                for number in range(1, many + 1)
            ]
            session.execute(Post.__table__.insert(), rows)
        while index_posts(sessions):
            pass
        with transaction(sessions) as session:
            forums = list_open(session, reader(session))
            for query in ("kasztan", "often", "kasztan often"):
                statements.clear()
                hits, has_more = search(session, forums, query, 1)
                counts.setdefault(query, []).append(len(statements))
                assert bool(hits) is (query != "kasztan often")
                assert has_more is (query == "often" and many > 1)
    assert counts == {"kasztan": [4, 4], "often": [4, 4], "kasztan often": [4, 4]}


def test_posts_from_before_the_index_wait_to_be_read(engine: Engine, sessions: sessionmaker[Session]) -> None:
    with transaction(sessions) as session:
        post(session, reader(session), "kasztan")
    index_posts(sessions)
    with changing_tables(engine) as connection:
        command.downgrade(config_for(connection), "0027")
        command.upgrade(config_for(connection), "head")
    with transaction(sessions) as session:
        assert found(session, reader(session), "asztan") == ["kasztan"]
        assert session.scalars(select(func.count()).select_from(IndexWord)).one() == 0
    assert index_posts(sessions) is False
    with transaction(sessions) as session:
        assert found(session, reader(session), "asztan") == ["kasztan"]
        assert session.scalars(select(func.count()).select_from(IndexWord)).one() == 3


def test_a_word_that_is_too_long_is_kept_in_pieces_that_overlap() -> None:
    word = "".join(chr(0x5D0 + n % 22) for n in range(950))
    pieces = words_in(f"a {word}")
    assert max(map(len, pieces)) == 200
    assert all(any(word[start : start + 100] in piece for piece in pieces) for start in range(851))
