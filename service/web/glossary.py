"""The glossary of a course: its terms with what they mean, where they are explained, and other languages' words."""

from flask import Blueprint, g, render_template, url_for

from service.i18n import sort_key
from service.modules.terms import Term
from service.web.access import catalogue, me, open_to

blueprint = Blueprint("glossary", __name__, url_prefix="/course/<course_id>")


@blueprint.get("/glossary/<course_key>")
@open_to()
def show(course_key: str) -> str:
    """Show the terms of a course of ours in the order of the reader's alphabet, each with an anchor: its key."""
    content = catalogue().course(course_key)
    terms = sorted(catalogue().terms_of(course_key), key=lambda term: sort_key(term.words[g.lang].term, g.lang))
    return render_template("glossary.html", training=content.words[g.lang].title, terms=terms, modules=_modules(terms))


def _modules(terms: list[Term]) -> dict[str, tuple[str, str]]:
    """Return title and address of each module that the terms name."""
    keys = {key for term in terms for key in term.modules}
    return {
        key: (
            catalogue().module(key).words[g.lang].title,
            url_for("modules.show", course_id=me().course.public_id, module_key=key),
        )
        for key in sorted(keys)
    }
