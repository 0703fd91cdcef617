"""Views that two windows of one coordinator keep or change at the same moment."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.board.models import SavedView
from service.board.views import change_view, keep_view
from service.db import transaction
from service.people.models import Membership, Role
from tests.makers import make_member

Act = Callable[[Session, Membership, SavedView], None]


def _keep(session: Session, staff: Membership, _old: SavedView) -> None:
    keep_view(session, staff, "Second", "role=mentee", is_default=True)


def _change(session: Session, staff: Membership, old: SavedView) -> None:
    change_view(session, staff, old.public_id, "default")


@pytest.mark.parametrize(("act", "opening"), [(_keep, "Second"), (_change, "Old")])
def test_of_two_views_that_should_open_by_themselves_the_last_one_does(
    sessions: sessionmaker[Session], act: Act, opening: str
) -> None:
    with transaction(sessions) as session:
        staff = make_member(session, "staff", Role.COORDINATOR)
        keep_view(session, staff, "Old", "", is_default=False)
        old = session.scalars(select(SavedView)).one()

    def do() -> None:
        with transaction(sessions) as session:
            act(session, session.merge(staff), old)

    with ThreadPoolExecutor(1) as threads:
        with transaction(sessions) as session:
            keep_view(session, session.merge(staff), "First", "role=mentor", is_default=True)
            later: Future[None] = threads.submit(do)
            assert wait_for([later], timeout=0.5).not_done
        later.result(timeout=20)
    with transaction(sessions) as session:
        views = session.scalars(select(SavedView).where(SavedView.is_default)).all()
        assert [view.name for view in views] == [opening]
