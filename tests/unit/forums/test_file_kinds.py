"""What a file is, told from its content; what is taken out of pictures; what is refused, and why."""

import io
import zipfile

import pytest
from PIL import Image

from service.errors import InvalidInputError
from service.forums.file_kinds import LONGEST_EDGE, FileKind, clean_name, examine
from tests.files import archive, picture

PLACE = b"GPS-51.1N-17.0E"


@pytest.mark.parametrize(
    ("form", "kind"),
    [("PNG", FileKind.PNG), ("JPEG", FileKind.JPEG), ("WEBP", FileKind.WEBP), ("GIF", FileKind.PNG)],
)
def test_pictures_are_drawn_anew(form: str, kind: FileKind) -> None:
    found = examine(picture(form) + b"<script>behind()</script>")
    assert found.kind is kind
    assert (found.width, found.height) == (40, 30)
    assert b"script" not in found.content
    with Image.open(io.BytesIO(found.content)) as drawn:
        assert (drawn.size, drawn.getpixel((5, 5))[0] > 150) == ((40, 30), True)


def test_place_and_camera_go_and_the_picture_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = PLACE.decode()
    sent = picture("JPEG", exif=exif, comment=PLACE)
    assert PLACE in sent
    found = examine(sent)
    assert PLACE not in found.content
    assert (found.width, found.height) == (30, 40)


def test_only_the_first_picture_of_a_moving_one_is_kept() -> None:
    second = Image.new("RGB", (40, 30), "blue")
    found = examine(picture("GIF", save_all=True, append_images=[second]))
    with Image.open(io.BytesIO(found.content)) as drawn:
        assert getattr(drawn, "n_frames", 1) == 1


def test_a_large_picture_is_made_smaller() -> None:
    found = examine(picture("PNG", size=(3000, 30)))
    assert found.width == LONGEST_EDGE


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7\n...", FileKind.PDF),
        ("zażółć, שלום\n".encode(), FileKind.TEXT),
        (b"\xef\xbb\xbfplain", FileKind.TEXT),
        (archive({"mimetype": FileKind.ODT.media_type, "content.xml": "<x/>"}), FileKind.ODT),
        (archive({"mimetype": FileKind.ODS.media_type, "content.xml": "<x/>"}), FileKind.ODS),
        (archive({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}), FileKind.DOCX),
        (archive({"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"}), FileKind.XLSX),
        (archive({"[Content_Types].xml": "<x/>", "ppt/presentation.xml": "<x/>"}), FileKind.PPTX),
    ],
)
def test_documents_are_known_by_their_content(content: bytes, kind: FileKind) -> None:
    assert examine(content).kind is kind


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file.empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "file.markup"),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?><svg/>", "file.markup"),
        (b"<!-- --><html><script>x()</script>", "file.markup"),
        (b"words first <SCRIPT>x()</SCRIPT>", "file.markup"),
        (b"MZ\x90\x00program", "file.kind"),
        (b"\x7fELF", "file.kind"),
        (b"text with \x00 in it", "file.kind"),
        (b"caf\xe9", "file.kind"),
        (b"\x89PNG\r\n\x1a\nnothing behind", "file.broken"),
        (b"GIF89a<script>x()</script>", "file.broken"),
        (b"\xff\xd8\xff\xe0 cut", "file.broken"),
        (picture("PNG", size=(8000, 7000)), "file.pixels"),
        (b"PK\x03\x04 cut", "file.kind"),
        (archive({"evil.exe": "MZ"}), "file.kind"),
        (archive({"mimetype": "text/html", "a": "b"}), "file.kind"),
        (archive({"mimetype": FileKind.ODT.media_type, "Basic/Standard/x.xml": "x"}), "file.macros"),
        (
            archive({"[Content_Types].xml": "", "word/document.xml": "", "word/vbaProject.bin": "x"}),
            "file.macros",
        ),
        (archive({"[Content_Types].xml": "", **{f"part{n}": "" for n in range(5001)}}), "file.kind"),
    ],
)
def test_what_no_post_takes_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        examine(content)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("notes.pdf", "notes.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\Anna\\plan.docx", "plan.pdf"),
        ("photo\u202egnp.exe", "photognp.pdf"),
        ("a\r\nSet-Cookie: x\x00\x1b.pdf", "a Set-Cookie_ x.pdf"),
        ('"><img src=x>.pdf', "___img src=x_.pdf"),
        ("דף עבודה.pdf", "דף עבודה.pdf"),
        ("zajęcia\u200b.pdf", "zajęcia.pdf"),
        ("CON.pdf", "file CON.pdf"),
        ("...", "file.pdf"),
        ("", "file.pdf"),
        ("x" * 300 + ".pdf", "x" * 80 + ".pdf"),
    ],
)
def test_names_are_cleaned_and_end_as_the_content_does(name: str, cleaned: str) -> None:
    assert clean_name(name, FileKind.PDF) == cleaned


def test_a_bomb_of_an_archive_is_not_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("mimetype", FileKind.ODT.media_type + " " * 50_000_000)
    with pytest.raises(InvalidInputError) as refused:
        examine(packed.getvalue())
    assert refused.value.code == "file.kind"
