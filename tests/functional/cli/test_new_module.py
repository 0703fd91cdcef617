"""A new module: the check says what is to be written, and nothing else is wrong with it."""

from pathlib import Path

import click.testing
import pytest

from service.cli import cli
from service.errors import ConflictError, ContentError, InvalidInputError, NotFoundError
from service.modules.loader import check, load_catalogue
from service.modules.open_places import OPEN
from tests.small_content import SmallContent


def run(*arguments: object) -> click.testing.Result:
    return click.testing.CliRunner().invoke(cli, ["modules", *map(str, arguments)])


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return SmallContent(tmp_path / "content").write()


def test_the_check_says_what_to_write_and_then_nothing(content: Path) -> None:
    module = content / "module-i" / "trust"
    assert run("new", module).exit_code == 0
    faults = check(content)
    assert "module-i/trust/he.yaml:1: Still to be written: the title in he." in map(str, faults)
    assert {fault.file for fault in faults} == {
        f"module-i/trust/{language}.{kind}" for language in ("en", "he") for kind in ("md", "yaml")
    }
    assert all(fault.sentence.startswith("Still to be written: ") for fault in faults)
    for file in module.iterdir():
        file.write_text(file.read_text().replace(OPEN, "Written:").replace("Written: the heading", "The heading"))
    assert check(content) == []
    assert [one.key for one in load_catalogue(content).modules] == ["roles", "trust"]


def test_what_cannot_be_begun_is_told_and_leaves_nothing(content: Path) -> None:
    for path, error in (
        (content / "module-i" / "roles", ConflictError),
        (content / "module-i" / "No Key", InvalidInputError),
        (content / "module-ii" / "trust", NotFoundError),
        (content / "trust", ContentError),
    ):
        assert isinstance(run("new", path).exception, error), path
    assert {path.name for path in (content / "module-i").iterdir()} == {"course.yaml", "roles"}
    (content / "module-i" / "trust").mkdir()
    assert isinstance(run("new", content / "module-i" / "trust").exception, ConflictError)
