"""The forms of forums as a browser sends them."""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from service.db import new_public_id
from service.forums.models import Post
from tests.functional.web.conftest import Browser


def form(**fields: str) -> dict[str, str]:
    return {"submission_key": new_public_id(), "text": "Hello", "title": "A thread"} | fields


def opened(browser: Browser, key: str = "community", **fields: str) -> str:
    """Open a thread, and return its address without the query."""
    answer = browser.post(browser.path(f"/forums/{key}/new"), form(**fields))
    assert answer.status_code == 303, answer.text
    return answer.location.partition("?")[0]


def posted(browser: Browser, thread: str, **fields: str) -> str:
    answer = browser.post(thread, form(**fields))
    assert answer.status_code == 303, answer.text
    return answer.location


def last_post(database: sessionmaker[Session]) -> str:
    with database() as session:
        return session.scalars(select(Post.public_id).order_by(Post.id.desc()).limit(1)).one()


def version(page: str) -> str:
    return re.search(r'name="version" value="(\d+)"', page)[1]
