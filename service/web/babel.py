"""Puts languages into the pages: Flask-Babel with the locale of the request, and what all templates may call."""

from gettext import NullTranslations

from flask import Flask, g
from flask_babel import Babel, get_translations

from service.i18n import DEFAULT_LANGUAGE, LANGUAGE_NAMES, direction
from service.web import formats
from service.web.error_words import error_words
from service.web.refusals import refusal_words, refusal_words_elsewhere


def init_babel(app: Flask, translations_folder: str | None = None) -> None:
    """Set up translation of the app's pages. The language is `flask.g.lang`, which the app sets for each request."""
    folder = translations_folder or "web/translations"
    Babel(app, default_translation_directories=folder, locale_selector=_locale)  # type: ignore[no-untyped-call]
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: _translations().gettext(text),
        lambda one, many, count: _translations().ngettext(one, many, count),
        newstyle=True,
        pgettext=lambda context, text: _translations().pgettext(context, text),
        npgettext=lambda context, one, many, count: _translations().npgettext(context, one, many, count),
    )
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


def _translations() -> NullTranslations:
    """Return the translations of the request, found once: a page asks for some seventy texts."""
    found: tuple[str, NullTranslations] | None = g.get("translations")
    if found is None or found[0] != g.lang:
        found = g.translations = (g.lang, get_translations())
    return found[1]


def _locale() -> str:
    language = g.get("lang") or DEFAULT_LANGUAGE
    # Readers of English here write dates in the European order, 4 November 2026.
    return "en_GB" if language == "en" else language
