"""Examines the installation: settings, database, keys, broker, content. Only the command line shows it, in English."""

import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lti.errors import KeyUnreadableError
from service.config import MailServer, S3Place, Settings, SettingsError
from service.db import new_public_id
from service.doctor.findings import Finding, fault, in_order, warning
from service.forums.file_store import FolderStore, StoreDownError, open_store
from service.migrations import is_up_to_date
from service.modules.loader import check
from service.notices.smtp import Connection, ServerDownError
from service.platforms.models import SigningKey
from service.platforms.operations import open_signing_key

SETTINGS, DATABASE, TABLES = "Settings", "Database", "Tables"
KEYS, BROKER, CONTENT, MAIL, FILES = "Signing key", "Broker", "Content", "Mail", "Files"
LEAST_ROOM = 1_000_000_000
"""Bytes that should be free where the files of posts are."""
_LOCAL = ("localhost", "127.0.0.1", "::1")


def examine_installation(settings: Settings, engine: Engine, broker_answers: Callable[[], bool]) -> Iterator[Finding]:
    """Give one finding for each part of the installation."""
    yield _base_url(settings.base_url)
    yield from _database(settings, engine)
    if broker_answers():
        yield in_order(BROKER, "The broker takes messages.")
    else:
        yield fault(BROKER, "The broker does not answer.", "See that it runs, and MENTORREADY_BROKER_URL.")
    yield _content(settings)
    yield _files(settings)
    if settings.mail is not None:
        yield _mail(settings.mail)


def _base_url(base_url: str) -> Finding:
    parts = urlsplit(base_url)
    if parts.scheme == "https" or parts.hostname in _LOCAL:
        return in_order(SETTINGS, "The settings can be used; browsers reach the tool at %(url)s.", url=base_url)
    return warning(
        SETTINGS,
        "The address of the tool, %(url)s, is not https.",
        "Browsers keep no session then. Put a proxy with a certificate in front, and set MENTORREADY_BASE_URL.",
        url=base_url,
    )


def _database(settings: Settings, engine: Engine) -> Iterator[Finding]:
    try:
        with Session(engine) as session:
            is_current = is_up_to_date(session.connection())
            yield in_order(DATABASE, "The database answers (%(kind)s).", kind=engine.dialect.name)
            if is_current:
                yield in_order(TABLES, "The tables are up to date.")
                yield _signing_key(settings, session)
            else:
                yield fault(TABLES, "The tables are not those of this version.", "Run `mentorready db upgrade`.")
    except SQLAlchemyError as error:
        yield fault(
            DATABASE,
            "The database cannot be used: %(reason)s.",
            "See that it runs, and MENTORREADY_DATABASE_URL.",
            reason=type(error).__name__,
        )


def _signing_key(settings: Settings, session: Session) -> Finding:
    newest = select(SigningKey).filter_by(retired_at=None).order_by(SigningKey.id.desc()).limit(1)
    row = session.scalars(newest).one_or_none()
    if row is None:
        return fault(KEYS, "There is no key to sign with.", "Run `mentorready db upgrade`.")
    try:
        open_signing_key(row, settings.secret_key)
    except KeyUnreadableError:
        return fault(
            KEYS,
            "The key cannot be opened: it was stored under another MENTORREADY_SECRET_KEY.",
            "Set the secret of before, or run `mentorready keys rotate --retire-after 0`.",
        )
    return in_order(KEYS, "The key can be opened; it is from %(day)s.", day=f"{row.created_at:%Y-%m-%d}")


def _content(settings: Settings) -> Finding:
    faults = check(settings.content_path)
    if not faults:
        return in_order(CONTENT, "The content has no faults.")
    return fault(
        CONTENT,
        "The content has faults: %(count)s. The first: %(first)s",
        "Run `mentorready modules check` with the folder of the content.",
        count=len(faults),
        first=f"{faults[0].file}:{faults[0].line}: {faults[0].sentence}",
    )


def _files(settings: Settings) -> Finding:
    if settings.s3 is not None:
        return _storage(settings, settings.s3)
    path = FolderStore(settings.state_path).path.absolute()
    present = next(folder for folder in (path, *path.parents) if folder.exists())
    if not os.access(present, os.W_OK | os.X_OK):
        return fault(
            FILES,
            "The files of posts cannot be kept: %(path)s cannot be written to.",
            "Let the user that runs the tool write there, or set MENTORREADY_STATE_PATH.",
            path=present,
        )
    free = shutil.disk_usage(present).free
    facts = {"path": path, "free": f"{free / 1e9:.1f}"}
    if free < LEAST_ROOM:
        return warning(
            FILES,
            "Only %(free)s GB are free for the files of posts in %(path)s.",
            "Make room there, or lower MENTORREADY_FILES_COURSE_MB.",
            **facts,
        )
    return in_order(FILES, "The files of posts are kept in %(path)s; %(free)s GB are free there.", **facts)


def _storage(settings: Settings, place: S3Place) -> Finding:
    """Keep a file in the storage, read it, and delete it again."""
    facts = {"place": f"{place.endpoint}/{place.bucket}/{place.folder}"}
    name, content = new_public_id(), secrets.token_bytes(16)
    try:
        store = open_store(settings)
        store.keep(name, content)
        is_same = store.read(name) == content
        store.drop(name)
    except (StoreDownError, SettingsError) as error:
        advice = (
            "See MENTORREADY_S3_URL and the settings with it: the key must be able to write, read, list and delete."
        )
        return fault(FILES, "The files of posts cannot be kept in %(place)s: %(reason)s", advice, reason=error, **facts)
    if not is_same:
        return fault(FILES, "What was kept in %(place)s did not come back as it was.", "Ask whoever runs it.", **facts)
    if urlsplit(place.endpoint).scheme == "http" and urlsplit(place.endpoint).hostname not in _LOCAL:
        return warning(FILES, "Files go to %(place)s unencrypted.", "Set MENTORREADY_S3_URL to https.", **facts)
    return in_order(FILES, "The files of posts are kept in %(place)s.", **facts)


def _mail(server: MailServer) -> Finding:
    try:
        with Connection(server):
            return in_order(MAIL, "The mail server %(host)s takes mail from us.", host=server.host)
    except ServerDownError as error:
        return fault(MAIL, "The mail server cannot be used: %(reason)s", "See MENTORREADY_SMTP_URL.", reason=str(error))
