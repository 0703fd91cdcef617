"""What is taught, as it stands in memory: frozen, in all languages, with HTML ready to show."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from service.db import Json
from service.errors import NotFoundError
from service.exercise_types import ExerciseType, Structure, exercise_types
from service.modules.credits import Credit
from service.modules.medium import Medium
from service.modules.requirements import Kind, Requirement, Rule
from service.modules.review import ReviewPlan
from service.modules.terms import Term, TermWords
from service.modules.tries import Redo, TryRule, newest_redo

T = TypeVar("T")


@dataclass(frozen=True)
class Exercise:
    """An exercise without words. `structure` holds `points` and the keys of its type, as its class describes them."""

    key: str
    type: str
    after: str
    """The section after which it is shown."""
    points: float
    pass_points: float
    structure: Structure
    rows: tuple[str, ...] = ()
    review: ReviewPlan | None = None
    rule: TryRule = field(default_factory=TryRule)

    @property
    def criteria(self) -> tuple[str, ...]:
        """What reviewers judge an answer by: the rubric of the review, else that of the exercise itself."""
        own = self.review.rubric if self.review else ()
        return own or tuple(self.structure.get("rubric", ()))

    @property
    def may_be_read(self) -> bool:
        """Whether people may read an answer: a review says so, or a mark that no rule can give."""
        return bool(self.review or self.structure.get("needs_review") or self.structure.get("self_check"))

    @property
    def kind(self) -> ExerciseType:
        """The class that reads and marks its answers."""
        return exercise_types()[self.type]

    def as_data(self) -> Json:
        """Return what `from_data` needs, as JSON."""
        data = {
            "key": self.key,
            "type": self.type,
            "after": self.after,
            "points": self.points,
            "pass": self.pass_points,
            "structure": dict(self.structure),
            **self.rule.as_data(),
        }
        return data | {"review": self.review.as_data()} if self.review else data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Exercise":
        """Return the exercise that `as_data` told, for instance from the version that someone answered."""
        return cls(
            key=data["key"],
            type=data["type"],
            after=data["after"],
            points=data["points"],
            pass_points=data["pass"],
            structure=data["structure"],
            review=ReviewPlan.from_data(data.get("review")),
            rule=TryRule.from_data(data),
        )


@dataclass(frozen=True)
class Paragraph:
    """A stretch of text that has a version of its own: a paragraph, list, table, heading or block."""

    kind: str
    """Empty for plain text, else the kind of block, as `modules.blocks` names them."""
    html: str
    line: int
    """Where it begins in its file."""
    details: Mapping[str, str] = field(default_factory=dict)
    """What a block says of itself, such as the country that it is about."""
    source: str = ""
    """What its author wrote."""
    newer: tuple[str, str] | None = None
    """The original (language, HTML) that this translation does not follow yet, where readers should know of it."""


@dataclass(frozen=True)
class SectionWords:
    key: str
    heading: str
    paragraphs: tuple[Paragraph, ...]
    """What stands below the heading; its own headings begin at h3."""
    line: int = 1
    """Where the heading stands in its file."""
    terms: Mapping[str, TermWords] = field(default_factory=dict)
    """The terms of the glossary that the text leads to, by key, in its order; none that an earlier section led to."""


@dataclass(frozen=True)
class ExerciseWords:
    title: str
    task_html: str
    parts: Mapping[str, Any]
    """Plain text, nested as in en.yaml: `parts["options"]["ask"]["feedback"]`."""
    model_html: str
    criteria: Mapping[str, str] = field(default_factory=dict)
    """What reviewers judge an answer by, by the keys that `Exercise.criteria` gives."""
    classroom: tuple[str, ...] = ()
    """What a group talks about after it, in class."""


@dataclass(frozen=True)
class ModuleWords:
    title: str
    goal: str
    sections: tuple[SectionWords, ...]
    exercises: Mapping[str, ExerciseWords]
    digest: str
    """SHA-256 of the words as their author wrote them."""
    redo: Mapping[int, str] = field(default_factory=dict)
    """Why exercises are asked again, by the version of the module that asks."""

    @property
    def terms(self) -> Mapping[str, TermWords]:
        """The terms of the glossary that some section leads to, by key."""
        return {key: words for section in self.sections for key, words in section.terms.items()}


@dataclass(frozen=True, eq=False)  # a module is only itself: its digest says nothing of other files, as of terms
class Module:
    key: str
    course_key: str
    version: int
    digest: str
    """SHA-256, in hexadecimal, of everything that a learner sees or is marked by, in all languages."""
    minutes: int
    required_for: tuple[str, ...]
    rows: tuple[str, ...]
    sections: tuple[str, ...]
    exercises: tuple[Exercise, ...]
    words: Mapping[str, ModuleWords]
    redos: tuple[Redo, ...] = ()
    complete: Rule | None = None
    """What completes it, where its author says so."""
    better_after: tuple[str, ...] = ()
    only_after: tuple[str, ...] = ()
    """Keys of modules that are better, or must be, completed before."""
    media: tuple[Medium, ...] = ()
    sources: tuple[str, ...] = ()
    refresher: tuple[str, ...] = ()
    """Keys of the exercises that renew it, where its author names them."""
    updated: str = ""
    """When its text was last looked at as a whole, `2026-11`; empty if nobody says."""

    @cached_property
    def asked_again(self) -> Mapping[str, int]:
        """The newest version that asks for an exercise again, by exercise key."""
        return newest_redo(self.redos)

    @property
    def asked_in(self) -> int:
        """The newest version that asks for anything again, 0 for none."""
        return max(self.asked_again.values(), default=0)

    @property
    def refreshers(self) -> tuple[str, ...]:
        """The exercises that renew it once it has run out: those its author names, else all that are free to try."""
        return self.refresher or tuple(one.key for one in self.exercises if one.rule.limit is None)

    @property
    def completion_rule(self) -> Rule:
        """What completes it: if nothing else is said, that every exercise is passed."""
        return self.complete or Requirement(Kind.PASSED, self.key, tuple(one.key for one in self.exercises))

    @property
    def max_points(self) -> float:
        """The sum of the full marks of all exercises."""
        return sum(exercise.points for exercise in self.exercises)

    def exercise(self, key: str) -> Exercise:
        """Return the exercise. Raise NotFoundError if there is none."""
        return _known("exercise", key, {exercise.key: exercise for exercise in self.exercises})

    def as_data(self) -> Json:
        """Return structure and answer keys as JSON, to be kept with the answers that were marked by them."""
        return {
            "version": self.version,
            "sections": list(self.sections),
            "exercises": [exercise.as_data() for exercise in self.exercises],
            **({"complete": self.complete.as_data()} if self.complete else {}),
        }


@dataclass(frozen=True)
class Outcome:
    """What a learner can do in the end, in a sentence for each language, and what shows it."""

    key: str
    evidence: Rule
    rows: tuple[str, ...]
    words: Mapping[str, str]


@dataclass(frozen=True)
class CourseWords:
    title: str
    aim: str


@dataclass(frozen=True)
class CourseContent:
    key: str
    modules: tuple[Module, ...]
    rows: tuple[str, ...]
    words: Mapping[str, CourseWords]
    outcomes: tuple[Outcome, ...] = ()
    author: str = ""
    licence: str = ""
    sources: tuple[Credit, ...] = ()


@dataclass(frozen=True)
class CommitmentWords:
    title: str
    html: str


@dataclass(frozen=True)
class CommitmentText:
    """A text that people agree to. `version` rises when those who agreed must be asked again."""

    kind: str
    version: int
    rows: tuple[str, ...]
    words: Mapping[str, CommitmentWords]


@dataclass(frozen=True, eq=False)  # what follows from it alone is kept under it, by whoever needs that often
class Catalogue:
    """Everything that is taught, in the order of learning."""

    languages: tuple[str, ...]
    courses: tuple[CourseContent, ...]
    commitments: tuple[CommitmentText, ...]
    terms: tuple[Term, ...] = ()
    marks_outdated: bool = False
    """Whether readers of a translation are told which paragraphs do not follow the original yet."""

    @property
    def original(self) -> str:
        """The language that is written first, and that the others follow."""
        return self.languages[0]

    @property
    def translations(self) -> tuple[str, ...]:
        """The languages that follow the original."""
        return self.languages[1:]

    @cached_property
    def modules(self) -> tuple[Module, ...]:
        """All modules, course by course."""
        return tuple(module for course in self.courses for module in course.modules)

    @cached_property
    def _modules(self) -> Mapping[str, Module]:
        return {module.key: module for module in self.modules}

    @cached_property
    def _terms(self) -> Mapping[str, tuple[Term, ...]]:
        keys = {course.key: {module.key for module in course.modules} for course in self.courses}
        return {of: tuple(term for term in self.terms if keys[of].intersection(term.modules)) for of in keys}

    def module(self, key: str) -> Module:
        """Return the module. Raise NotFoundError if there is none."""
        return _known("module", key, self._modules)

    def course(self, key: str) -> CourseContent:
        """Return the course. Raise NotFoundError if there is none."""
        return _known("course", key, {course.key: course for course in self.courses})

    def commitment(self, kind: str) -> CommitmentText:
        """Return the commitment. Raise NotFoundError if there is none."""
        return _known("commitment", kind, {commitment.kind: commitment for commitment in self.commitments})

    def terms_of(self, course_key: str) -> tuple[Term, ...]:
        """Return the terms that modules of this course explain. Raise NotFoundError if there is no such course."""
        return _known("course", course_key, self._terms)

    def modules_required_for(self, role: str) -> tuple[Module, ...]:
        """Return the modules that someone with this role completes before being paired."""
        return tuple(module for module in self.modules if role in module.required_for)


def _known(what: str, key: str, known: Mapping[str, T]) -> T:
    if key not in known:
        raise NotFoundError(f"{what}.unknown", f"There is no {what} {key!r}.", key=key)
    return known[key]
