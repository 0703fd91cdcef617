"""What a module page says beside the module: which others come before it, and what it was made from."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import g, url_for

from service.completion.operations import list_open_modules
from service.modules.content import Module
from service.modules.credits import Credit
from service.people.models import LEARNING_ROLES
from service.web.access import catalogue, me


@dataclass(frozen=True)
class Before:
    """Modules that the learner has not completed, as (title, address): better done before, or needed before."""

    better: Sequence[tuple[str, str]]
    must: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class About:
    author: str
    licence: str
    sources: Sequence[Credit]


def list_open_before(module: Module) -> Before:
    """Return what the learner has not completed of the modules that come before this one; nothing for staff."""
    asked = (*module.better_after, *module.only_after)
    if not asked or me().role not in LEARNING_ROLES:
        return Before((), ())
    open_keys = list_open_modules(g.db, me().person_id, asked)
    better, must = (
        [_link(key) for key in keys if key in open_keys] for keys in (module.better_after, module.only_after)
    )
    return Before(better, must)


def about_module(module: Module) -> About:
    """Return who made the module, and what it draws on."""
    course = catalogue().course(module.course_key)
    named = {credit.key: credit for credit in course.sources}
    return About(course.author, course.licence, [named[key] for key in module.sources])


def _link(module_key: str) -> tuple[str, str]:
    title = catalogue().module(module_key).words[g.lang].title
    return title, url_for("modules.show", course_id=me().course.public_id, module_key=module_key)
