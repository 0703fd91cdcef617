"""What an LMS link may show, as a key of the content.

A key is `home`, `readiness`, `board`, `pairing`, `course:<course>`, `module:<module>`, `forum:<forum>` or
`exercise:<module>/<exercise>`. Keys outlast the copy of a course, which ids of the LMS do not (FEATURES M13).
"""

from urllib.parse import unquote

from service.modules.content import Catalogue

COURSE_PREFIX = "course:"
MODULE_PREFIX = "module:"
EXERCISE_PREFIX = "exercise:"
FORUM_PREFIX = "forum:"
PAGES = frozenset({"home", "readiness", "board", "pairing"})
FORUMS = frozenset(
    {
        *("announcements", "community", "introductions", "lessons", "questions", "dilemmas"),
        *("relation", "supervision", "coordinators", "cases", "steering", "network"),
    }
)
"""The forums that each course has; `service.forums.rules` says for whom each is."""
READINESS = "readiness"

LONGEST_CONTENT = 128
"""A key must fit its column; an exercise whose module and own key are both very long cannot be placed by itself."""
MOST_ANCESTORS = 50
LONGEST_ID = 255


def find_course_key(content: str) -> str | None:
    """Return the course of ours that a link's content names, or None if it shows something else."""
    return content.removeprefix(COURSE_PREFIX) if content.startswith(COURSE_PREFIX) else None


def find_module_key(content: str) -> str | None:
    """Return the module that a link's content names, or None if it shows something else."""
    return content.removeprefix(MODULE_PREFIX) if content.startswith(MODULE_PREFIX) else None


def find_exercise_keys(content: str) -> tuple[str, str] | None:
    """Return the module and the exercise that a link's content names, or None if it shows something else."""
    if not content.startswith(EXERCISE_PREFIX):
        return None
    module_key, _, exercise_key = content.removeprefix(EXERCISE_PREFIX).partition("/")
    return module_key, exercise_key


def find_forum_key(content: str) -> str | None:
    """Return the forum that a link's content names, or None if it shows something else."""
    return content.removeprefix(FORUM_PREFIX) if content.startswith(FORUM_PREFIX) else None


def exercise_content(module_key: str, exercise_key: str) -> str:
    """Return the content of a link that shows one exercise."""
    return f"{EXERCISE_PREFIX}{module_key}/{exercise_key}"


def is_graded(content: str) -> bool:
    """Tell whether there is a score for what the link shows, and so a column of the gradebook."""
    return content == READINESS or content.startswith((MODULE_PREFIX, EXERCISE_PREFIX))


def is_known_content(catalogue: Catalogue, content: str) -> bool:
    """Tell whether a link may show `content`: a page of ours, or something that the catalogue has."""
    exercise = find_exercise_keys(content)
    if exercise:
        return len(content) <= LONGEST_CONTENT and any(
            module.key == exercise[0] and exercise[1] in {found.key for found in module.exercises}
            for module in catalogue.modules
        )
    return (
        content in PAGES
        or find_forum_key(content) in FORUMS
        or find_module_key(content) in {module.key for module in catalogue.modules}
        or find_course_key(content) in {course.key for course in catalogue.courses}
    )


def read_history(value: str) -> tuple[str, ...]:
    """Return the ids of `$ResourceLink.id.history` or `$Context.id.history`: separated by commas, the newest first."""
    found = (unquote(part.strip(), errors="replace") for part in value.split(",")[:MOST_ANCESTORS])
    return tuple(part for part in found if part and part.isprintable() and len(part) <= LONGEST_ID)
