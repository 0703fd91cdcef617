"""The Flask application of the pretend LMS."""

import secrets

from flask import Flask

from tests.fake_lms import (
    deep_linking_pages,
    grade_pages,
    gradebook_pages,
    launch_pages,
    member_pages,
    pages,
    registration_pages,
    switch_pages,
    token_pages,
)
from tests.fake_lms.lms import Lms
from tests.fake_lms.models import Setting

SECRET_SETTING = "session_secret"


def create_app(lms: Lms) -> Flask:
    """Make the application around an LMS. Its session secret is in the store, so that a restart logs nobody out."""
    app = Flask(__name__)
    with lms.store.session() as session:
        secret = session.get(Setting, SECRET_SETTING)
        if secret is None:
            secret = Setting(name=SECRET_SETTING, value=secrets.token_hex(32))
            session.add(secret)
    app.config.update(SECRET_KEY=secret.value, SESSION_COOKIE_NAME="DemoUniversitySession")
    app.extensions["lms"] = lms
    services = (token_pages, grade_pages, member_pages, registration_pages)
    for module in (pages, gradebook_pages, switch_pages, launch_pages, deep_linking_pages, *services):
        app.register_blueprint(module.blueprint)
    return app
