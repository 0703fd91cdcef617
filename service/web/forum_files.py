"""Pictures and documents of posts: read before the transaction, kept with the draft of a form, given to readers."""

import io
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar, cast

from flask import Blueprint, Response, current_app, g, request, send_file, session

from service.config import FileLimits
from service.db import new_public_id, transaction, utc_now
from service.errors import InvalidInputError, NotFoundError
from service.forums import attachments
from service.forums.attachments import NewFile, find_faults, list_waiting
from service.forums.drafts import save_post_draft
from service.forums.file_changes import FileChange, find_change_faults, form_key, list_kept
from service.forums.file_kinds import Examined, examine
from service.forums.file_models import PostFile
from service.forums.file_store import FileStore, StoreDownError
from service.forums.models import Post
from service.web.access import me, open_to, without_database
from service.web.file_words import fault_words, file_limits
from service.web.forum_pages import TYPED, Sent, reader

blueprint = Blueprint("forum_files", __name__, url_prefix="/course/<course_id>/forums")

View = TypeVar("View", bound=Callable[..., Any])
BESIDE_FILES = 1_000_000
"""Bytes that the rest of a form may have."""


@dataclass(frozen=True)
class Received:
    """A file as it came: examined, or the code of why it is refused."""

    name: str
    examined: Examined | None
    refusal: str = ""
    stored_as: str = ""


def takes_files(view: View) -> View:
    """Say that the form of a view may carry files: they are examined and stored before its transaction begins."""
    view.__dict__["takes_files"] = True
    return view


def receive() -> None:
    """Examine and store the files of the form, for `take_files`. It takes time, for which nobody should wait.

    `settle` has to follow: it deletes what the view did not take.
    """
    limits = file_limits()
    g.received, g.taken = [], set()
    if request.mimetype != "multipart/form-data" or "person" not in session:
        return
    request.max_content_length = limits.in_post * limits.each_mb * 1_000_000 + BESIDE_FILES
    sent = [file for file in request.files.getlist("file") if file.filename]
    for file in sent[: limits.in_post]:
        g.received.append(_examined(file.filename or "", file.read(limits.each_mb * 1_000_000 + 1), limits))
    g.received += [Received(file.filename or "", None, "file.count") for file in sent[limits.in_post :]]


def settle(*, has_committed: bool) -> None:
    """Delete what was stored for a form that did not take it; what this cannot delete goes as a stray later."""
    left = [
        file.stored_as for file in g.received if file.stored_as and not (has_committed and file.stored_as in g.taken)
    ]
    for name in left:
        with suppress(StoreDownError):
            _store().drop(name)


def take_files(sent: Sent, place: str) -> tuple[Sent, dict[str, str]]:
    """Let what came with a form wait in it; return the form with its files in words, and what is wrong, by field.

    `place` is that of the draft, which is kept with the files so that both are found again.
    """
    at, person_id, key = utc_now(), me().person_id, sent.form.submission_key
    attachments.take_over(g.db, person_id, key, [version.submission_key for version in sent.form.seen])
    attachments.describe(g.db, person_id, key, _alts(), request.form.getlist("drop"), at=at)
    faults = _take_received(key)
    waiting = list_waiting(g.db, person_id, [key])
    if not sent.is_preview:
        found = find_faults(waiting, is_unnamed=sent.values["is_unnamed"])
        faults |= {_field(code, file): fault_words(code, file.name) for code, file in found.items()}
    if waiting and (faults or sent.is_preview):
        _keep_draft(sent, place)
    return replace(sent, beside=attachments.words_of(waiting)), faults


def take_changes(post: Post) -> tuple[FileChange, dict[str, str]]:
    """Let what came with the form of a change wait for the post; return what changes, and what is wrong, by field."""
    change, key = FileChange(request.form.getlist("drop"), _alts()), form_key(post)
    attachments.describe(g.db, post.author_id, key, change.alts, change.taken_out, at=utc_now())
    faults = _take_received(key, [file.digest for file in list_kept(g.db, post, change)])
    waiting = list_waiting(g.db, post.author_id, [key])
    if waiting and len(waiting) + len(list_kept(g.db, post, change)) > file_limits().in_post:
        faults["file"] = fault_words("file.count", waiting[-1].name)  # another window had taken some out
    found = find_faults(waiting, is_unnamed=post.is_unnamed)
    faults |= {_field(code, file): fault_words(code, file.name) for code, file in found.items()}
    for file in find_change_faults(g.db, post, change).values():
        faults[_field("alt.missing", file)] = fault_words("alt.missing", file.name)
    return change, faults


@blueprint.get("/files/<file_id>")
@open_to()
@without_database
def show(file_id: str) -> Response:
    """Give a file to who may read its post, or to whom it waits for; asked again each time, since that may end.

    No transaction is open while the store is asked, which may be somewhere in the network.
    """
    with transaction(current_app.extensions["sessions"], reads_only=True) as g.db:
        try:
            file = attachments.get_file(g.db, reader(), file_id)
        finally:
            del g.db
    content = _store().read(file.public_id)
    if content is None:
        raise NotFoundError("file.lost", "The file is not where files are kept; see the doctor.")
    answer = send_file(
        io.BytesIO(content),
        mimetype=file.kind.media_type,
        as_attachment=not file.kind.is_picture,
        download_name=f"picture.{file.kind}" if file.kind.is_picture else file.name,
        conditional=True,
        etag=file.digest,
        last_modified=None,
        max_age=None,
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


def _examined(name: str, content: bytes, limits: FileLimits) -> Received:
    if len(content) > limits.each_mb * 1_000_000:
        return Received(name, None, "file.large")
    stored_as = new_public_id()
    try:
        examined = examine(content)
        _store().keep(stored_as, examined.content)
    except (InvalidInputError, StoreDownError) as error:
        return Received(name, None, error.code)
    return Received(name, examined, stored_as=stored_as)


def _alts() -> dict[str, str]:
    """Return what the form says of pictures, by public id."""
    return {name.removeprefix("alt-"): value for name, value in request.form.items() if name.startswith("alt-")}


def _take_received(key: str, beside: Sequence[str] = ()) -> dict[str, str]:
    """Let what came wait in the form with this key; return what is refused, by field.

    `beside` has the digests of what the post has already.
    """
    received: Sequence[Received] = g.received
    alone = request.form.get("alt", "") if len(received) == 1 else ""
    refused = [(file.name, code) for file in received if (code := _wait(file, key, alone, beside))]
    return {"file": " ".join(fault_words(code, name) for name, code in refused)} if refused else {}


def _wait(file: Received, key: str, alt: str, beside: Sequence[str]) -> str:
    """Let a file wait in the form; return the code of why it cannot."""
    if file.examined is None:
        return file.refusal
    new = NewFile(file.name, file.examined, file.stored_as, alt)
    try:
        if attachments.add_file(g.db, file_limits(), me(), key, new, beside=beside, at=utc_now()):
            g.taken.add(file.stored_as)
    except InvalidInputError as error:
        return error.code
    return ""


def _field(code: str, file: PostFile) -> str:
    return f"alt-{file.public_id}" if code == "alt.missing" else "file"


def _keep_draft(sent: Sent, place: str) -> None:
    """Keep what was typed as well: the form finds its files through its draft."""
    key = sent.form.submission_key
    kept = [version.number for version in sent.form.seen if version.submission_key == key]
    form = replace(sent.form, number=max([sent.form.number, *(number + 1 for number in kept)]))
    typed = {name: request.form[name] for name in TYPED if name in request.form}
    with suppress(InvalidInputError):  # too long to be kept: the page has it, and says so
        save_post_draft(g.db, me().person_id, place, form, typed, at=utc_now())


def _store() -> FileStore:
    return cast(FileStore, current_app.extensions["file_store"])
