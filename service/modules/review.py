"""How people look at the answers of an exercise: `review:` in module.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields, validate

from service.db import Json
from service.exercise_types.shapes import MISSING, Key, Listed, Shape, Whole, YesNo
from service.people.models import STAFF_ROLES, Role

NONE, OPTIONAL, REQUIRED = "none", "optional", "required"
_DECISION_RULE = f"must be {NONE}, {OPTIONAL} or {REQUIRED}."


@dataclass(frozen=True)
class ReviewPlan:
    """Who reviews an exercise, and what follows from it."""

    is_required: bool
    """Whether the exercise counts as passed only once reviewers accept an answer."""
    reviewers: int = 1
    """How many different people must accept."""
    roles: tuple[Role, ...] = STAFF_ROLES
    has_peers: bool = False
    """Whether an author may show the answer to another learner of the course, for a remark."""
    rubric: tuple[str, ...] = ()
    """The keys of its criteria; without any, those of the exercise's type."""

    def as_data(self) -> Json:
        """Return what `from_data` needs, as JSON."""
        return {
            "decision": REQUIRED if self.is_required else OPTIONAL,
            "reviewers": self.reviewers,
            "roles": [str(role) for role in self.roles],
            "peers": self.has_peers,
            "rubric": list(self.rubric),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any] | None) -> "ReviewPlan | None":
        """Return the review that `as_data` told, or that `ReviewShape` loaded; None where there is none."""
        if not data or data["decision"] == NONE:
            return None
        return cls(
            is_required=data["decision"] == REQUIRED,
            reviewers=data["reviewers"],
            roles=tuple(Role(role) for role in data["roles"]) or STAFF_ROLES,
            has_peers=data["peers"],
            rubric=tuple(data["rubric"]),
        )


class StaffRole(fields.String):
    """A role inside the tool that looks after learners."""

    def __init__(self) -> None:
        roles = [str(role) for role in STAFF_ROLES]
        super().__init__(validate=validate.OneOf(roles, error=f"must be one of {', '.join(roles)}."))


class ReviewShape(Shape):
    decision = fields.String(
        required=True,
        validate=validate.OneOf([NONE, OPTIONAL, REQUIRED], error=_DECISION_RULE),
        error_messages={"required": MISSING},
    )
    reviewers = Whole(2, required=False, load_default=1)
    roles = Listed(StaffRole(), 1, required=False, load_default=list)
    peers = YesNo()
    rubric = Listed(Key(), 1, 8, required=False, load_default=list)


class ReviewField(fields.Field[ReviewPlan | None]):
    """`review: required`, or a mapping that says more. Its value is a ReviewPlan, None without one."""

    def __init__(self) -> None:
        super().__init__(load_default=None)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> ReviewPlan | None:
        return ReviewPlan.from_data(ReviewShape().load({"decision": value} if isinstance(value, str) else value))
