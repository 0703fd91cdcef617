"""The fields in which staff write the group and the organisation of people, and what is wrong with what they wrote."""

from collections.abc import Mapping
from typing import NamedTuple

from flask import g
from flask_babel import gettext

from service.i18n import sort_key
from service.people.known import Member
from service.people.labels import Told, labels_of, list_labels
from service.people.models import LONGEST_LABEL, LabelKind
from service.web.access import me
from service.web.board import label_name
from service.web.formats import isolated


class LabelField(NamedTuple):
    """A field for a kind of label; `known`: words that the course has used."""

    name: str
    title: str
    value: str
    hint: str
    error: str
    known: list[str]


def fields_of(member: Member, typed: Told | None = None, errors: Mapping[str, str] | None = None) -> list[LabelField]:
    """Return the fields for a person, with what staff have set, or with what was typed and refused."""
    labels, hints = labels_of(g.db, member), {}
    for kind, told in labels.lms.items():
        rule = gettext("Left empty, it is what the LMS says.")
        hints[kind] = (
            gettext("The LMS says: %(words)s. Left empty, this counts.", words=isolated(told)) if told else rule
        )
    return label_fields(typed or labels.staff, errors or {}, hints)


def label_fields(values: Mapping[LabelKind, str], errors: Mapping[str, str], hints: Told) -> list[LabelField]:
    """Return the field of each kind."""
    known: dict[LabelKind, list[str]] = {kind: [] for kind in LabelKind}
    for label in sorted(list_labels(g.db, me().course_id), key=lambda one: sort_key(one.words, g.lang)):
        known[label.kind].append(label.words)
    return [
        LabelField(kind, label_name(kind), values.get(kind, ""), hints.get(kind, ""), errors.get(kind, ""), words)
        for kind, words in known.items()
    ]


def fault_words(code: str) -> str:
    """Return why a label was not taken, and what to do."""
    return {
        "label.too_long": gettext("This is too long. Shorten it to %(most)d characters.", most=LONGEST_LABEL),
        "label.no_words": gettext("This has no letter and no digit. Write a name, or leave it empty."),
        "label.both": gettext("Either write a name, or tick the box below it, not both."),
        "label.nothing": gettext("Nothing would change: write a name, or tick a box."),
    }[code]
