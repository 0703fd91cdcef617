"""Goals: for the next months and years, what one lacks for them, and what kind of guidance would help (S3-05)."""

from service.exercise_types.worksheet import Worksheet


class GoalsWorksheet(Worksheet):
    """A worksheet that always has the same questions."""

    name = "goals-worksheet"
    question_keys = ("short-term", "long-term", "missing", "guidance")
