"""The content that we ship."""

from pathlib import Path

from service.modules.loader import check

TRAINING_MODULES = Path(__file__).parents[3] / "training_modules"


def test_the_content_has_no_fault() -> None:
    assert [str(fault) for fault in check(TRAINING_MODULES)] == []
