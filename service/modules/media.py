"""Pictures, recordings and films in a module: one file for all languages, and in words what it says (S0-03, S4-139).

A film never stands alone: everybody can read what it says and shows, and no completion asks for watching it.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from service.i18n import LANGUAGE_NAMES, translated
from service.i18n import translatable as _
from service.modules.medium import AUDIO, IMAGE, VIDEO, Medium
from service.modules.render import render_block
from service.modules.shapes import MediumShape, MediumWordsShape
from service.modules.sources import SourceFile, Sources

MAX_BYTES = 5 * 1024 * 1024
"""What a phone on a slow line can still load, and what an exported course may hold."""
_TYPES: dict[str, tuple[str, str]] = {
    ".jpg": ("image/jpeg", r"\xff\xd8\xff"),
    ".png": ("image/png", r"\x89PNG\r\n\x1a\n"),
    ".webp": ("image/webp", r"RIFF....WEBP"),
    ".mp3": ("audio/mpeg", r"ID3|\xff[\xe2-\xff]"),
    ".m4a": ("audio/mp4", r"....ftyp"),
    ".ogg": ("audio/ogg", r"OggS"),
    ".wav": ("audio/wav", r"RIFF....WAVE"),
    ".mp4": ("video/mp4", r"....ftyp"),
    ".webm": ("video/webm", r"\x1a\x45\xdf\xa3"),
}
"""What a file with this ending is, and the bytes that it begins with."""
_FILE = re.compile(r"[a-z0-9-]{1,60}(\.[a-z0-9]{3,4})")
_CREDIT = _("%(credit)s. Licence: %(licence)s")
_IN_WORDS = {
    IMAGE: _("What the picture shows"),
    AUDIO: _("All of it to read"),
    VIDEO: _("All of it to read: what is said and what can be seen"),
}


@dataclass(frozen=True)
class MediumInWords:
    """A medium in one language, ready to be shown."""

    medium: Medium
    title: str
    transcript_html: str
    language: str

    def html(self, alternative: str) -> str:
        """Return it as HTML. `alternative` says in one sentence what it shows, or what can be heard."""
        medium = self.medium
        player = f'<figure class="figure is-medium">{self._player(escape(alternative))}'
        if medium.is_decorative:
            return f"{player}{self._credit('figcaption')}</figure>\n"
        words = escape(translated(_IN_WORDS[medium.kind], self.language))
        told = f"<details><summary>{words}</summary>{self.transcript_html}</details>" if self.transcript_html else ""
        caption = f"<strong>{escape(self.title)}</strong>{told}{self._credit('p')}"
        return f"{player}<figcaption>{caption}</figcaption></figure>\n"

    def _player(self, alternative: str) -> str:
        medium, source = self.medium, escape(self.medium.address(self.medium.path))
        if medium.kind == IMAGE:
            return f'<img src="{source}" alt="{alternative}" loading="lazy">'
        label = f'controls preload="none" aria-label="{escape(self.title)}: {alternative}"'
        if medium.kind == AUDIO:
            return f'<audio {label} src="{source}"></audio>'
        return f'<video {label} playsinline src="{source}">{"".join(self._tracks())}</video>'

    def _tracks(self) -> Iterator[str]:
        for language, path in self.medium.captions.items():
            default = " default" if language == self.language else ""
            name = escape(LANGUAGE_NAMES.get(language, language))
            yield (
                f'<track kind="captions" src="{escape(self.medium.address(path))}" srclang="{language}"'
                f' label="{name}"{default}>'
            )

    def _credit(self, tag: str) -> str:
        facts = {"credit": self.medium.credit, "licence": self.medium.licence}
        return f'<{tag} class="credit">{escape(translated(_CREDIT, self.language, **facts))}</{tag}>'


def read_media(sources: Sources, source: SourceFile, folder: str, languages: Sequence[str]) -> dict[str, Medium | None]:
    """Return the media of a module by key, None for one with faults. `source` is its module.yaml."""
    given = source.data.get("media", [])
    found: dict[str, Medium | None] = {}
    for number, data in enumerate(given if isinstance(given, list) else ()):
        header = source.shaped(MediumShape, data, ("media", number))
        key = data.get("key") if isinstance(data, dict) else None
        if not isinstance(key, str):
            continue
        if key in found:
            source.add(("media", number, "key"), f"is `{key}` a second time.")
        found[key] = _read_medium(sources, source, number, folder, header, languages) if header else None
    named = {path.name for one in found.values() if one for path in (one.path, *one.captions.values())}
    for name in sorted(path.name for path in (sources.root / folder / "media").glob("[!.]*")):
        if name not in named and None not in found.values():
            sources.add(f"{folder}/media/{name}", 1, "This file is none of the `media` of module.yaml.")
    return found


def _read_medium(
    sources: Sources, source: SourceFile, number: int, folder: str, header: Mapping[str, Any], languages: Sequence[str]
) -> Medium | None:
    name = header["file"]
    shaped = _FILE.fullmatch(name)
    if not shaped or shaped[1] not in _TYPES:
        endings = ", ".join(_TYPES)
        source.add(("media", number, "file"), f"must be the name of a file in `media/` that ends in one of {endings}.")
        return None
    file = f"{folder}/media/{name}"
    content = sources.read_bytes(file, MAX_BYTES)
    if content is None:
        return None
    kind, begins = _TYPES[shaped[1]]
    if not re.match(begins.encode("latin-1"), content, re.DOTALL):
        sources.add(file, 1, f"This file ends in {shaped[1]}, and holds something else.")
        return None
    is_film = kind.startswith(VIDEO)
    if header["decorative"] and not kind.startswith(IMAGE):
        source.add(("media", number, "decorative"), "is for pictures only.")
    needs_captions = is_film and not header["silent"]
    captions = dict(_read_captions(sources, file, languages)) if needs_captions else {}
    return Medium(
        key=header["key"],
        path=sources.root / file,
        type=kind,
        digest=hashlib.sha256(content + b"".join(one.encode() for _, one in captions.values())).hexdigest()[:32],
        credit=header["credit"],
        licence=header["licence"],
        is_decorative=header["decorative"],
        is_silent=header["silent"],
        captions={language: path for language, (path, _) in captions.items()},
    )


def _read_captions(sources: Sources, file: str, languages: Sequence[str]) -> Iterator[tuple[str, tuple[Path, str]]]:
    for language in languages:
        name = f"{file.rpartition('.')[0]}.{language}.vtt"
        text = sources.read(name)
        if text is None:
            continue
        if not text.startswith("WEBVTT") or "-->" not in text:
            sources.add(name, 1, "These are no captions: the file begins with a line `WEBVTT`, then times and words.")
        yield language, (sources.root / name, text)


def read_media_words(source: SourceFile, media: Mapping[str, Medium | None], language: str) -> dict[str, MediumInWords]:
    """Return the media of a module with the words of its file in one language, without those that have faults."""
    given = source.data.get("media", {})
    found: dict[str, MediumInWords] = {}
    if not isinstance(given, dict):
        return found
    for key in given:
        if key not in media:
            source.add(("media", key), "has words, but module.yaml does not have this medium.")
    for key, medium in media.items():
        words = _read_words(source, medium, given.get(key), language) if medium else None
        if words:
            found[key] = words
    return found


def _read_words(source: SourceFile, medium: Medium, given: Any, language: str) -> MediumInWords | None:
    path = ("media", medium.key)
    if medium.is_decorative:
        if given is not None:
            source.add(path, "is decorative, and needs no words.")
        return MediumInWords(medium, "", "", language)
    if given is None:
        source.add(path, "has no words in this language.")
        return None
    header = source.shaped(MediumWordsShape, given, path)
    if header is None:
        return None
    if not header["transcript"]:
        if medium.kind == IMAGE:
            return MediumInWords(medium, header["title"], "", language)
        source.add((*path, "transcript"), "is missing: all that is said, and what can be seen.")
        return None
    transcript = render_block(header["transcript"])
    for _line, sentence in transcript.problems:
        source.add((*path, "transcript"), f"has a fault: {sentence}")
    return MediumInWords(medium, header["title"], transcript.parts[0].html, language)


def placing_problem(medium: Medium, alternative: str) -> str:
    """Return what is wrong with how a medium stands in a text, "" if nothing is."""
    if medium.is_decorative and alternative:
        return "A decorative picture is placed without words: `![](media:...)`."
    if not medium.is_decorative and not alternative:
        return f"What it shows, or what one hears, is missing, in one sentence: `![...](media:{medium.key})`."
    return ""
