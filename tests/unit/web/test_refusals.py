"""Words for refused launches and for errors: one for every code that the LTI layer has, in every language."""

import ast
from pathlib import Path

import pytest
from flask import g, render_template

from service.web.error_words import error_words
from service.web.refusals import DEFAULT, refusal_words, refusal_words_elsewhere

LTI = Path(__file__).parents[3] / "lti"


def codes() -> list[str]:
    """Return every code given to LaunchRefusedError, or to a function that raises it, in the source of `lti/`."""
    found = set()
    for path in LTI.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
                code = node.args[0]
                if node.func.id in {"_refuse", "LaunchRefusedError"} and isinstance(code, ast.Constant):
                    found.add(code.value)
    return sorted(found)


def test_the_codes_are_found() -> None:
    assert {"token_expired", "cookie_missing", "signature_invalid", "deployment_pending"} <= set(codes())


@pytest.mark.parametrize("code", codes())
def test_every_code_has_words_of_its_own(code: str) -> None:
    assert refusal_words(code) is not DEFAULT or code == "platform_error"


def test_an_unknown_code_has_words_too() -> None:
    assert refusal_words("something_new") is DEFAULT


@pytest.mark.parametrize("language", ["en", "he", "pl"], indirect=True)
def test_a_refused_launch_is_explained_in_all_languages_at_once(language: str) -> None:
    page = render_template(
        "refused.html", lang=language, dir="ltr", code="token_expired", support_id="q7rk2mzt", return_url=None
    )
    for title in ("MentorReady could not be opened", "לא ניתן היה לפתוח את MentorReady", "Nie udało się otworzyć"):
        assert title in page.replace("\u00a0", " ")
    assert page.count("<details") == 2
    assert "q7rk2mzt" in page
    assert "token_expired" in page
    assert set(refusal_words_elsewhere("token_expired", language)) == {"en", "he", "pl"} - {language}


def test_the_way_back_is_offered_when_there_is_one(app_request: None) -> None:
    g.lang = "en"
    page = render_template(
        "refused.html",
        lang="en",
        dir="ltr",
        code="launch_used",
        support_id="x",
        return_url='https://lms.example/back?a=1&b="2"',
    )
    assert 'href="https://lms.example/back?a=1&amp;b=&#34;2&#34;"' in page


@pytest.mark.parametrize(
    ("code", "status", "title"),
    [
        ("session.none", 401, "The sign-in has ended"),
        ("http.404", 404, "There is nothing here"),
        ("module.unknown", 404, "There is nothing here"),
        ("request.foreign", 403, "This did not come from MentorReady"),
        ("role.not_enough", 403, "Not open to this role"),
        ("answer.unknown", 422, "This could not be understood"),
        ("http.418", 418, "This could not be understood"),
        ("http.500", 500, "Something went wrong here"),
        ("http.503", 503, "Something went wrong here"),
    ],
)
def test_errors_are_named_by_code_then_by_status(app_request: None, code: str, status: int, title: str) -> None:
    g.lang = "en"
    assert str(error_words(code, status).title) == title
    page = render_template("error.html", lang="en", dir="ltr", code=code, status=status, support_id="q7rk2mzt")
    assert f"<h1>{title}</h1>" in page
    assert "q7rk2mzt" in page
