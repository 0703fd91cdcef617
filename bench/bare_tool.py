"""The tool that launches are measured against: what one writes with Flask and PyLTI1p3 2.0.0 from its manual.

It keeps what a minimal real tool keeps, a row for the user and one for the course, and writes only what changed; its
page is the module that ours shows, all of its text and exercises that can be answered, in one plain template and one
language; a name in it that leads nowhere is an error, so that no text can go missing unseen. The platform's keys stay
in memory. The library's known faults stay too: a launch is taken again and again, a token may lack `exp`, state
and nonce are not used up, and the nonce is not bound to its login. Without those checks it has less to do at each
launch.

Where the library keeps nonces and launches between requests is the tool's choice, so both are measured: Flask's
session cookie, which is its default (quickest, but a browser drops a cookie that grows beyond 4 kB), and a table of
the tool's database, which is what several processes share without that limit.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

from flask import Flask, request, session
from flask.typing import ResponseReturnValue
from jinja2 import StrictUndefined
from pylti1p3.contrib.flask import FlaskCacheDataStorage, FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest
from pylti1p3.tool_config import ToolConfDict
from sqlalchemy import JSON, Engine, ForeignKey, create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, sessionmaker
from werkzeug.utils import redirect

from service.modules.loader import load_catalogue

CONTENT = Path(__file__).parents[1] / "training_modules"
CONTEXT = "https://purl.imsglobal.org/spec/lti/claim/context"
MODULE = "roles"
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ words.title }}</title></head>
<body><p>{{ course.title }}: {{ user.name }} ({{ user.email }})</p>
<h1>{{ words.title }}</h1><p>{{ words.goal }}</p>
{% for section in words.sections %}<section><h2>{{ section.heading }}</h2>
{% for paragraph in section.paragraphs %}{{ paragraph.html|safe }}{% endfor %}
{% for exercise in module.exercises if exercise.after == section.key %}{% set asked = words.exercises[exercise.key] %}
<article><h3>{{ asked.title }}</h3>{{ asked.task_html|safe }}
{% if exercise.key in answers %}<p>{{ answers[exercise.key].points }} of {{ exercise.points }} points</p>{% endif %}
<form method="post" action="/answer/{{ module.key }}/{{ exercise.key }}">
{% if exercise.type == "sort" %}{% for item, words in asked.parts["items"].items() %}
<p><label>{{ words.text }} <select name="{{ item }}">{% for group, name in asked.parts.groups.items() %}
<option value="{{ group }}">{{ name }}</option>{% endfor %}</select></label></p>{% endfor %}
{% else %}{% for option, words in asked.parts.options.items() %}
<p><label><input type="radio" name="choice" value="{{ option }}"> {{ words.text }}</label></p>{% endfor %}
{% endif %}<p><button>Send answer</button></p></form></article>
{% endfor %}</section>
{% endfor %}</body></html>"""


class Base(DeclarativeBase):
    """The tables of this tool."""

    type_annotation_map = {dict[str, Any]: JSON}  # noqa: RUF012 (SQLAlchemy reads it from the class)


class Course(Base):
    """A course of the LMS."""

    __tablename__ = "bare_course"
    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(index=True)
    context: Mapped[str] = mapped_column(index=True)
    title: Mapped[str]


class User(Base):
    """A user of the LMS, and the course last launched."""

    __tablename__ = "bare_user"
    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(index=True)
    subject: Mapped[str] = mapped_column(index=True)
    name: Mapped[str]
    email: Mapped[str]
    course_id: Mapped[int] = mapped_column(ForeignKey("bare_course.id"))


class Answer(Base):
    """The last answer of a user to an exercise."""

    __tablename__ = "bare_answer"
    user_id: Mapped[int] = mapped_column(ForeignKey("bare_user.id"), primary_key=True)
    exercise: Mapped[str] = mapped_column(primary_key=True)
    points: Mapped[float]


class Kept(Base):
    """What the library keeps between requests, where it keeps that in the database."""

    __tablename__ = "bare_kept"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[dict[str, Any]]
    ends_at: Mapped[float]


class MemoryCache:
    """Keeps values in this process; what PyLTI1p3 asks of a cache."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[Any, float]] = {}

    def get(self, key: str) -> Any:
        """Return the value, None if there is none or its time is over."""
        value, ends_at = self._values.get(key, (None, 0.0))
        return value if ends_at > time.time() else None

    def set(self, key: str, value: Any, seconds: int) -> None:
        """Keep a value."""
        self._values[key] = (value, time.time() + seconds)


class TableCache:
    """Keeps values in the database, for all processes."""

    def __init__(self, sessions: sessionmaker[Session]) -> None:
        self._sessions = sessions

    def get(self, key: str) -> Any:
        """Return the value, None if there is none or its time is over."""
        with self._sessions() as db:
            row = db.get(Kept, key)
            return row.value["value"] if row and row.ends_at > time.time() else None

    def set(self, key: str, value: Any, seconds: int) -> None:
        """Keep a value."""
        with self._sessions() as db:
            # Each key holds an id that was just made, so that there is never a row to replace.
            db.add(Kept(key=key, value={"value": value}, ends_at=time.time() + seconds))
            db.commit()


def create_app() -> Flask:
    """Return the tool as a WSGI application, for the settings in BARE_TOOL (JSON: database_url, storage, platform)."""
    settings = json.loads(os.environ["BARE_TOOL"])
    app = Flask(__name__)
    app.config.update(SECRET_KEY="bare" * 8, SESSION_COOKIE_SECURE=True, SESSION_COOKIE_SAMESITE="None")
    engine = _engine(settings["database_url"])
    sessions = sessionmaker(engine, expire_on_commit=False)
    conf, keys = ToolConfDict(settings["platform"]), MemoryCache()
    app.jinja_env.undefined = StrictUndefined
    module, page_of_module = load_catalogue(CONTENT).module(MODULE), app.jinja_env.from_string(PAGE)
    table = TableCache(sessions) if settings["storage"] == "table" else None

    def storage() -> FlaskCacheDataStorage | None:
        return FlaskCacheDataStorage(table) if table else None

    def incoming() -> FlaskRequest:
        return FlaskRequest(request_is_secure=True)  # as behind TLS: only then the library ties a launch to a browser

    @app.get("/readyz")
    def readyz() -> ResponseReturnValue:
        return "ready"

    @app.route("/lti/login", methods=["GET", "POST"])
    def login() -> ResponseReturnValue:
        target = request.values["target_link_uri"]
        answer: ResponseReturnValue = FlaskOIDCLogin(incoming(), conf, launch_data_storage=storage()).redirect(target)
        return answer

    @app.post("/lti/launch")
    def launch() -> ResponseReturnValue:
        message = FlaskMessageLaunch(incoming(), conf, launch_data_storage=storage())
        message.set_public_key_caching(FlaskCacheDataStorage(keys))
        claims = message.get_launch_data()
        with sessions() as db:
            session["user"] = _record(db, claims)
            db.commit()
        return redirect(f"/page/{message.get_launch_id()}", 303)

    @app.get("/page/<launch_id>")
    def page(launch_id: str) -> ResponseReturnValue:
        message = FlaskMessageLaunch.from_cache(launch_id, incoming(), conf, launch_data_storage=storage())
        message.get_launch_data()
        with sessions() as db:
            user, course = db.execute(select(User, Course).join(Course).where(User.id == session["user"])).one()
            answers = {answer.exercise: answer for answer in db.scalars(select(Answer).filter_by(user_id=user.id))}
        return page_of_module.render(user=user, course=course, answers=answers, module=module, words=module.words["en"])

    return app


def make_tables(url: str) -> None:
    """Make the tables of this tool."""
    engine = _engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()


def _engine(url: str) -> Engine:
    """Return an engine with the pool and the SQLite settings that MentorReady has."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_pre_ping=True, pool_size=10)
    engine = create_engine(url, connect_args={"timeout": 10})

    @event.listens_for(engine, "connect")
    def _set_up(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=wal", "synchronous=normal", "foreign_keys=on"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _record(db: Session, claims: dict[str, Any]) -> int:
    """Bring the rows of the user and the course up to date; return the id of the user."""
    issuer, context = claims["iss"], claims[CONTEXT]
    course = db.scalar(select(Course).filter_by(issuer=issuer, context=context["id"]))
    if course is None:
        course = Course(issuer=issuer, context=context["id"])
        db.add(course)
    course.title = context["title"]
    db.flush()
    user = db.scalar(select(User).filter_by(issuer=issuer, subject=claims["sub"]))
    if user is None:
        user = User(issuer=issuer, subject=claims["sub"])
        db.add(user)
    user.name, user.email, user.course_id = claims["name"], claims["email"], course.id
    db.flush()
    return user.id
