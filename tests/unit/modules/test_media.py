"""Pictures, recordings and films: held to their words, their licence and their kind before a learner meets them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from service.modules.loader import check, load_catalogue
from service.modules.media import MAX_BYTES
from tests.small_content import SmallContent

JPEG, MP3, FILM = b"\xff\xd8\xff\xe0 photo", b"ID3 sound", b"\0\0\0\x18ftypmp42 film"
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:02.000\nHello.\n"
PLACES = "![Two people.](media:photo)\n\n![A greeting.](media:talk)\n\n![A walk.](media:film)"
TEXT = f"## First {{#first}}\n\n{PLACES}\n\n## Second {{#second}}\n\nB.\n"
FACTS = {"credit": "Ada & Co", "licence": "CC0"}
WORDS = {
    "photo": {"title": "A pair"},
    "talk": {"title": "A talk", "transcript": "“Hello”, says *Ada*."},
    "film": {"title": "A film", "transcript": "Ada says hello. She walks."},
}


class WithMedia(SmallContent):
    """The small course with a picture, a recording and a film."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.module["media"] = [
            {"key": "photo", "file": "photo.jpg"} | FACTS,
            {"key": "talk", "file": "talk.mp3"} | FACTS,
            {"key": "film", "file": "film.mp4"} | FACTS,
        ]
        for language in ("en", "he"):
            self.files[f"module-i/roles/{language}.yaml"]["media"] = {key: dict(one) for key, one in WORDS.items()}
            self.files[f"module-i/roles/{language}.md"] = (
                f"## First {{#first}}\n\n{PLACES}\n\n## Second {{#second}}\n\nB.\n"
            )
            self.files[f"module-i/roles/media/film.{language}.vtt"] = CAPTIONS
        self.binary = {"photo.jpg": JPEG, "talk.mp3": MP3, "film.mp4": FILM}

    def write(self) -> Path:
        media = super().write() / "module-i/roles/media"
        media.mkdir(exist_ok=True)
        for name, content in self.binary.items():
            (media / name).write_bytes(content)
        return self.folder

    @property
    def he(self) -> dict[str, dict[str, str]]:
        words: dict[str, dict[str, str]] = self.files["module-i/roles/he.yaml"]["media"]
        return words

    def text(self, old: str, new: str) -> None:
        self.files["module-i/roles/he.md"] = self.files["module-i/roles/he.md"].replace(old, new)


@pytest.fixture
def content(tmp_path: Path) -> WithMedia:
    return WithMedia(tmp_path / "content")


def test_each_kind_is_shown_with_all_that_it_says_in_words(content: WithMedia) -> None:
    module = load_catalogue(content.write()).module("roles")
    photo, talk, film = (one.html for one in module.words["he"].sections[0].paragraphs)
    addresses = {medium.key: medium.address(medium.path) for medium in module.media}
    assert f'<img src="{addresses["photo"]}" alt="Two people." loading="lazy">' in photo
    assert "Ada &amp; Co. רישיון: CC0" in photo
    assert f'preload="none" aria-label="A talk: A greeting." src="{addresses["talk"]}"></audio>' in talk
    assert "<p>“Hello”, says <em>Ada</em>.</p>" in talk
    captions = addresses["film"].replace("film.mp4", "film.he.vtt")
    assert f'<track kind="captions" src="{captions}" srclang="he" label="עברית" default>' in film
    assert film.count("<track") == 2
    assert film.count(" default") == 1


def test_another_file_has_another_address_and_changes_the_version(content: WithMedia) -> None:
    before = load_catalogue(content.write()).module("roles")
    content.binary["talk.mp3"] += b"!"
    after = load_catalogue(content.write()).module("roles")
    assert before.digest != after.digest
    changed = [old.key for old, new in zip(before.media, after.media, strict=True) if old.digest != new.digest]
    assert changed == ["talk"]


def test_a_decorative_picture_and_a_silent_film_need_less(content: WithMedia) -> None:
    content.module["media"][0]["decorative"] = content.module["media"][2]["silent"] = "yes"
    for language in ("en", "he"):
        del content.files[f"module-i/roles/{language}.yaml"]["media"]["photo"]
        del content.files[f"module-i/roles/media/film.{language}.vtt"]
        content.files[f"module-i/roles/{language}.md"] = content.files[f"module-i/roles/{language}.md"].replace(
            "Two people.", ""
        )
    module = load_catalogue(content.write()).module("roles")
    photo, _, film = (one.html for one in module.words["en"].sections[0].paragraphs)
    assert 'alt=""' in photo
    assert "<track" not in film


FAULTS: list[tuple[Callable[[WithMedia], object], str]] = [
    (lambda c: c.binary.pop("talk.mp3"), "media/talk.mp3:1: This file is missing."),
    (
        lambda c: c.binary.update({"talk.mp3": b"<html>"}),
        "media/talk.mp3:1: This file ends in .mp3, and holds so",
    ),
    (lambda c: c.binary.update({"photo.jpg": FILM}), "media/photo.jpg:1: This file ends in .jpg, and holds so"),
    (
        lambda c: c.binary.update({"talk.mp3": MP3 + bytes(MAX_BYTES)}),
        "media/talk.mp3:1: This file is larger th",
    ),
    (
        lambda c: c.binary.update({"more.png": b"x"}),
        "media/more.png:1: This file is none of the `media` of mod",
    ),
    (
        lambda c: c.module["media"][0].update(file="../../photo.jpg"),
        "`media > photo > file` must be the name of a fi",
    ),
    (lambda c: c.module["media"][0].update(file="page.html"), "`media > photo > file` must be the name of a file in"),
    (lambda c: c.module["media"][0].pop("licence"), "`media > photo > licence` is missing."),
    (lambda c: c.module["media"][0].pop("credit"), "`media > photo > credit` is missing."),
    (lambda c: c.module["media"][1].update(decorative="yes"), "`media > talk > decorative` is for pictures only."),
    (lambda c: c.module["media"][1].update(key="photo"), "`media > photo > key` is `photo` a second time."),
    (lambda c: c.files.pop("module-i/roles/media/film.he.vtt"), "media/film.he.vtt:1: This file is missing."),
    (lambda c: c.files.update({"module-i/roles/media/film.he.vtt": "Hello"}), "film.he.vtt:1: These are no captions"),
    (lambda c: c.he["talk"].pop("transcript"), "he.yaml:52: `media > talk > transcript` is missing: all that is said,"),
    (lambda c: c.he["talk"].update(transcript="<b>a</b>"), "`media > talk > transcript` has a fault: HTML is not allo"),
    (lambda c: c.he.pop("talk"), "`media > talk` has no words in this language."),
    (lambda c: c.he.update(other={}), "`media > other` has words, but module.yaml does not have this medium."),
    (lambda c: c.text("Two people.", ""), "he.md:3: What it shows, or what one hears, is missing, in one sentence"),
    (lambda c: c.text("media:talk", "media:tale"), "he.md:5: module.yaml has no medium `tale`."),
    (
        lambda c: c.text("![A walk.](media:film)", "A."),
        "he.md:1: The medium `film` of module.yaml is nowhere in",
    ),
    (lambda c: c.text("![A walk.](media:film)", "A ![A walk.](media:film)"), "he.md:7: A picture cannot stand here."),
]


@pytest.mark.parametrize(("spoil", "sentence"), FAULTS)
def test_what_lacks_or_cannot_be_is_told(
    content: WithMedia, spoil: Callable[[WithMedia], object], sentence: str
) -> None:
    spoil(content)
    faults = [str(fault) for fault in check(content.write())]
    assert any(sentence in fault for fault in faults), faults
