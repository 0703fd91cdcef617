"""The glossary of a course, and the way to it."""

from dataclasses import replace

import pytest

from service.modules.content import Catalogue
from service.modules.terms import Term, TermWords
from service.people.models import Role
from tests.makers import LANGUAGES, make_catalogue


@pytest.fixture
def catalogue() -> Catalogue:
    catalogue = make_catalogue()
    terms = [
        Term(key, ("roles",), {one: TermWords(f"{name} {one}", f"<{name}>", (name,), ()) for one in LANGUAGES})
        for key, name in (("zeal", "Zeal"), ("agenda", "Agenda"))
    ]
    return replace(catalogue, terms=tuple(terms))


def test_a_module_leads_to_the_terms_in_order_and_each_term_to_its_modules(browse, catalogue) -> None:
    browser = browse(Role.MENTEE)
    course = catalogue.module("roles").course_key
    path = browser.path(f"/glossary/{course}")
    assert f'href="{path}"' in browser.get(browser.path("/modules/roles")).text
    page = browser.get(path).text
    assert page.index('<h2 id="agenda-title">Agenda en</h2>') < page.index('<h2 id="zeal-title">Zeal en</h2>')
    assert "&lt;Zeal&gt;" in page
    assert '<bdi lang="he">Zeal he</bdi>' in page
    assert page.count(f'href="{browser.path("/modules/roles")}"') == 2


def test_an_unknown_course_has_no_glossary(browse) -> None:
    browser = browse(Role.MENTEE)
    assert browser.get(browser.path("/glossary/none")).status_code == 404
