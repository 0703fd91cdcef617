"""Puts into words how an exercise may be tried: what will happen, before one answers, and what is left, after it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import g
from flask_babel import gettext, ngettext

from service.exercises.models import ExtraTries
from service.exercises.operations import OpenTries
from service.exercises.rules import Best
from service.modules.content import Exercise, Module
from service.modules.tries import Counts, FeedbackWhen, TryRule
from service.web.formats import number, score


@dataclass(frozen=True)
class TryWords:
    """What a page says of the tries at one exercise."""

    before: Sequence[str]
    """What will happen; sentences to read before answering."""
    standing: str
    """What is needed, what counts and what is left; empty while no mark is known or nothing is left to say."""
    is_closed: bool
    is_endless: bool
    may_end: bool
    """Whether marks are held back, so that one may say to be done."""
    given: Sequence[ExtraTries]
    again: str
    """Why the exercise is asked again of this person; empty if it is not."""


def describe_tries(module: Module, exercise: Exercise, best: Best | None, tries: OpenTries) -> TryWords:
    """Return the words for one exercise as it stands for a person."""
    is_again = best is not None and best.is_asked_again
    return TryWords(
        before=() if tries.is_closed else tuple(_before(exercise, best, tries)),
        standing=_standing(exercise, best, tries) if best else "",
        is_closed=tries.is_closed,
        is_endless=tries.left is None,
        may_end=best is not None and best.is_held,
        given=tries.extra,
        again=module.words[g.lang].redo[module.asked_again[exercise.key]] if is_again else "",
    )


def tries_left_words(left: int) -> str:
    """Return how many tries are left, as a sentence."""
    return ngettext("One try is left.", "%(num)d tries are left.", left) if left else gettext("No try is left.")


def _before(exercise: Exercise, best: Best | None, tries: OpenTries) -> Iterator[str]:
    rule = exercise.rule
    if rule == TryRule():
        if exercise.kind.is_judged:
            yield gettext("Any number of tries; the best one counts. Points and remarks come at once.")
        else:
            yield gettext("It can be changed and sent again at any time.")
        return
    if tries.left is not None:
        made = best.tries_anew if best else 0
        yield gettext("Tries left: %(score)s.", score=score(tries.left, made + tries.left))
    if rule.limit != 1 or tries.extra:
        yield {
            Counts.BEST: gettext("The best try counts."),
            Counts.LAST: gettext("The last try gives the points; what is passed stays passed."),
            Counts.FIRST: gettext("The first try gives the points; later ones can still pass."),
        }[rule.counts]
    yield _when_marks_come(rule)
    if tries.left is not None:
        yield gettext("There is no time limit.")


def _when_marks_come(rule: TryRule) -> str:
    if rule.feedback_when is FeedbackWhen.EACH_TRY:
        return gettext("Points and remarks come after each try.")
    if rule.limit is None:
        return gettext("Points, remarks and the worked answer come when you say “I am done”. Until then, try freely.")
    return gettext("Points, remarks and the worked answer come after the last try, or earlier if you say “I am done”.")


def _standing(exercise: Exercise, best: Best, tries: OpenTries) -> str:
    sentences = []
    if not (best.is_held or best.is_passed or best.is_asked_again) and exercise.points > 1:
        needed, have = number(exercise.pass_points), number(best.points)
        sentences.append(gettext("Needed to pass: %(needed)s. Counted now: %(have)s.", needed=needed, have=have))
    if tries.left is not None:
        sentences.append(tries_left_words(tries.left))
    return " ".join(sentences)
