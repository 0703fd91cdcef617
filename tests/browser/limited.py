"""A module whose tries end and which asks again in its second version, made of exercises of the sample content."""

from dataclasses import replace
from uuid import uuid4

from sqlalchemy.orm import Session

from service import journey
from service.db import utc_now
from service.exercises.try_operations import MoreTries, give_tries
from service.modules.content import Catalogue, CourseContent, Module, ModuleWords
from service.modules.tries import Counts, FeedbackWhen, Redo, TryRule
from service.people.models import Membership

KEY = "tries"
WHY = {
    "en": "The law on self-employment has changed, and the case asks about the new rule.",
    "he": "החוק בנושא עצמאים השתנה, והמקרה שואל על הכלל החדש.",
    "pl": "Zmieniły się przepisy o samozatrudnieniu, a przypadek dotyczy nowej zasady.",
}
RULES = (TryRule(2, Counts.LAST), TryRule(3, feedback_when=FeedbackWhen.AT_END), TryRule(4, Counts.FIRST))


def with_limited(course: CourseContent) -> CourseContent:
    """Return the course with a module of its first exercises: one to be closed, one held back, one asked again."""
    source = course.modules[0]
    exercises = tuple(replace(one, rule=rule) for one, rule in zip(source.exercises, RULES, strict=False))
    first = source.sections[:1]
    module = replace(
        source,
        key=KEY,
        version=2,
        digest=f"{KEY:0>64}",
        required_for=("youth_worker",),
        sections=first,
        exercises=exercises,
        redos=(Redo(2, (exercises[2].key,)),),
        words={language: _words(words, language) for language, words in source.words.items()},
    )
    return replace(course, modules=(*course.modules, module))


def _words(words: ModuleWords, language: str) -> ModuleWords:
    return replace(words, sections=words.sections[:1], redo={2: WHY[language]})


def before(catalogue: Catalogue) -> Catalogue:
    """Return the content before the second version of the module: free tries, and nothing asked again."""

    def older(module: Module) -> Module:
        if module.key != KEY:
            return module
        exercises = tuple(replace(one, rule=TryRule()) for one in module.exercises)
        return replace(module, version=1, digest="1" * 64, redos=(), exercises=exercises)

    courses = tuple(replace(one, modules=tuple(map(older, one.modules))) for one in catalogue.courses)
    return replace(catalogue, courses=courses)


def use_up(session: Session, catalogue: Catalogue, member: Membership, staff: Membership) -> None:
    """Let someone who has completed the module use up the tries at one exercise, and one that is held back."""
    closed, held, again = catalogue.module(KEY).exercises
    for exercise in (closed, held):
        right = exercise.kind.model_answer(exercise.structure)
        journey.hand_in(session, catalogue, member, KEY, exercise.key, right, uuid4().hex, at=utc_now())
    more = MoreTries(KEY, again.key, 2, "Strona się zawiesiła. / הדף קפא.", "more-tries")
    give_tries(session, catalogue, member.person_id, more, by_member_id=staff.id, at=utc_now())
