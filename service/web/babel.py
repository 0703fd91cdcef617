"""Puts languages into the pages: Flask-Babel with the locale of the request, and what all templates may call."""

from collections.abc import Mapping
from functools import lru_cache
from gettext import NullTranslations
from typing import Any

from flask import Flask, current_app, g
from flask_babel import Babel, force_locale, get_translations
from markupsafe import Markup

from service.i18n import DEFAULT_LANGUAGE, LANGUAGE_NAMES, direction
from service.web import formats
from service.web.error_words import error_words
from service.web.refusals import refusal_words, refusal_words_elsewhere


def init_babel(app: Flask, translations_folder: str | None = None) -> None:
    """Set up translation of the app's pages. The language is `flask.g.lang`, which the app sets for each request."""
    folder = translations_folder or "web/translations"
    Babel(app, default_translation_directories=folder, locale_selector=_locale)  # type: ignore[no-untyped-call]
    app.extensions["translations"] = {}
    # Instead of Jinja's own, which take ten times as long: a page asks for a hundred texts.
    said = {"gettext": _gettext, "ngettext": _ngettext, "pgettext": _pgettext, "npgettext": _npgettext}
    app.jinja_env.globals.update(said, _=_gettext)
    app.jinja_env.globals.update(
        direction=direction,
        error_words=error_words,
        isolated=formats.isolated,
        language_names=LANGUAGE_NAMES,
        refusal_words=refusal_words,
        refusal_words_elsewhere=refusal_words_elsewhere,
        person_name=formats.person_name,
        person_code=formats.person_code,
        number=formats.number,
        number_range=formats.number_range,
        score=formats.score,
        minutes=formats.minutes,
        country_name=formats.country_name,
        day=formats.day,
        moment=formats.moment,
        part_of_date=formats.part_of_date,
        window_title=formats.window_title,
    )


def _gettext(text: str, /, **facts: Any) -> Markup:
    """Return a text of the tool for a template, as the other three do."""
    return _filled(_translations().gettext(text), facts) if facts else _plain(_translations(), "", text)


def _pgettext(context: str, text: str, /, **facts: Any) -> Markup:
    return _filled(_translations().pgettext(context, text), facts) if facts else _plain(_translations(), context, text)


def _ngettext(one: str, many: str, count: int, /, **facts: Any) -> Markup:
    return _filled(_translations().ngettext(one, many, count), {"num": count, **facts})


def _npgettext(context: str, one: str, many: str, count: int, /, **facts: Any) -> Markup:
    return _filled(_translations().npgettext(context, one, many, count), {"num": count, **facts})


def _filled(words: str, facts: Mapping[str, Any]) -> Markup:
    """Return words of ours, which are HTML and always a pattern, with escaped facts."""
    return Markup(words) % facts  # noqa: S704


@lru_cache(maxsize=5000)
def _plain(translations: NullTranslations, context: str, text: str) -> Markup:
    """Return a text without facts: one that stands in a template, so that there are not more of them than those."""
    return _filled(translations.pgettext(context, text) if context else translations.gettext(text), {})


def _translations() -> NullTranslations:
    """Return the translations of the request; those of a language are found once."""
    known: dict[str, NullTranslations] = current_app.extensions["translations"]
    language = g.lang
    if language not in known:
        with force_locale(_locale()):  # the request may have had another before
            known[language] = get_translations()
    return known[language]


def _locale() -> str:
    return formats.locale_of(g.get("lang") or DEFAULT_LANGUAGE)
