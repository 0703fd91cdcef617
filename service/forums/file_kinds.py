"""What a file is, told from its content alone; pictures are drawn anew, so that nothing else in them is kept.

Pure: bytes in, bytes out. Refusals are InvalidInputError with the codes of web/forum_files.py.
"""

import io
import re
import unicodedata
import zipfile
from dataclasses import dataclass
from enum import StrEnum

from PIL import Image, ImageOps, UnidentifiedImageError

from service.errors import InvalidInputError

MOST_PIXELS = 50_000_000
LONGEST_EDGE = 2000
"""Pixels; a larger picture is made smaller."""
MOST_PARTS = 5000
"""Of a document that is an archive."""
LONGEST_STEM = 80


class FileKind(StrEnum):
    """The kinds of files that a post takes; the value is the ending of their names."""

    PNG = "png"
    JPEG = "jpg"
    WEBP = "webp"
    PDF = "pdf"
    TEXT = "txt"
    ODT = "odt"
    ODS = "ods"
    ODP = "odp"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"

    @property
    def is_picture(self) -> bool:
        """Say whether a page shows it."""
        return self in PICTURES

    @property
    def may_tell_author(self) -> bool:
        """Say whether its properties may name who wrote it."""
        return self not in PICTURES and self is not FileKind.TEXT

    @property
    def media_type(self) -> str:
        """What browsers are told that it is."""
        return _TYPES[self]


PICTURES = frozenset({FileKind.PNG, FileKind.JPEG, FileKind.WEBP})
_OPEN = "application/vnd.oasis.opendocument."
_OFFICE = "application/vnd.openxmlformats-officedocument."
_TYPES = {
    FileKind.PNG: "image/png",
    FileKind.JPEG: "image/jpeg",
    FileKind.WEBP: "image/webp",
    FileKind.PDF: "application/pdf",
    FileKind.TEXT: "text/plain",
    FileKind.ODT: f"{_OPEN}text",
    FileKind.ODS: f"{_OPEN}spreadsheet",
    FileKind.ODP: f"{_OPEN}presentation",
    FileKind.DOCX: f"{_OFFICE}wordprocessingml.document",
    FileKind.XLSX: f"{_OFFICE}spreadsheetml.sheet",
    FileKind.PPTX: f"{_OFFICE}presentationml.presentation",
}
ACCEPTED = ",".join(f".{ending}" for ending in (*FileKind, "jpeg", "gif"))
"""What the dialog of a browser offers: a help only, the content decides."""

_DRAWN = {"PNG": FileKind.PNG, "JPEG": FileKind.JPEG, "WEBP": FileKind.WEBP, "GIF": FileKind.PNG}
_MAIN_PARTS = {
    "word/document.xml": FileKind.DOCX,
    "xl/workbook.xml": FileKind.XLSX,
    "ppt/presentation.xml": FileKind.PPTX,
}
_MACRO_PARTS = re.compile(r"(^|/)(vbaProject|vbaData)[^/]*$|^(Basic|Scripts)/", re.IGNORECASE)
_MARKUP = re.compile(r"\s*<[a-z!?/]|.{0,1000}<(svg|html|script|!doctype)\b", re.IGNORECASE | re.DOTALL)
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_DEVICE_NAMES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


@dataclass(frozen=True)
class Examined:
    """A file that may be kept. Width and height are in pixels, 0 for what is no picture."""

    kind: FileKind
    content: bytes
    width: int = 0
    height: int = 0


def examine(content: bytes) -> Examined:
    """Return a file as it may be kept. Raise InvalidInputError for what no post takes."""
    if not content:
        raise InvalidInputError("file.empty", "The file is empty.")
    drawn = _picture_format(content)
    if drawn:
        return _draw_anew(content, drawn)
    if content.startswith(b"%PDF-"):
        return Examined(FileKind.PDF, content)
    if content.startswith(b"PK\x03\x04"):
        return Examined(_document_kind(content), content)
    return Examined(FileKind.TEXT, _plain_text(content))


def clean_name(name: str, kind: FileKind) -> str:
    """Return the name of a file without folders, control characters and turned letters, ending as its content does."""
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    plain = "".join(" " if c.isspace() else c for c in last if c.isspace() or unicodedata.category(c)[0] != "C")
    stem = re.sub(r'[<>:"|?*]', "_", plain.rpartition(".")[0] or plain)
    stem = " ".join(stem.split()).strip(". ")[:LONGEST_STEM].strip(". ")
    if not stem or _DEVICE_NAMES.match(stem):
        stem = f"file {stem}".strip()
    return f"{stem}.{kind.value}"


def _picture_format(content: bytes) -> str:
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    return "WEBP" if content[:4] == b"RIFF" and content[8:12] == b"WEBP" else ""


def _draw_anew(content: bytes, form: str) -> Examined:
    """Return the picture drawn from its points: no place, no camera, no second frame, nothing behind its end."""
    try:
        with Image.open(io.BytesIO(content), formats=[form]) as image:
            if image.width * image.height > MOST_PIXELS:
                raise InvalidInputError("file.pixels", "The picture has too many points.")
            image.draft(None, (LONGEST_EDGE, LONGEST_EDGE))
            turned = ImageOps.exif_transpose(image)
            turned.thumbnail((LONGEST_EDGE, LONGEST_EDGE))
            return _saved(turned, _DRAWN[form])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise InvalidInputError("file.pixels", "The picture has too many points.") from error
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError) as error:
        raise InvalidInputError("file.broken", f"The picture cannot be read: {type(error).__name__}") from error


def _saved(image: Image.Image, kind: FileKind) -> Examined:
    form = {FileKind.PNG: "PNG", FileKind.JPEG: "JPEG", FileKind.WEBP: "WEBP"}[kind]
    has_holes = image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info
    plain = image.convert("RGBA" if has_holes and kind is not FileKind.JPEG else "RGB")
    plain.info.clear()
    written = io.BytesIO()
    plain.save(written, form, **({} if kind is FileKind.PNG else {"quality": 85}))
    return Examined(kind, written.getvalue(), plain.width, plain.height)


def _document_kind(content: bytes) -> FileKind:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()
            if len(names) > MOST_PARTS:
                raise InvalidInputError("file.kind", "The archive has too many parts.")
            kind = _open_document(archive) or _office_document(names)
    # RuntimeError: it is encrypted, or packed in a way that is not known.
    except (zipfile.BadZipFile, RuntimeError, ValueError, OSError, EOFError) as error:
        raise InvalidInputError("file.kind", "The archive cannot be read.") from error
    if kind is None:
        raise InvalidInputError("file.kind", "The archive is no document.")
    if any(_MACRO_PARTS.search(name) for name in names if not name.startswith("Thumbnails/")):
        raise InvalidInputError("file.macros", "The document holds programs.")
    return kind


def _open_document(archive: zipfile.ZipFile) -> FileKind | None:
    """Return the kind that an OpenDocument says of itself in its first part, which is short and not packed."""
    first = archive.infolist()[0] if archive.infolist() else None
    if first is None or first.filename != "mimetype" or first.compress_type or first.file_size > 100:
        return None
    said = archive.read(first).decode("ascii", "replace").strip()
    return next((kind for kind in (FileKind.ODT, FileKind.ODS, FileKind.ODP) if kind.media_type == said), None)


def _office_document(names: list[str]) -> FileKind | None:
    if "[Content_Types].xml" not in names:
        return None
    return next((kind for part, kind in _MAIN_PARTS.items() if part in names), None)


def _plain_text(content: bytes) -> bytes:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInputError("file.kind", "The file is of no kind that a post takes.") from error
    if _MARKUP.match(text):
        raise InvalidInputError("file.markup", "The file is a page or a drawing that may hold programs.")
    if _NO_TEXT.search(text):
        raise InvalidInputError("file.kind", "The file is of no kind that a post takes.")
    return text.encode()
