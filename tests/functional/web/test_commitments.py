"""A commitment and a module may have the same name: each is done by itself."""

import pytest

from service.db import new_public_id, transaction, utc_now
from service.journey import hand_in
from service.modules.content import Catalogue
from service.people.models import Role
from tests.makers import RIGHT, make_catalogue, make_module


@pytest.fixture
def catalogue() -> Catalogue:
    return make_catalogue(make_module("confidentiality", ("mentor",)))


def test_who_completed_the_module_of_that_name_has_not_given_the_commitment(browse, database, catalogue) -> None:
    browser = browse(Role.MENTOR)
    with transaction(database) as session:
        member = session.merge(browser.member)
        for exercise in ("first", "second"):
            hand_in(session, catalogue, member, "confidentiality", exercise, RIGHT, new_public_id(), at=utc_now())
    path = browser.path("/commitments/confidentiality")
    assert "I commit to this" in browser.get(path).text
    browser.post(path, {"decision": "give", "version": "1"})
    assert "Withdraw the commitment" in browser.get(path).text
