"""Translators on the command line: what does not follow the original, and how they say that it does."""

from pathlib import Path

import click.testing
import pytest

from service.cli import cli
from tests.small_content import SmallContent


def run(*arguments: object) -> click.testing.Result:
    return click.testing.CliRunner().invoke(cli, ["modules", *map(str, arguments)])


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return SmallContent(tmp_path / "content").write()


def test_from_a_new_module_to_a_change_and_back(content: Path) -> None:
    module = content / "module-i" / "roles"
    assert "roles                    he  not confirmed yet" in run("status", content).output
    assert "paragraphs.lock.yaml" in run("confirm", module, "he").output
    assert run("check", content, "--strict").exit_code == 0
    text = module / "en.md"
    text.write_text(text.read_text().replace("More.", "Much more."))
    remark = "module-i/roles/he.md:7: This follows an older version of en.md:7."
    checked = run("check", content)
    assert checked.exit_code == 0
    assert remark in checked.output
    strict = run("check", content, "--strict")
    assert strict.exit_code == 1
    assert "1 places of translations do not follow the original." in strict.output
    status = run("status", module).output
    assert "roles                    he  1 outdated" in status
    assert remark in status
    assert run("confirm", module).exit_code == 0
    assert "roles                    he  follows" in run("status", content).output


def test_what_cannot_be_confirmed_is_told(content: Path, tmp_path: Path) -> None:
    assert "is in no content folder" in run("confirm", tmp_path).output
    assert "There is no module in" in run("status", content / "commitments").output
    assert "en is none of he." in str(run("confirm", content, "en").exception)
    (content / "module-i" / "roles" / "he.md").unlink()
    assert "has 1 faults" in str(run("confirm", content, "he").exception)
    assert "There are 1 faults" in run("status", content).output
