"""A language that nobody speaks: English with every letter changed. What is plain Latin was not translated."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from typing import Any

from babel.support import Translations
from flask import Flask

INSTEAD_OF = "pl"
"""The language in whose place it stands; dates stay those of that language."""
LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", "áƀćďéƒǵĥíĵķĺɱńóƥɋŕśťúṽẃẋýźÁɃĆĎÉƑǴĤÍĴĶĹṀŃÓƤɊŔŚŤÚṼẂẊÝŹ"
)
KEPT = re.compile(r"(%\(\w+\)[sd]|%%|\{\w+\}|<[^>]*>|&\w+;)")
"""What is filled in, and markup."""
TOLD = re.compile(r'(\s(?:alt|aria-label|title)=")([^"]*)')
"""Words inside of markup."""
NAMES = {"key", "gap"}
"""Under which content names a part of itself."""
NOT_OURS = {"bdi", "cite", "code", "textarea", "script", "style"}
VOID = {"br", "circle", "img", "input", "link", "meta", "path", "rect", "hr"}
SAID = ("aria-label", "title", "alt", "placeholder", "data-order", "data-heading")
SAVING = ("device", "nowhere", "unsent", "ended", "outdated", "refused", "back-words", "offline", "restored")
SAID += tuple(f"data-{name}" for name in (*SAVING, "restored-here"))


def disguise(value: Any) -> Any:
    """Return text with its letters changed; of content, the same content with all its words so."""
    if isinstance(value, str):
        parts = KEPT.split(value)
        return "".join(_keep(part) if index % 2 else part.translate(LETTERS) for index, part in enumerate(parts))
    if isinstance(value, Mapping):
        return {name: inner if name in NAMES else disguise(inner) for name, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return type(value)(disguise(inner) for inner in value)
    if is_dataclass(value) and not isinstance(value, type):
        changed = {each.name: disguise(getattr(value, each.name)) for each in fields(value) if each.name not in NAMES}
        return replace(value, **changed)
    return value


def _keep(part: str) -> str:
    """Return what is kept as it is, but for words inside of markup."""
    return TOLD.sub(lambda told: told[1] + told[2].translate(LETTERS), part) if part.startswith("<") else part


class Pseudo(Translations):
    """The translations of the language: made on the spot."""

    def gettext(self, message: str) -> str:
        return str(disguise(message))

    def ngettext(self, singular: str, plural: str, num: int) -> str:
        return str(disguise(singular if num == 1 else plural))

    def pgettext(self, context: str, message: str) -> str:
        return str(disguise(message))

    ugettext, ungettext, upgettext = gettext, ngettext, pgettext


@contextmanager
def pseudo_language(app: Flask) -> Iterator[None]:
    """Let the app speak it, its content too, until the block ends."""
    with app.app_context():
        domain = app.extensions["babel"].instance.domain_instance
    catalogue = app.extensions["catalogue"]
    courses = tuple(
        replace(
            course,
            words=_words(course),
            modules=tuple(replace(one, words=_words(one)) for one in course.modules),
            outcomes=tuple(replace(one, words=_words(one)) for one in course.outcomes),
        )
        for course in catalogue.courses
    )
    commitments = tuple(replace(text, words=_words(text)) for text in catalogue.commitments)
    terms = tuple(replace(term, words=_words(term)) for term in catalogue.terms)
    kept = dict(domain.cache)
    domain.cache[INSTEAD_OF, "messages"] = Pseudo()
    app.extensions["catalogue"] = replace(catalogue, courses=courses, commitments=commitments, terms=terms)
    try:
        yield
    finally:
        app.extensions["catalogue"] = catalogue
        domain.cache.clear()
        domain.cache.update(kept)


def _words(content: Any) -> dict[str, Any]:
    return dict(content.words) | {INSTEAD_OF: disguise(content.words["en"])}


class Words(HTMLParser):
    """Collects what a page says in its own language: not what people wrote, addresses, and other languages."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self._open: list[tuple[str, bool]] = [("", True)]
        """The elements around, each with whether it speaks the page's language."""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        is_foreign = (
            tag in NOT_OURS
            or known.get("lang", INSTEAD_OF) != INSTEAD_OF
            or not {"on-paper", "written"}.isdisjoint(known.get("class", "").split())
        )
        is_own = self._open[-1][1] and not is_foreign
        if is_own:
            self.said += [known[name] for name in SAID if name in known]
        if tag not in VOID:
            self._open.append((tag, is_own))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing is said in an element without content."""

    def handle_endtag(self, tag: str) -> None:
        while len(self._open) > 1 and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if self._open[-1][1]:
            self.said.append(re.sub("\u2068[^\u2069]*\u2069", "", data))
