"""The content that we ship."""

from pathlib import Path

from service.modules.content import Catalogue
from service.modules.loader import examine

TRAINING_MODULES = Path(__file__).parents[3] / "training_modules"


def test_the_content_has_no_fault_and_every_translation_was_confirmed_once() -> None:
    faults, standings, _ = examine(TRAINING_MODULES)
    assert [str(fault) for fault in faults] == []
    assert len(standings) == 2 * len({standing.module.key for standing in standings}) >= 48
    assert [(one.module.key, one.language) for one in standings if not one.is_confirmed] == []


def test_the_gate_asks_each_role_for_its_course(taught: Catalogue) -> None:
    """Mentors: all of Mentor basics. Youth workers: all of Module I. Mentees: three of it, till they have a course."""
    asked = {
        role: [module.key for module in taught.modules_required_for(role)]
        for role in ("mentor", "youth_worker", "mentee")
    }
    assert asked["mentor"] == [module.key for module in taught.course("mentor-basics").modules]
    assert asked["youth_worker"] == [module.key for module in taught.course("module-i").modules]
    assert (len(asked["mentor"]), len(asked["youth_worker"])) == (12, 12)
    assert asked["mentee"] == ["roles", "benefits", "stages"]


def test_the_glossary_has_forty_terms_and_each_course_its_share(taught: Catalogue) -> None:
    assert len(taught.terms) >= 40
    assert all(len(taught.terms_of(course.key)) >= 20 for course in taught.courses)
