"""Who may ask the API: a client with a key of ours, for what its scopes allow, so often and no oftener.

No cookie opens anything here, so no page of another site can ask in someone's name.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import current_app, g, request
from sqlalchemy.orm import Session, sessionmaker

from service.api_clients.models import ApiClient, Scope
from service.api_clients.operations import count_more, count_question, know_client
from service.db import transaction, utc_now
from service.errors import NotAllowedError
from service.web.access import without_database

View = TypeVar("View", bound=Callable[..., Any])

CLIENTS = "clients"
"""The audience of the API."""


def open_to_clients(scope: Scope) -> Callable[[View], View]:
    """Open a view to clients with `scope`, who say their key in `Authorization: Bearer`. It finds them in `g.client`.

    The question is counted in a short transaction of its own; the view reads in another, which never writes. Raise
    KeyRefusedError, RateExceededError, or NotAllowedError `scope.missing`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> Any:
            at = utc_now()
            with transaction(_sessions()) as session:
                client = know_client(session, _key(), at=at)
                count_question(client, 1, at=at)
            if scope not in client.scopes:
                raise NotAllowedError("scope.missing", f"The client {client.public_id} has no scope {scope}.")
            with transaction(_sessions(), reads_only=True) as g.db:
                g.client = client
                try:
                    return view(**arguments)
                finally:
                    g.pop("db")

        guarded.__dict__["audience"] = CLIENTS
        return cast(View, without_database(guarded))

    return decorate


def asking_client() -> ApiClient:
    """Return the client that asks."""
    return cast(ApiClient, g.client)


def count_further(questions: int) -> None:
    """Count what a request asks beside its first question. Raise RateExceededError."""
    if questions > 0:
        with transaction(_sessions()) as session:
            count_more(session, asking_client().id, questions, at=utc_now())


def _key() -> str:
    authorization = request.authorization
    is_bearer = authorization is not None and authorization.type == "bearer"
    return (authorization.token or "") if is_bearer and authorization else ""


def _sessions() -> sessionmaker[Session]:
    return cast("sessionmaker[Session]", current_app.extensions["sessions"])
