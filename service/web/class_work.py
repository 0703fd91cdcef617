"""Says where someone was: to learners what they did in class, to staff the meetings of their course."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import g, url_for
from flask_babel import gettext

from service.events.attendance_operations import list_attended, list_classroom_evidence
from service.modules.content import Module
from service.people.known import Member
from service.people.models import LEARNING_ROLES
from service.web.access import me
from service.web.event_words import kind_name
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


def describe_attended(member: Member) -> Sequence[tuple[str, datetime, str]]:
    """Return kind, time and address of each meeting of the course at which a member was present."""
    here = [one for one in list_attended(g.db, [member.person_id])[member.person_id] if one.course_id == me().course_id]
    return [
        (
            kind_name(one.kind),
            one.held_at,
            url_for("events.show", course_id=me().course.public_id, event_id=one.event_public_id),
        )
        for one in here
    ]
