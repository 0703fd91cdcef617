"""Courses and questions on the command line: taken with a report, and nothing replaced without a question."""

from pathlib import Path

import click.testing
import pytest

from service.cli import cli
from service.errors import ContentError, NotFoundError
from tests.small_content import SmallContent


def run(*arguments: object, answer: str | None = None) -> click.testing.Result:
    return click.testing.CliRunner().invoke(cli, ["modules", *map(str, arguments)], input=answer)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return SmallContent(tmp_path / "content").write()


def test_a_course_is_packed_and_replaced_only_after_yes(content: Path, tmp_path: Path) -> None:
    file = tmp_path / "course.zip"
    assert "module-i is in" in run("export", "module-i", file, "--content", content).output
    words = content / "module-i" / "roles" / "en.md"
    words.write_text(words.read_text() + "\nChanged.\n")
    refused = run("import-course", file, "--content", content, answer="n\n")
    assert refused.exit_code == 1
    assert "Replace it?" in refused.output
    assert "Changed." in words.read_text()
    assert "was replaced: roles" in run("import-course", file, "--content", content, answer="y\n").output
    assert "Changed." not in words.read_text()
    assert run("import-course", file, "--replace", "--content", content).exit_code == 0


def test_what_is_missing_or_wrong_is_told(content: Path, tmp_path: Path) -> None:
    file = tmp_path / "course.zip"
    assert isinstance(run("export", "nothing", file, "--content", content).exception, NotFoundError)
    assert not file.exists()
    (content / "module-i" / "roles" / "he.md").unlink()
    assert isinstance(run("export", "module-i", file, "--content", content).exception, ContentError)


def test_questions_are_taken_with_a_report_on_each(content: Path, tmp_path: Path) -> None:
    file = tmp_path / "questions.gift"
    file.write_text("::Sums:: 1 + 1 is {#2}\n\n::Read:: Only text.\n\n::Which:: Choose. {=one ~%50%two}\n")
    said = ["import", file, "--content", content]
    assert "Nothing was written" in run(*said, "--into", "roles", "--trial").output
    lines = run(*said, "--into", "roles").output.splitlines()
    assert lines[:5] == [
        "1 taken, 1 taken with losses, 1 left out.",
        "1. numerical (line 1): Sums",
        "   taken as sums",
        "2. description (line 3): Read",
        "   left out: It is text without a question: put it into the text of the module.",
    ]
    assert any("he.yaml" in line and "no words in this language" in line for line in lines)
    assert "taken as sums" in run(*said, "--new", "module-i/more").output
    assert (content / "module-i" / "more" / "en.md").exists()
    for places in ((), ("--into", "roles", "--new", "module-i/other")):
        assert run(*said, *places).exit_code == 2
