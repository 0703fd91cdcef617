"""What a learner sees of reviews: who will read an answer, that it waits and how long, what was said, what to do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import g, url_for
from flask_babel import gettext

from service.modules.content import Exercise, Module
from service.people.models import LEARNING_ROLES, Role
from service.reviews.models import PeerRemark, Review, ReviewEntry, ReviewState
from service.reviews.peers import list_offered, list_peer_remarks
from service.reviews.queue import find_usual_wait, list_returned
from service.reviews.rules import plan_of
from service.reviews.standings import ReviewStanding, list_review_standings
from service.web.access import catalogue, me
from service.web.review_words import decision_words, usual_wait_words


@dataclass(frozen=True)
class Said:
    """A decision with its remarks, in words."""

    review: Review | PeerRemark
    words: str
    criteria: Sequence[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class LearnerReview:
    """What the page of a module says beside an exercise that people review."""

    ring: str
    """Who can see an answer, as a part of a sentence."""
    reads: str
    """Who reads it, as a sentence."""
    entry: ReviewEntry | None = None
    """Of the latest answer that went to reviewers."""
    is_held_back: bool = False
    missing_acceptances: int = 0
    usual: str = ""
    """How long it usually takes; only while an answer waits."""
    said: Sequence[Said] = ()
    """What counts of the latest answer, newest first."""
    earlier: Sequence[Said] = ()
    """What was said of answers before it, newest first."""
    may_ask_peers: bool = False
    peers: Sequence[Said] = ()
    """What fellow learners said of the latest answer."""
    offered: Sequence[str] = ()
    """Addresses of answers that fellow learners have opened."""


def read_reviews(module: Module, held_back: Collection[str], *, is_blank: bool = False) -> dict[str, LearnerReview]:
    """Return what there is to say, by key of the exercises that people may read; at most four statements."""
    read = [exercise for exercise in module.exercises if exercise.may_be_read]
    if not read or is_blank or me().role not in LEARNING_ROLES:
        return {exercise.key: _nothing_yet(exercise) for exercise in read}
    standings = list_review_standings(g.db, me().person_id, module.key)
    waits = any(standing.latest.entry.state is ReviewState.WAITING for standing in standings.values())
    usual = usual_wait_words(find_usual_wait(g.db, me().course_id)) if waits else ""
    found = {
        exercise.key: _review(module, exercise, standings.get(exercise.key), exercise.key in held_back, usual)
        for exercise in read
    }
    return found | _with_peers(module, [exercise for exercise in read if exercise.review], found)


def _with_peers(
    module: Module, exercises: Sequence[Exercise], found: Mapping[str, LearnerReview]
) -> dict[str, LearnerReview]:
    """Return what there is to say with what fellow learners say and show, where an exercise is open to them."""
    with_peers = [one.key for one in exercises if one.review and one.review.has_peers and found[one.key].entry]
    if not with_peers:
        return {}
    offered = list_offered(g.db, me(), module.key)
    entries = {key: entry for key in with_peers if (entry := found[key].entry)}
    remarks = list_peer_remarks(g.db, [entry.id for entry in entries.values()])
    return {
        key: replace(
            found[key],
            may_ask_peers=entry.course_id == me().course_id,
            peers=[_said(remark, module.words[g.lang].exercises[key].criteria) for remark in remarks[entry.id]],
            offered=[
                url_for("peers.show", course_id=me().course.public_id, entry_id=other.public_id)
                for other in offered
                if other.exercise_key == key
            ],
        )
        for key, entry in entries.items()
    }


def list_returned_answers() -> list[tuple[str, str]]:
    """Return title and address of each exercise whose latest answer came back to the learner; one statement."""
    modules = {module.key: module for module in catalogue().modules}
    found = []
    for entry in list_returned(g.db, me().person_id):
        module = modules.get(entry.module_key)
        words = module.words[g.lang].exercises.get(entry.exercise_key) if module else None
        if module and words:
            page = url_for("modules.show", course_id=me().course.public_id, module_key=module.key)
            found.append((words.title, f"{page}#exercise-{entry.exercise_key}"))
    return found


def _nothing_yet(exercise: Exercise) -> LearnerReview:
    if Role.COORDINATOR not in plan_of(exercise).roles:
        return LearnerReview(
            gettext("you and the administrators of the course"), gettext("The administrators of the course read it.")
        )
    reads = gettext("The coordinators of the course read it.")
    if exercise.review or exercise.structure.get("needs_review"):
        return LearnerReview(gettext("you and the coordinators of the course"), reads)
    return LearnerReview(
        gettext("you; and the coordinators of the course, if you tick that it says something in other words"), reads
    )


def _review(
    module: Module, exercise: Exercise, standing: ReviewStanding | None, is_held_back: bool, usual: str
) -> LearnerReview:
    nothing = _nothing_yet(exercise)
    if standing is None:
        return nothing
    criteria = module.words[g.lang].exercises[exercise.key].criteria
    entry = standing.latest.entry
    return LearnerReview(
        nothing.ring,
        nothing.reads,
        entry,
        is_held_back,
        standing.latest.missing_acceptances,
        usual if entry.state is ReviewState.WAITING else "",
        [_said(review, criteria) for review in reversed(standing.latest.counting)],
        [_said(review, criteria) for before in standing.answers[1:] for review in reversed(before.counting)],
    )


def _said(review: Review | PeerRemark, criteria: Mapping[str, str]) -> Said:
    by_criterion = [(criteria.get(key, key), given) for key, given in review.criteria.items()]
    return Said(review, decision_words(review.decision) if isinstance(review, Review) else "", by_criterion)
