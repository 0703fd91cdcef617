"""Imports every table, so that `Base.metadata` is whole for migrations and for tests."""

from service.api_clients import models as api_clients
from service.board import models as board
from service.completion import models as completion
from service.cycles import models as cycles
from service.events import models as events
from service.exercises import models as exercises
from service.forums import file_models as forum_files
from service.forums import index_models as forum_index
from service.forums import models as forums
from service.forums import report_models as forum_reports
from service.grades import models as grades
from service.modules import models as modules
from service.notices import models as notices
from service.pairing import models as pairing
from service.people import models as people
from service.platforms import models as platforms
from service.profiles import models as profiles
from service.readiness import models as readiness
from service.records import models as records
from service.reviews import models as reviews
from service.webhooks import models as webhooks

__all__ = [
    "api_clients",
    "board",
    "completion",
    "cycles",
    "events",
    "exercises",
    "forum_files",
    "forum_index",
    "forum_reports",
    "forums",
    "grades",
    "modules",
    "notices",
    "pairing",
    "people",
    "platforms",
    "profiles",
    "readiness",
    "records",
    "reviews",
    "webhooks",
]
