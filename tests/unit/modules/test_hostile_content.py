"""A content folder that somebody made to do harm is refused, quickly, with a sentence for each trick."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from service.modules.loader import check
from tests.small_content import SmallContent
from tests.unit.modules.test_yaml_source import BILLION_LAUGHS

EN = "module-i/roles/en"
PYTHON = "key: !!python/object/apply:os.system ['touch harmed']\n"


def put(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text)


def text(markdown: str) -> Callable[[Path], object]:
    return put(f"{EN}.md", f"## First {{#first}}\n\n{markdown}\n\n## Second {{#second}}\n\nMore.\n")


def of_size(name: str, size: int) -> Callable[[Path], object]:
    return lambda folder: os.truncate(folder / name, size)


def link(name: str, target: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        (folder / name).rename(folder.parent / "moved")
        (folder / name).symlink_to(target)

    return make


def no_file(name: str, make: Callable[[Path], object]) -> Callable[[Path], object]:
    def replaced(folder: Path) -> None:
        (folder / name).unlink()
        make(folder / name)

    return replaced


TRICKS: dict[str, tuple[Callable[[Path], object], str]] = {
    "10 MB of text": (of_size(f"{EN}.md", 10 * 1024**2), f"{EN}.md:1: This file is larger than 256 KB."),
    "10 MB of YAML": (of_size("catalog.yaml", 10 * 1024**2), "catalog.yaml:1: This file is larger than 256 KB."),
    "a link outside": (link(f"{EN}.md", "/etc/passwd"), f"{EN}.md:1: This file is a link to a place outside the"),
    "a link upwards": (link(f"{EN}.md", "../../../moved"), f"{EN}.md:1: This file is a link to a place outside the"),
    "a link to itself": (link(f"{EN}.md", "en.md"), f"{EN}.md:1: This file "),
    "a linked folder": (link("module-i/roles", "../../moved"), "roles/module.yaml:1: This file is a link to a place"),
    "an endless file": (link(f"{EN}.md", "/dev/zero"), f"{EN}.md:1: This file is a link to a place outside the"),
    "a pipe": (no_file(f"{EN}.md", os.mkfifo), f"{EN}.md:1: This is no file."),
    "a folder": (no_file(f"{EN}.md", os.mkdir), f"{EN}.md:1: This is no file."),
    "an anchor bomb": (put(f"{EN}.yaml", BILLION_LAUGHS), f"{EN}.yaml:1: `&a` is a YAML anchor, and these are not"),
    "a bomb in the lock": (
        put("module-i/roles/paragraphs.lock.yaml", BILLION_LAUGHS),
        "module-i/roles/paragraphs.lock.yaml:1: `&a` is a YAML anchor",
    ),
    "a python tag": (put("module-i/roles/module.yaml", PYTHON), "python/object/apply:os.system` is a YAML tag, and th"),
    "a merge key": (put(f"{EN}.yaml", "<<: {title: a}\n"), f"{EN}.yaml:1: `<<` is not known here. Is it misspelt?"),
    "deep nesting": (put("glossary.yaml", "[" * 50_000), "glossary.yaml:1: Lists and mappings are nested more than"),
    "a script": (text("<script>alert(1)</script>"), f"{EN}.md:3: HTML is not allowed: `<script>alert(1)</script>`"),
    "a handler": (text('a <b onclick="x()">b</b>'), f'{EN}.md:3: HTML is not allowed: `<b onclick="x()">`'),
    "a script link": (text("[a](javascript:alert(1))"), f"{EN}.md:3: A link cannot lead to `javascript:alert(1)`"),
    "a hidden script link": (text("[a](&#106;avascript:alert(1))"), f"{EN}.md:3: A link cannot lead to `javascript:"),
    "a data link": (text("[a](data:text/html;base64,PGI+)"), f"{EN}.md:3: A link cannot lead to `data:text/html"),
    "a picture from elsewhere": (text("![a](https://evil.example/p.png)"), f"{EN}.md:3: A picture cannot stand here."),
    "HTML in a block": (text("::: story\n<iframe src=x></iframe>\n:::"), f"{EN}.md:4: HTML is not allowed: `<iframe"),
    "a block of HTML": (text("::: <script>\na\n:::"), f"{EN}.md:3: There is no block `<script>`"),
}


@pytest.mark.parametrize("trick", TRICKS)
def test_the_trick_is_refused(trick: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    folder = SmallContent(tmp_path / "content").write()
    play, sentence = TRICKS[trick]
    play(folder)
    started = time.process_time()
    faults = [str(fault) for fault in check(folder)]
    assert any(sentence in fault for fault in faults), faults
    assert time.process_time() - started < 5
    assert not (tmp_path / "harmed").exists()
