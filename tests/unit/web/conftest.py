"""An app that only shows pages: the templates, translations compiled on the spot, and addresses that lead nowhere."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g

from service.web.access import as_person
from service.web.babel import init_babel
from service.web.frame import init_frame
from service.web.kept import init_kept
from service.web.unsent import init_unsent

WEB = Path(__file__).parents[3] / "service" / "web"
TRANSLATIONS = WEB / "translations"


@pytest.fixture(scope="session")
def app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Return a Flask with our templates and the words as they are in the .po files now."""
    compiled = tmp_path_factory.mktemp("translations")
    for source in TRANSLATIONS.glob("*/LC_MESSAGES/messages.po"):
        target = compiled / source.relative_to(TRANSLATIONS).with_suffix(".mo")
        target.parent.mkdir(parents=True)
        with source.open("rb") as words, target.open("wb") as binary:
            write_mo(binary, read_po(words))
    app = Flask("service", root_path=str(WEB.parent), template_folder="web/templates", static_folder="web/static")
    app.secret_key = "only for these tests"
    init_babel(app, str(compiled))
    init_unsent(app)
    init_frame(app)
    init_kept(app)
    app.jinja_env.globals["as_person"] = as_person
    app.url_build_error_handlers.append(lambda error, endpoint, values: f"/{endpoint}")
    return app


@pytest.fixture
def language(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    """Open a request in the language that the test's parameter names."""
    with app.test_request_context("/page?a=1"):
        g.lang = request.param
        yield request.param


@pytest.fixture
def app_request(app: Flask) -> Iterator[None]:
    """Open a request of its own; the test sets `g.lang`."""
    with app.test_request_context("/page?a=1"):
        yield
