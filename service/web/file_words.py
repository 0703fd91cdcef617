"""Words for the files of posts: what they are, what the form asks for, why one is not taken."""

from collections.abc import Mapping
from typing import Any, cast

from flask import current_app, url_for
from flask_babel import gettext

from service.config import FileLimits
from service.forums.file_kinds import ACCEPTED
from service.forums.file_models import PostFile
from service.forums.rules import language_of
from service.web.access import me
from service.web.formats import isolated, number


def file_limits() -> FileLimits:
    """Return how much posts take, by the settings."""
    return cast(FileLimits, current_app.extensions["settings"].files)


def file_words(file: PostFile) -> dict[str, Any]:
    """Return a file as pages show it."""
    return {
        "id": file.public_id,
        "field": f"alt-{file.public_id}",
        "href": url_for("forum_files.show", course_id=me().course.public_id, file_id=file.public_id),
        "is_picture": file.kind.is_picture,
        "name": file.name,
        "alt": file.alt,
        "language": language_of(file.alt),
        "width": file.width,
        "height": file.height,
        "kind": file.kind.value.upper(),
        "size": _size_words(file.size),
    }


def file_form() -> dict[str, Any]:
    """Return what the form says of files: which it takes; `most` is 0 where posts take none."""
    limits = file_limits()
    return {"most": limits.in_post, "accepted": ACCEPTED, "each": number(limits.each_mb)}


def fault_words(code: str, name: str) -> str:
    """Return why a file is not taken, and what to do."""
    limits = file_limits()
    words: Mapping[str, str] = {
        "file.empty": gettext("“%(name)s” is empty."),
        "file.large": gettext("“%(name)s” has more than %(most)s MB. Make it smaller, or give a link to it."),
        "file.kind": gettext(
            "“%(name)s” cannot be added. Possible are pictures (PNG, JPEG, WebP, GIF), PDF, plain text in UTF-8, and"
            " documents of LibreOffice or Microsoft Office."
        ),
        "file.markup": gettext(
            "“%(name)s” is a web page or an SVG drawing, which may hold programs. Save it as PNG or PDF, and add that."
        ),
        "file.macros": gettext("“%(name)s” holds macros. Save it without them, and add it again."),
        "file.broken": gettext("“%(name)s” cannot be read as a picture. Save it anew as PNG or JPEG, and add that."),
        "file.pixels": gettext("“%(name)s” has too many points. Make the picture smaller, and add it again."),
        "file.count": gettext("“%(name)s” was not added: a post has at most %(count)s files."),
        "file.waiting": gettext(
            "“%(name)s” was not added: many files wait in posts that were begun. Post or throw away one of those first."
        ),
        "file.full": gettext(
            "“%(name)s” was not added: the files of this course take all the room there is. Give a link to it."
        ),
        "file.store": gettext(
            "“%(name)s” was not added: the place for files does not answer. Nothing else is lost; send it again later."
        ),
        "file.unnamed": gettext(
            "“%(name)s” may say in its properties who wrote it. Take it out, or post with your name."
        ),
        "alt.missing": gettext("Say what the picture “%(name)s” shows, for those who do not see it."),
    }
    facts = {"name": isolated(name), "most": number(limits.each_mb), "count": number(limits.in_post)}
    return words[code] % facts


def _size_words(size: int) -> str:
    if size < 1_000_000:
        return gettext("%(size)s kB", size=number(max(1, round(size / 1000))))
    return gettext("%(size)s MB", size=number(round(size / 1_000_000, 1)))
