"""Learning from experience in four steps: do, reflect, conclude, apply (S4-134)."""

from service.exercise_types.worksheet import Worksheet


class ExperientialCycle(Worksheet):
    """A worksheet that always has the same questions."""

    name = "experiential-cycle"
    question_keys = ("do", "reflect", "conclude", "apply")
