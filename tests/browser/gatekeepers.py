"""What the courses of the house ask beside the training, and what their staff have decided."""

from datetime import timedelta

from sqlalchemy.orm import Session

from service.db import utc_now
from service.modules.content import Catalogue
from service.people.models import LEARNING_ROLES, Membership, Role
from service.readiness.conditions import ANY_OF, DECIDED, DECLARED, Condition
from service.readiness.deciding import grant_waiver, record_decision
from service.readiness.models import WayOn
from service.readiness.policies import set_own_conditions


def ask_more(session: Session, catalogue: Catalogue, people: dict[Role, Membership], title: str) -> None:
    """Let the course ask everyone for a yes and for one of two more; waive it for one person, half decided."""
    either = (Condition(DECIDED, "interview", approvers=2), Condition(DECLARED, "time", valid_months=12))
    own = [Condition(DECLARED, "yes_now"), Condition(ANY_OF, "either", title=title[:100], parts=either)]
    staff, mentor, at = people[Role.COORDINATOR], people[Role.MENTOR], utc_now()
    for role in LEARNING_ROLES:
        set_own_conditions(session, catalogue, staff, role, own, shown_version=1, at=at)
    wish = Condition(DECLARED, "wish", title=title[:100])
    beside = {Role.COORDINATOR: Condition(DECLARED, "time", least=10), WayOn.ACCOMPANY: wish}
    for asked_of, said in beside.items():
        asked = [said, Condition(DECIDED, "experience")]
        set_own_conditions(session, catalogue, staff, asked_of, asked, shown_version=1, at=at)
    grant_waiver(session, mentor, own[0].name, staff, title, at + timedelta(days=90), at=at)
    record_decision(session, mentor, "interview", staff, is_yes=True, reason=title, at=at)
