"""Keeps parts of pages that are the same for everybody: made once, then only filled in.

    content ── made in an empty room, for nobody ──▶ text with gaps ── kept
    whoever asks ── own ids, answers, states ───────▶ the gaps, at each request ──▶ page

What is kept depends on its key alone: a function of this module's `kept` runs where no request, session, member or
database of whoever asks can be reached, so that nothing of a person can get into it (docs/decisions/0013).
"""

import secrets
from collections.abc import Callable, Mapping
from contextvars import Context
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TypeVarTuple, cast

from flask import Flask, current_app, g
from markupsafe import Markup, escape

Variant = TypeVarTuple("Variant")

MOST_PARTS = 5000
"""In each process. A part has some kilobytes, a module about a dozen in each language."""
_MARK = f"gap{secrets.token_hex(12)}"
"""Around the name of a gap. No content can hold it, and neither HTML nor an address changes it."""


@dataclass(frozen=True)
class Part:
    """A piece of a page: what stands before each gap, with the gap's name, and what stands after the last."""

    pieces: tuple[tuple[str, str], ...]
    end: str

    @classmethod
    def read(cls, text: str) -> "Part":
        """Return the part that a text with gaps tells."""
        *pairs, end = text.split(_MARK)
        return cls(tuple(zip(pairs[::2], pairs[1::2], strict=True)), end)

    def fill(self, values: Mapping[str, str]) -> Markup:
        """Return the piece with something in each gap, escaped unless it is markup. A gap without value: KeyError."""
        filled = [piece for text, name in self.pieces for piece in (text, escape(values[name]))]
        return Markup("".join([*filled, self.end]))  # noqa: S704


def gap(name: str) -> Markup:
    """Return what stands for a value that is not known yet; the name is of letters, digits, `-` and `_`."""
    return Markup(f"{_MARK}{name}{_MARK}")  # noqa: S704


@dataclass(frozen=True)
class _Ids:
    public_id: str


@dataclass(frozen=True)
class _Anyone:
    """Stands for the member where a part is made: only ids are known of it, and they are gaps."""

    person: _Ids = _Ids(gap("person"))
    course: _Ids = _Ids(gap("course"))


def init_kept(app: Flask) -> None:
    """Give `app` its parts: the oldest go when there are too many."""

    @lru_cache(maxsize=MOST_PARTS)
    def make(function: Callable[..., str], language: str, *variant: Any) -> Part:
        return Context().run(_make_for_nobody, app, language, function, *variant)

    app.extensions["kept_parts"] = make


def kept(function: Callable[[*Variant], str]) -> Callable[[*Variant], Part]:
    """Let a function of modules and of words, numbers or flags run once for each of them and each language.

    It returns HTML with gaps; `g.lang` is the language, `me()` has only the ids of the person and the course.
    """

    @wraps(function)
    def part(*variant: *Variant) -> Part:
        return cast(Part, current_app.extensions["kept_parts"](function, g.lang, *variant))

    return cast(Callable[[*Variant], Part], part)


def _make_for_nobody(app: Flask, language: str, function: Callable[..., str], *arguments: Any) -> Part:
    with app.test_request_context():  # addresses are made in a request, if only an empty one
        g.lang, g.me = language, _Anyone()
        return Part.read(function(*arguments))


def render_part(template: str, **values: Any) -> str:
    """Return a template, with these values and the ids of whoever it will be shown to."""
    return current_app.jinja_env.get_template(template).render(values, course=g.me.course)
