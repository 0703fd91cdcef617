"""The expectation sheet of a pair: six questions that both answer, each alone, and then compare (S0-10 to S0-15)."""

from service.exercise_types.worksheet import Worksheet


class ExpectationSheet(Worksheet):
    """A worksheet that always has the same questions."""

    name = "expectation-sheet"
    question_keys = ("what", "how", "who", "when", "where", "how-much")
