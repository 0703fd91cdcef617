"""Imports every table, so that `Base.metadata` is whole for migrations and for tests."""

from service.completion import models as completion
from service.events import models as events
from service.exercises import models as exercises
from service.forums import models as forums
from service.grades import models as grades
from service.modules import models as modules
from service.pairing import models as pairing
from service.people import models as people
from service.platforms import models as platforms
from service.readiness import models as readiness
from service.reviews import models as reviews

__all__ = [
    "completion",
    "events",
    "exercises",
    "forums",
    "grades",
    "modules",
    "pairing",
    "people",
    "platforms",
    "readiness",
    "reviews",
]
