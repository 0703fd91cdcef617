"""Says what a learner did with a group in class: their own, on the page of the module."""

from collections.abc import Mapping

from flask import g
from flask_babel import gettext

from service.events.attendance_operations import list_classroom_evidence
from service.modules.content import Module
from service.people.models import LEARNING_ROLES
from service.web.access import me
from service.web.formats import day, isolated


def describe_class_work(module: Module) -> Mapping[str, str]:
    """Return, by key, for each exercise that the member did in class when that was and who led it."""
    if me().role not in LEARNING_ROLES:
        return {}
    words: dict[str, str] = {}
    for done in list_classroom_evidence(g.db, [me().person_id], module.key)[me().person_id]:
        when, name = day(done.held_at), isolated(done.facilitator)
        if done.facilitator:
            sentence = gettext("Done in class on %(day)s, led by %(name)s", day=when, name=name)
        else:
            sentence = gettext("Done in class on %(day)s", day=when)
        words.setdefault(done.exercise_key, sentence)
    return words
