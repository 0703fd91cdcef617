"""Who lacks much is told in a few lines: the rest is there, folded."""

import pytest

from service.modules.content import Catalogue
from service.people.models import Role
from tests.makers import make_catalogue, make_module


@pytest.fixture
def catalogue() -> Catalogue:
    """Mentors need five modules and the commitment, mentees one and the commitment."""
    modules = [make_module(f"module-{number}", ("mentor",)) for number in range(5)]
    return make_catalogue(*modules, make_module("roles", ("mentee",)))


@pytest.mark.parametrize("page", ["/people/", "/pairing/"])
def test_of_six_conditions_two_are_shown_and_four_are_folded(browse, page: str) -> None:
    coordinator = browse(Role.COORDINATOR)
    shown = coordinator.get(coordinator.path(page)).text
    folded = shown[shown.index("<summary>4 more conditions</summary>") :].split("</details>")[0]
    assert folded.count("<li>") == 4
    assert "About module-0" in shown.split("<summary>4 more")[0]
    assert shown.count("more conditions") == 1
