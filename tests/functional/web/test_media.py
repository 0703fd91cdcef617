"""Files of the content come to everybody who has their address, as what they are, and in parts where asked."""

from pathlib import Path

import pytest

from service.modules.content import Catalogue
from service.modules.loader import load_catalogue

SAMPLES = Path(__file__).parents[2] / "sample_content"


@pytest.fixture
def catalogue() -> Catalogue:
    return load_catalogue(SAMPLES)


def test_a_file_is_what_it_says_and_runs_nothing(browse, catalogue: Catalogue) -> None:
    stranger = browse()
    for medium in catalogue.module("general").media:
        answer = stranger.get(medium.address(medium.path))
        assert (answer.status_code, answer.mimetype) == (200, medium.type)
        assert answer.data == medium.path.read_bytes()
        assert answer.headers["Content-Security-Policy"].endswith("sandbox")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in answer.headers["Cache-Control"]
        part = stranger.get(medium.address(medium.path), headers={"Range": "bytes=0-3"})
        assert (part.status_code, part.data) == (206, medium.path.read_bytes()[:4])


def test_nothing_else_can_be_had(browse, catalogue: Catalogue) -> None:
    stranger, medium = browse(), catalogue.module("general").media[0]
    for path in (f"{medium.digest}/module.yaml", f"{medium.digest}/../en.md", f"{'0' * 32}/{medium.path.name}"):
        assert stranger.get(f"/media/{path}").status_code == 404
