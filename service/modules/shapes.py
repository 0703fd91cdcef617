"""The shape of each kind of content file, apart from what an exercise type adds."""

from enum import StrEnum

from marshmallow import fields, validate

from service.exercise_types.shapes import MISSING, Key, Keyed, Listed, Markdown, Number, Shape, Text, Whole, YesNo
from service.exercise_types.texts import Phrase
from service.modules.credits import PartOfDate
from service.modules.review import ReviewField
from service.modules.tries import Counts, FeedbackWhen
from service.people.models import LEARNING_ROLES

FORMAT = "1.0"


class Row(fields.String):
    """A row of the acceptance table that this content answers, such as `S4-34`."""

    def __init__(self) -> None:
        super().__init__(validate=validate.Regexp(r"S\d+-\d+$", error="must be the name of a row, such as S4-34."))


class LearningRole(fields.String):
    """A role inside the tool that learns."""

    def __init__(self) -> None:
        roles = [str(role) for role in LEARNING_ROLES]
        super().__init__(validate=validate.OneOf(roles, error=f"must be one of {', '.join(roles)}."))


class Language(fields.String):
    """The first part of a language tag."""

    def __init__(self) -> None:
        super().__init__(validate=validate.Regexp(r"[a-z]{2,3}$", error="must be a language, such as en."))


class OneOf(fields.String):
    """One of a few words."""

    def __init__(self, words: type[StrEnum]) -> None:
        rule = f"must be one of {', '.join(words)}."
        super().__init__(validate=validate.OneOf(list(words), error=rule), error_messages={"invalid": rule})


class CatalogueShape(Shape):
    format = fields.String(
        required=True,
        validate=validate.Equal(FORMAT, error=f"must be {FORMAT}, which is the format that this version reads."),
        error_messages={"required": MISSING},
    )
    languages = Listed(Language(), 1, 20)
    courses = Listed(Key(), 0)
    commitments = Listed(Key(), 0)
    mark_outdated = YesNo()
    """Whether readers of a translation learn which paragraphs do not follow the original yet."""


class CourseWordsShape(Shape):
    title = Text()
    aim = Text()


class CourseShape(Shape):
    key = Key()
    modules = Listed(Key())
    rows = Listed(Row(), 0, required=False)
    author = Text(required=False, load_default="")
    licence = Text(required=False, load_default="")
    sources = fields.Raw()
    """Read by `credits`."""
    outcomes = fields.Raw()
    """Read by `outcome_reader`."""
    words = fields.Dict(
        keys=fields.String(), required=True, error_messages={"required": MISSING, "invalid": "must name the languages."}
    )


class RedoShape(Shape):
    version = Whole(lowest=2)
    exercises = Listed(Key())


class ModuleShape(Shape):
    key = Key()
    version = Whole()
    minutes = Whole(600)
    required_for = Listed(LearningRole(), 0)
    rows = Listed(Row(), 0, required=False)
    better_after = Listed(Key(), 0, required=False)
    only_after = Listed(Key(), 0, required=False)
    sources = Listed(Key(), 0, required=False)
    updated = PartOfDate()
    sections = Listed(Key())
    figures = Listed(fields.Raw(), 0, 20, required=False)
    media = Listed(fields.Raw(), 0, 20, required=False)
    exercises = Listed(fields.Raw(), 1, 50)
    """Without an exercise a module could never be completed."""
    redo = Listed(fields.Nested(RedoShape), 0, 50, required=False)
    refresher = Listed(Key(), required=False)
    complete = fields.Raw()
    """Read by `requirement_reader`."""


class ExerciseShape(Shape):
    key = Key()
    type = Text()
    after = Key()
    points = Number()
    pass_points = Number(data_key="pass")
    rows = Listed(Row(), 0, required=False)
    review = ReviewField()
    tries = Whole(20, required=False)
    counts = OneOf(Counts)
    feedback_when = OneOf(FeedbackWhen)


class FigureShape(Shape):
    key = Key()
    credit = Text()
    licence = Text()
    mirrored = YesNo()
    decorative = YesNo()


class FigureWordsShape(Shape):
    title = Text()
    description = Markdown()
    labels = Keyed(Text())


class MediumShape(Shape):
    key = Key()
    file = Text()
    credit = Text()
    licence = Text()
    decorative = YesNo()
    silent = YesNo()


class MediumWordsShape(Shape):
    title = Text()
    transcript = Markdown(required=False, load_default="")


class ModuleWordsShape(Shape):
    title = Text()
    goal = Text()
    figures = Keyed(fields.Raw(), required=False)
    media = Keyed(fields.Raw(), required=False)
    exercises = Keyed(fields.Raw())
    redo = Keyed(Text(), required=False)


class ExerciseWordsShape(Shape):
    title = Text()
    task = Markdown()
    model = Markdown()
    review = fields.Dict(keys=Key(), values=Text(), load_default=dict)
    """Of the criteria in the rubric of `review:`."""
    classroom = Listed(Text(), 1, 6, required=False, load_default=list)
    """What a group talks about after it."""


class CommitmentShape(Shape):
    key = Key(longest=32)
    version = Whole()
    rows = Listed(Row(), 0, required=False)


class GlossaryShape(Shape):
    terms = Listed(fields.Raw(), 1)


class TermShape(Shape):
    key = Key()
    modules = Listed(Key())
    words = fields.Dict(
        keys=fields.String(), required=True, error_messages={"required": MISSING, "invalid": "must name the languages."}
    )


class TermWordsShape(Shape):
    term = Text()
    meaning = Text()
    forms = Listed(Phrase(), 1, 20)
    avoid = Listed(Phrase(), 0, 20, required=False)
    links = Listed(Phrase(), 0, 20, required=False)
