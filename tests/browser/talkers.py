"""What people have written in the forums of the house: in three languages, without a name, deleted, hidden."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.config import FileLimits
from service.db import new_public_id, utc_now
from service.forums import moderation, operations, polls, reading
from service.forums.access import OpenThread, Reader, get_forum, get_post, get_thread, open_reader, relation_ring
from service.forums.attachments import NewFile, add_file, list_files
from service.forums.blocks import add_measure
from service.forums.file_changes import FileChange
from service.forums.file_kinds import examine
from service.forums.file_store import FolderStore
from service.forums.models import Post, Thread
from service.forums.operations import Written
from service.forums.pauses import set_paused
from service.forums.report_models import Measure
from service.forums.report_rules import FlagState, MeasureKind
from service.forums.reports import report_post
from service.forums.safety import raise_flag, set_state
from service.pairing.operations import list_relations_of
from service.people.models import Membership, Role
from tests.files import picture

QUESTION = "How do you begin a **first meeting**?\n\n- with a question\n- with a walk\n\n> Ask first.\n\nSee https://example.org"
ANSWERS = (
    (Role.YOUTH_WORKER, "Zaczynam od pytania: *co dziś jest ważne?* Żadnych rad, @Kalina Zmyślona."),
    (Role.COORDINATOR, "אפשר להתחיל בהליכה (SBI) – וזה עובד.\n\n1. ללכת\n2. להקשיב"),
    (Role.MENTOR, "<b>Thank you</b> both. [A source](https://example.org/a?b=c)"),
)


def talk(session: Session, people: Mapping[Role, Membership]) -> dict[str, str]:
    """Fill the forums of a course, and return the ids by which its pages are found."""
    readers = {role: open_reader(session, member, {}) for role, member in people.items()}
    mentor, staff = readers[Role.MENTOR], readers[Role.COORDINATOR]
    news = _start(session, staff, "announcements", "Spotkanie / מפגש / meeting", "We meet on **Tuesday**.")
    _reply(session, mentor, news, "I cannot come. נתראה!", is_private=True)
    thread = _start(session, mentor, "community", "First meetings: פגישה ראשונה", QUESTION)
    first = _opening(session, mentor, thread)
    answers = [_reply(session, readers[role], thread, text, first) for role, text in ANSWERS]
    unkind = get_post(session, mentor, answers[0].public_id)
    report_post(session, unkind, "other", "Żartuje z kogoś / פוגע", at=utc_now())
    _reply(session, readers[Role.YOUTH_WORKER], thread, "A case that I do not want to sign.", is_unnamed=True)
    gone = _reply(session, mentor, thread, "Gone")
    operations.delete_post(session, get_post(session, mentor, gone.public_id), at=utc_now())
    rude = _reply(session, mentor, thread, "Rude")
    hidden = get_post(session, staff, rude.public_id)
    moderation.set_hidden(session, hidden, "Rude", is_hidden=True, at=utc_now())
    row = thread.row
    moderation.set_pinned(session, get_thread(session, staff, row.public_id), row.version, is_pinned=True, at=utc_now())
    dilemma = _start(
        session, mentor, "dilemmas", "A gift", "The mentee brings a gift.", options="Take it\nAsk why\nלסרב"
    )
    polls.vote(session, dilemma, 2, at=utc_now())
    closed = _start(session, staff, "community", "Zamknięty wątek", "Nothing more to say.")
    moderation.set_locked(session, closed, closed.row.version, is_locked=True, at=utc_now())
    for title in ("Co pomaga?", "מה עוזר?", "What helps?", "Jak się żegnać?"):
        asked = _start(session, readers[Role.YOUTH_WORKER], "community", title, "What do you do?")
        _reply(session, readers[Role.ADMINISTRATOR], asked, "I ask: מה חשוב היום?")
    reading.set_star(session, thread, is_starred=True, at=utc_now())
    worried = {"words": "Nie wiem, gdzie jest / איפה?\nhttps://example.org", "quote": ""}
    flag = raise_flag(session, people[Role.MENTEE], None, worried, new_public_id(), at=utc_now())
    set_state(session, people[Role.COORDINATOR], flag.public_id, FlagState.SEEN, 1, "Dzwonię / בשיחה", at=utc_now())
    session.flush()
    return {
        "flag": flag.public_id,
        "news": news.row.public_id,
        "thread": thread.row.public_id,
        "dilemma": dilemma.row.public_id,
        "news_post": _opening(session, staff, news).public_id,
        "own_post": first.public_id,
        "answer_post": answers[0].public_id,
        "hidden_post": rude.public_id,
    }


def be_blocked(session: Session, staff: Membership, member: Membership, thread_id: str) -> Post:
    """Let someone post in a thread, be warned for it, and blocked from writing for a month."""
    thread = get_thread(session, open_reader(session, staff, {}), thread_id)
    row = _reply(session, open_reader(session, member, {}), thread, "Buy my book! קנו את הספר")
    post = get_post(session, open_reader(session, staff, {}), row.public_id)
    until = utc_now().date() + timedelta(days=30)
    for kind, day in ((MeasureKind.WARNING, None), (MeasureKind.BLOCK, until)):
        measure = Measure(kind=kind, reason="Reklama / פרסומת / advertising", until=day)
        add_measure(session, post, measure, at=utc_now())
    return row


def send_files(session: Session, store: FolderStore, member_id: str, thread_id: str, name: str) -> str:
    """Let a member, by public id, post a picture and a document in a thread, both called `name`, and change a second
    such post; return the id of that.
    """
    member = session.scalars(select(Membership).filter_by(public_id=member_id)).one()
    who = open_reader(session, member, {})
    _post_files(session, store, who, thread_id, name)
    row = _post_files(session, store, who, thread_id, name)
    document = list_files(session, [row.id])[row.id][1]
    change = FileChange([document.public_id])
    operations.edit_post(session, get_post(session, who, row.public_id), row.text, 0, change, at=utc_now())
    return row.public_id


def _post_files(session: Session, store: FolderStore, who: Reader, thread_id: str, name: str) -> Post:
    written = Written("Our hall: כך זה נראה", new_public_id())
    for file_name, content, alt in (
        ("hall.png", picture(size=(1200, 800), colour="#c9d8c0"), f"A hall with a door in the middle: {name}"),
        (f"{name}.pdf", b"%PDF-1.7\n1 0 obj\n", ""),
    ):
        new = NewFile(file_name, examine(content), new_public_id(), alt)
        store.keep(new.stored_as, new.examined.content)
        add_file(session, FileLimits(), who.member, written.submission_key, new, at=utc_now())
    return operations.reply(session, get_thread(session, who, thread_id), written, parent=None, at=utc_now())


def talk_in_private(session: Session, mentor: Membership) -> dict[str, str]:
    """Let a mentor write to the coordinators, and to the one they accompany; return the ids of thread and post."""
    relation = list_relations_of(session, mentor.id)[0]
    ring = {relation.public_id: frozenset(one.membership.person_id for one in relation.members)}
    reader = open_reader(session, mentor, ring)
    thread = _start(session, reader, "relation", "", "Do zobaczenia! להתראות", ring=f"relation:{relation.public_id}")
    _start(session, reader, "supervision", "", "May we talk?", ring=f"person:{mentor.person_id}")
    return {"relation_talk": thread.row.public_id, "relation_post": _opening(session, reader, thread).public_id}


def pause_contact(session: Session, staff: Membership, mentor: Membership) -> dict[str, str]:
    """Let a mentor worry, and staff pause their conversation, open it and pause it again; return the id of the flag."""
    worried = {"words": "Od piątku bez wiadomości / אין סימן חיים", "quote": ""}
    flag = raise_flag(session, mentor, None, worried, new_public_id(), at=utc_now())
    ring = relation_ring(list_relations_of(session, mentor.id)[0].public_id)
    for is_paused in (True, False, True):
        set_paused(session, staff, flag, ring, is_paused=is_paused, at=utc_now())
    return {"relation_flag": flag.public_id}


def _start(
    session: Session, who: Reader, key: str, title: str, text: str, *, options: str = "", ring: str | None = None
) -> OpenThread:
    written = Written(text, new_public_id(), title=title, options=options)
    forum = get_forum(session, who, key)
    post = operations.start_thread(session, forum, written, ring=ring, at=utc_now() - timedelta(minutes=5))
    return get_thread(session, who, session.get_one(Thread, post.thread_id).public_id)


def _opening(session: Session, who: Reader, thread: OpenThread) -> Post:
    return reading.read_thread(session, get_thread(session, who, thread.row.public_id), 1).posts[0].row


def _reply(
    session: Session, who: Reader, thread: OpenThread, text: str, parent: Post | None = None, **options: bool
) -> Post:
    opened = get_thread(session, who, thread.row.public_id)
    return operations.reply(session, opened, Written(text, new_public_id(), **options), parent=parent, at=utc_now())
