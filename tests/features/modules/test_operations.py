"""Versions of modules that were answered, and what LMS links show."""

from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.db import utc_now
from service.errors import InvalidInputError
from service.modules.content import Catalogue, Exercise
from service.modules.loader import load_catalogue
from service.modules.models import ModuleVersion
from service.modules.operations import find_placement, record_version, set_placement
from service.people.models import Course, Person
from tests.small_content import SmallContent, add_person


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return load_catalogue(SmallContent(tmp_path / "content").write())


@pytest.fixture
def course_id(session: Session) -> int:
    person = session.get_one(Person, add_person(session))
    course = Course(platform_id=person.platform_id, context_id="1", created_at=utc_now())
    session.add(course)
    session.flush()
    return course.id


def test_a_version_is_kept_once_with_its_order(session: Session, catalogue: Catalogue) -> None:
    module = catalogue.module("roles")
    version = record_version(session, module, at=utc_now())
    assert record_version(session, module, at=utc_now()).id == version.id
    session.expire_all()
    kept = session.get_one(ModuleVersion, version.id).structure
    assert tuple(Exercise.from_data(data) for data in kept["exercises"]) == tuple(
        Exercise.from_data(exercise.as_data()) for exercise in module.exercises
    )
    assert kept["exercises"][1]["structure"]["items"] == ["listens", "sets-goals", "gives-feedback"]


def test_changed_content_is_another_version(session: Session, tmp_path: Path, catalogue: Catalogue) -> None:
    changed = SmallContent(tmp_path / "changed")
    changed.files["module-i/roles/he.yaml"]["title"] = "Other words"
    record_version(session, catalogue.module("roles"), at=utc_now())
    record_version(session, load_catalogue(changed.write()).module("roles"), at=utc_now())
    assert session.scalar(select(func.count()).select_from(ModuleVersion)) == 2


def test_a_link_shows_what_was_last_set(session: Session, catalogue: Catalogue, course_id: int) -> None:
    assert find_placement(session, course_id, "link") is None
    set_placement(session, catalogue, course_id, "link", "Roles", "module:roles", at=utc_now())
    set_placement(session, catalogue, course_id, "link", "x" * 300, "pairing", at=utc_now())
    found = find_placement(session, course_id, "link")
    assert found is not None
    assert (found.content, found.title) == ("pairing", "x" * 255)


@pytest.mark.parametrize("content", ["module:nothing", "module:", "roles", "", "HOME"])
def test_a_link_cannot_show_what_is_not_there(
    session: Session, catalogue: Catalogue, course_id: int, content: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        set_placement(session, catalogue, course_id, "link", "Roles", content, at=utc_now())
    assert caught.value.code == "placement.unknown_content"
    assert find_placement(session, course_id, "link") is None
