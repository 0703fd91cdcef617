"""The poll of a dilemma: which answers there are, and how they are spread."""

from dataclasses import dataclass

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from service.forums.access import OpenThread
from service.forums.models import PollOption, PollVote
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
