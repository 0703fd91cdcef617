"""Pictures, recordings and films of the content. They are no secret: an LMS page shows them without a cookie too."""

from flask import Blueprint, Response, request

from service.errors import NotFoundError
from service.modules.medium import ADDRESS, CAPTIONS_TYPE
from service.web.access import catalogue, public, without_database

YEAR = 365 * 24 * 3600

blueprint = Blueprint("media", __name__, url_prefix=ADDRESS)


@blueprint.get("/<digest>/<name>")
@public
@without_database
def show(digest: str, name: str) -> Response:
    """Answer with the file, or a part of it. Its address changes with its content, so browsers may keep it."""
    for medium in (medium for module in catalogue().modules for medium in module.media if medium.digest == digest):
        files = {medium.path: medium.type} | dict.fromkeys(medium.captions.values(), CAPTIONS_TYPE)
        for path, kind in files.items():
            if path.name == name:
                return _answer(path.read_bytes(), kind)
    raise NotFoundError("media.unknown", "There is no such file.", name=name)


def _answer(content: bytes, kind: str) -> Response:
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.cache_control.public, answer.cache_control.immutable, answer.cache_control.max_age = True, True, YEAR
    answer.make_conditional(request, accept_ranges=True, complete_length=len(content))
    return answer
