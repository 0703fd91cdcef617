"""Views that a coordinator keeps under a name."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from service.board.models import SavedView
from service.db import set_row
from service.errors import InvalidInputError, NotFoundError
from service.people.known import Member
from service.people.models import Membership

LONGEST_NAME = 80
LONGEST_QUERY = 4000
MOST_VIEWS = 30


def list_views(session: Session, member: Member) -> list[SavedView]:
    """Return the views of a coordinator in this course, by name."""
    return list(session.scalars(select(SavedView).filter_by(membership_id=member.id).order_by(SavedView.name)))


def keep_view(session: Session, member: Member, name: str, query: str, *, is_default: bool) -> None:
    """Keep a view; one of the same name is replaced. Raise InvalidInputError for a name that cannot be one."""
    name = " ".join(name.replace("\0", " ").split())
    if not name or len(name) > LONGEST_NAME:
        code = "view.name_long" if name else "view.name_missing"
        raise InvalidInputError(code, "A view needs a name of 80 characters at most.", fields={"name": code})
    _take_turn(session, member)
    others = [view for view in list_views(session, member) if view.name != name]
    if len(others) >= MOST_VIEWS:
        raise InvalidInputError("view.too_many", "No more views can be kept.", fields={"name": "view.too_many"})
    if len(query) > LONGEST_QUERY:
        raise InvalidInputError("view.query_long", "Too much is filtered by.", fields={"name": "view.query_long"})
    if is_default:
        _open_none(session, member)
    keys = {"membership_id": member.id, "name": name}
    set_row(session, SavedView, keys, {"query": query, "is_default": is_default})


def change_view(session: Session, member: Member, public_id: str, act: str) -> None:
    """Let a view open by itself, or no longer, or forget it. Raise NotFoundError for one of anybody else."""
    _take_turn(session, member)
    mine = select(SavedView).filter_by(membership_id=member.id, public_id=public_id)
    view = session.scalars(mine).one_or_none()
    if view is None:
        raise NotFoundError("view.unknown", "No such view.")
    if act == "delete":
        session.delete(view)
    elif act in {"default", "no_default"}:
        _open_none(session, member)
        view.is_default = act == "default"
    else:
        raise InvalidInputError("view.act", f"Unknown act {act!r}.")
    session.flush()


def _take_turn(session: Session, member: Member) -> None:
    """Wait for whatever else changes views of this coordinator at the same moment: the last one opens by itself."""
    session.execute(select(Membership.id).where(Membership.id == member.id).with_for_update(key_share=True))


def _open_none(session: Session, member: Member) -> None:
    session.execute(update(SavedView).where(SavedView.membership_id == member.id).values(is_default=False))
