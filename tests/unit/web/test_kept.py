"""Parts of pages that are kept: they depend on their key alone, and gaps take anything but markup of others."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask, g, request, session
from markupsafe import Markup

from service.modules.content import Module
from service.web.access import me
from service.web.kept import Part, gap, init_kept, kept
from tests.makers import make_module

MODULE = make_module("roles", ("mentor",))


@pytest.fixture
def signed_in(app: Flask) -> Iterator[None]:
    """A request of someone of whom a lot is known."""
    init_kept(app)
    address = "/page?draft=own-words"
    with app.test_request_context(address, headers={"Cookie": "own=cookie"}, environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        g.lang, g.me, g.db = "pl", "all of the member", "the transaction"
        session["person"] = "somebody"
        yield


@kept
def what_can_be_reached(module: Module) -> str:
    member = me()
    known = {**request.cookies, **request.args, **session, **vars(member.person), **vars(member.course)}
    return f"{g.lang} {sorted(vars(g))} {sorted(known)} {request.remote_addr} {sorted(vars(member))}"


def test_where_a_part_is_made_nobody_is_there(signed_in: None) -> None:
    assert what_can_be_reached(MODULE).end == "pl ['lang', 'me'] ['public_id'] None ['course', 'person']"
    assert (g.me, g.db, session["person"]) == ("all of the member", "the transaction", "somebody")


@kept
def told(module: Module, section: str) -> str:
    made.append(section)
    return f"{module.words[g.lang].goal} {section} {gap('name')}{gap('name')}."


made: list[str] = []


def test_a_part_is_made_once_for_each_content_and_language(signed_in: None) -> None:
    made.clear()
    for _ in range(2):
        assert told(MODULE, "a").fill({"name": "x"}) == f"{MODULE.words['pl'].goal} a xx."
        assert told(MODULE, "b").end == "."
    assert made == ["a", "b"]
    g.lang = "he"
    told(MODULE, "a")
    words = {"he": replace(MODULE.words["he"], goal="Other words")}
    # The digest is that of the module's files: what stands in others, such as the glossary, can change its words too.
    assert told(replace(MODULE, words=words), "a").pieces[0][0] == "Other words a "
    assert made == ["a", "b", "a", "a"]


def test_a_gap_takes_text_as_text_and_markup_as_markup() -> None:
    part = Part.read(f"<p {gap('a')}>{gap('b')}")
    assert part.fill({"a": '"><script>', "b": Markup("<i>")}) == "<p &#34;&gt;&lt;script&gt;><i>"
    with pytest.raises(KeyError):
        part.fill({"a": "x"})
