"""What the pages of forums share: who reads, the form of a post, posts and threads in words."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import g, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from service.errors import InvalidInputError
from service.exercises.draft_operations import DraftVersion, OpenForm
from service.exercises.work import Kept
from service.forums.access import OpenForum, OpenThread, Reader, open_reader
from service.forums.attachments import list_waiting
from service.forums.drafts import find_last_key, list_post_drafts
from service.forums.file_models import PostFile
from service.forums.guard import reword
from service.forums.models import Post, Thread
from service.forums.naming import find_named
from service.forums.operations import Written
from service.forums.reading import PostLine
from service.forums.render import render_post
from service.forums.report_rules import takes_reports
from service.forums.rules import PLANS, Act, Purpose, may_move, quoted
from service.pairing.models import Relation
from service.pairing.operations import list_relations_of
from service.people.models import LEARNING_ROLES, Person
from service.web.access import me
from service.web.drafts import ExerciseDrafts, choose_drafts
from service.web.file_words import file_form, file_words
from service.web.formats import isolated, person_name
from service.web.forum_words import forum_title
from service.web.words import role_name


class PostForm(Schema):
    """What the form of a post sends."""

    class Meta:
        unknown = EXCLUDE

    submission_key = fields.String(required=True, validate=validate.Regexp(r"[A-Za-z0-9_-]{8,64}\Z"))
    draft = fields.String(load_default="")
    draft_number = fields.Integer(load_default=1, validate=validate.Range(1, 10**6))
    act = fields.String(load_default="post", validate=validate.OneOf(["post", "preview", "reword"]))
    title = fields.String(load_default="")
    text = fields.String(load_default="")
    options = fields.String(load_default="")
    reply = fields.String(load_default="")
    person = fields.String(load_default="")
    reason = fields.String(load_default="")
    is_unnamed = fields.Boolean(load_default=False)
    is_private = fields.Boolean(load_default=False)


TYPED = ("title", "text", "options", "reply", "person", "is_unnamed", "is_private")
"""The fields that a writer fills, which a draft keeps."""


@dataclass(frozen=True)
class Sent:
    """The form of a post as it was sent."""

    values: Mapping[str, Any]
    form: OpenForm
    beside: str = ""
    """What the files that go with it say in words."""

    @property
    def is_preview(self) -> bool:
        """Say whether it is to be shown only, not posted."""
        return bool(self.values["act"] != "post")

    @property
    def written(self) -> Written:
        """What the forums take."""
        names = ("text", "submission_key", "title", "options", "is_unnamed", "is_private", "reason")
        return Written(**{name: self.values[name] for name in names}, beside=self.beside)


@dataclass(frozen=True)
class Composing:
    """A form of a post as a page shows it."""

    submission_key: str
    drafts: ExerciseDrafts
    last_key: str
    values: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    preview: str = ""
    named: Sequence[str] = ()
    """Words that seem to name a mentee."""
    files: Sequence[Mapping[str, Any]] = ()
    """What waits to be posted with it, as file_words gives it."""
    takes: Mapping[str, Any] = field(default_factory=file_form)


def read_post_form() -> Sent:
    """Return the form that was sent. Raises InvalidInputError for one that is not ours."""
    try:
        values = PostForm().load({name: value for name, value in request.form.items() if value})
    except ValidationError as error:
        raise InvalidInputError("form.incomplete", f"The form is not ours: {error.messages}") from error
    form = OpenForm(values["submission_key"], values["draft_number"], DraftVersion.read_all(values["draft"]))
    return Sent(values, form)


def reworded(sent: Sent, forum: OpenForum) -> Sent:
    """Return what was sent, with "a mentee" for what seems to name one, if that was asked for."""
    if sent.values["act"] != "reword":
        return sent
    written = {name: sent.values[name] for name in ("title", "text", "options")}
    found = find_named(g.db, forum, "\n".join(written.values()))
    changed = {name: reword(text, found, gettext("a mentee")) for name, text in written.items()}
    return Sent({**sent.values, **changed, "reason": ""}, sent.form)


def compose(
    place: str, sent: Sent | None = None, errors: Mapping[str, str] | None = None, named: Sequence[str] = ()
) -> Composing:
    """Return the form for a place as it was sent, or as it stands: empty, or with what was begun there."""
    drafts = list_post_drafts(g.db, me().person_id, place)
    last_key = find_last_key(g.db, me().person_id)
    if sent is not None:
        preview = render_post(sent.written.text) if sent.is_preview and not errors else ""
        others = [draft for draft in drafts if draft.submission_key != sent.form.submission_key]
        kept = next((draft for draft in drafts if draft.submission_key == sent.form.submission_key), None)
        key = sent.form.submission_key
        files = [file_words(file) for file in list_waiting(g.db, me().person_id, [key])]
        values, shown = sent.values, ExerciseDrafts(kept, others)
        return Composing(key, shown, last_key, values, errors or {}, preview, named, files)
    chosen = choose_drafts(drafts, None)
    if chosen.shown is None:
        return Composing(secrets.token_urlsafe(16), chosen, last_key)
    files = [file_words(file) for file in list_waiting(g.db, me().person_id, [chosen.shown.submission_key])]
    return Composing(secrets.token_urlsafe(16), chosen, last_key, _typed(chosen.shown), files=files)


def _typed(draft: Kept) -> dict[str, Any]:
    return {name: draft.fields[name] for name in TYPED if name in draft.fields}


def reader() -> Reader:
    """Return the member as a reader of forums, with the relations that they are in."""
    return open_reader(
        g.db,
        me(),
        {
            relation.public_id: frozenset(one.membership.person_id for one in relation.members)
            for relation in _relations()
        },
    )


def _relations() -> Sequence[Relation]:
    if "relations" not in g:
        g.relations = list_relations_of(g.db, me().id) if me().role in LEARNING_ROLES else []
    found: Sequence[Relation] = g.relations
    return found


def list_relation_rings() -> list[tuple[str, str]]:
    """Return the ring and the title of the thread of each relation of the member."""
    return [(f"relation:{relation.public_id}", _relation_title(relation)) for relation in _relations()]


def _relation_title(relation: Relation) -> str:
    others = [one.membership.person for one in relation.members if one.membership_id != me().id]
    names = Markup(", ").join(Markup("<bdi>{}</bdi>").format(person_name(other)) for other in others)
    return Markup(gettext("With %(names)s")) % {"names": names}  # noqa: S704 (our own words)


def thread_title(thread: Thread, subjects: Mapping[str, Person]) -> str:
    """Return the title of a thread. One that belongs to a ring is named after those in it; `subjects` has them."""
    if thread.title:
        return thread.title
    key, ring = thread.forum.key, thread.ring or ""
    if PLANS[key].purpose is Purpose.RELATION:
        return dict(list_relation_rings()).get(ring, forum_title(key))
    if ring in subjects and subjects[ring].id != me().person_id:
        return Markup("{}: <bdi>{}</bdi>").format(forum_title(key), person_name(subjects[ring]))
    return forum_title(key)


def writer(post: Post) -> str:
    """Return who wrote a post, in words; nothing of who wrote without a name, or of what is no longer shown."""
    if post.is_unnamed:
        return gettext("someone without a name")
    return isolated(person_name(post.author))


def post_words(line: PostLine, thread: Thread, forum: OpenForum, files: Sequence[PostFile] = ()) -> dict[str, Any]:
    """Return a post with its files as its page shows it."""
    post = line.row
    is_gone = post.deleted_at is not None or post.hidden_at is not None
    return {
        "row": post,
        "number": post.number,
        "is_unread": line.is_unread,
        "is_own": line.is_own,
        "is_gone": is_gone,
        "is_private": post.private_to_id is not None,
        "writer": writer(post),
        "role": "" if post.is_unnamed else role_name(post.author_role),
        "html": "" if is_gone else render_post(post.text),
        "files": [] if is_gone else [file_words(file) for file in files],
        "answers": _answered(line.parent) if line.parent else "",
        "parent_href": thread_href(thread, at=line.parent.number) if line.parent else "",
        "mentions": [isolated(person_name(person)) for person in line.mentions] if not is_gone else [],
        "manage": url_for("forum_posts.show", course_id=me().course.public_id, post_id=post.public_id),
        "report": "" if line.is_own or is_gone else _report_href(post, forum),
        "may_open": post.deleted_at is None and (forum.may(Act.MODERATE) or (line.is_own and not is_gone)),
    }


def _report_href(post: Post, forum: OpenForum) -> str:
    """Return where a post is reported: to its moderators, or to the coordinators where a few talk in private."""
    if not takes_reports(forum.plan):
        return url_for("forum_safety.new", course_id=me().course.public_id, post=post.public_id)
    return url_for("forum_reports.new", course_id=me().course.public_id, post_id=post.public_id)


def _answered(parent: Post) -> str:
    if parent.deleted_at is not None or parent.hidden_at is not None:
        return gettext("Reply to post %(number)d", number=parent.number)
    return gettext("Reply to post %(number)d by %(name)s", number=parent.number, name=writer(parent))


def with_quote(typed: str, quote: Mapping[str, Any] | None) -> str:
    """Return what was typed with the text of another post as a quotation below it, if one is to be quoted."""
    if quote is None:
        return typed
    return f"{typed}\n\n{quoted(quote['text'])}" if typed else quoted(quote["text"])


def move_targets(thread: OpenThread) -> list[tuple[str, str]]:
    """Return the forums that a thread may be moved to, by key, with their names."""
    source = thread.forum.plan
    if thread.row.ring is not None:
        return []
    return [(plan.key, forum_title(plan.key)) for plan in PLANS.values() if may_move(source, plan)]


def forum_place(forum: OpenForum | None = None) -> list[tuple[str, str]]:
    """Return the way from the list of forums to a page in one of them."""
    place = [(gettext("Forums"), url_for("forums.show_all", course_id=me().course.public_id))]
    return [*place, (forum_title(forum.plan.key), forum_href(forum.plan.key))] if forum else place


def forum_href(key: str) -> str:
    """Return the address of a forum."""
    return url_for("forums.show", course_id=me().course.public_id, forum_key=key)


def new_href(key: str, ring: str = "", endpoint: str = "forum_threads.new") -> str:
    """Return the address of the form that opens a thread, of a relation where each has one."""
    relation = ring.removeprefix("relation:") if ring.startswith("relation:") else None
    return url_for(endpoint, course_id=me().course.public_id, forum_key=key, relation=relation)


def thread_href(thread: Thread, **query: Any) -> str:
    """Return the address of a thread."""
    return url_for("forum_threads.show", course_id=me().course.public_id, thread_id=thread.public_id, **query)
