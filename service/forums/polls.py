"""The poll of a dilemma: which answers there are, how they are spread, and to choose one."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from service.db import set_row
from service.errors import ConflictError, NotFoundError
from service.forums.access import OpenThread
from service.forums.models import PollOption, PollVote
from service.forums.operations import is_locked
from service.forums.rules import FEWEST_VOTES_SHOWN


@dataclass(frozen=True)
class Answer:
    """An answer that could be defended; `votes` is None where the spread is not shown."""

    number: int
    text: str
    votes: int | None


@dataclass(frozen=True)
class Poll:
    """A poll as a reader sees it. `chosen` is the reader's own answer."""

    answers: list[Answer]
    chosen: int | None
    votes: int


def find_poll(session: Session, thread: OpenThread) -> Poll | None:
    """Return the poll of a thread, None if it has none.

    The spread is shown to who has answered, once there are so many votes that it tells nothing of anyone.
    """
    mine = func.max(PollVote.person_id).filter(PollVote.person_id == thread.forum.reader.person_id)
    rows = session.execute(
        select(PollOption.number, PollOption.text, func.count(PollVote.person_id), mine)
        .outerjoin(PollVote, and_(PollVote.option_id == PollOption.id, PollVote.thread_id == PollOption.thread_id))
        .where(PollOption.thread_id == thread.row.id)
        .group_by(PollOption.number, PollOption.text)
        .order_by(PollOption.number)
    ).all()
    if not rows:
        return None
    chosen = next((number for number, _text, _votes, own in rows if own is not None), None)
    votes = sum(count for _number, _text, count, _own in rows)
    is_shown = chosen is not None and votes >= FEWEST_VOTES_SHOWN
    answers = [Answer(number, text, count if is_shown else None) for number, text, count, _own in rows]
    return Poll(answers, chosen, votes)


def vote(session: Session, thread: OpenThread, option_number: int, *, at: datetime) -> None:
    """Keep which answer the reader would defend, instead of the one before.

    Raise NotFoundError for no such answer, and ConflictError if the thread is locked.
    """
    if is_locked(thread, at=at):
        raise ConflictError("thread.locked", "The thread is locked.")
    option = session.scalars(select(PollOption).filter_by(thread_id=thread.row.id, number=option_number)).one_or_none()
    if option is None:
        raise NotFoundError("poll.unknown", "There is no such answer.")
    keys = {"thread_id": thread.row.id, "person_id": thread.forum.reader.person_id}
    set_row(session, PollVote, keys, {"option_id": option.id})
