"""An archive that someone made: what is plain comes out, whatever is meant to harm does not."""

import io
import stat
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.errors import InvalidInputError
from service.exchange import archives
from service.exchange.archives import pack, unpack

FILES = {"catalog.yaml": b"courses: [a]", "a/course.yaml": b"key: a", "a/m/he.md": "## שלום".encode()}


def made(*entries: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry, content in entries:
            archive.writestr(entry, content)
    return stream.getvalue()


def link(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return entry


def test_what_is_packed_comes_out_and_is_the_same_each_time() -> None:
    assert unpack(pack(FILES)) == FILES
    assert pack(FILES) == pack(dict(reversed(FILES.items())))


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (made(("../a.yaml", b"")), "archive.name"),
        (made(("/etc/passwd", b"")), "archive.name"),
        (made(("C:/a.yaml", b"")), "archive.name"),
        (made(("a\\..\\b.yaml", b"")), "archive.name"),
        (made(("a//b.yaml", b"")), "archive.name"),
        (made(("a/.git/hooks", b"")), "archive.name"),
        (made(("a/b\u202ec.yaml", b"")), "archive.name"),
        (made(("a/" + "b" * 250, b"")), "archive.name"),
        (made(("a", b""), ("a/b", b"")), "archive.name"),
        (made(("a/B.yaml", b""), ("a/b.yaml", b"")), "archive.twice"),
        (made((link("a/b.yaml"), b"/etc/passwd")), "archive.link"),
        (made(("a/bomb.md", b"0" * 1_000_000)), "archive.bomb"),
        (made(*((f"a/{number}", b"") for number in range(archives.MOST_FILES + 1))), "archive.too_many"),
        (b"PK\x03\x04 and no more", "archive.broken"),
        (b"", "archive.broken"),
        (b"0" * (archives.MOST_BYTES + 1), "archive.too_large"),
    ],
)
def test_what_could_harm_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        unpack(content)
    assert caught.value.code == code


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="twice"):
        unpack(made(("a/b.yaml", b"1"), ("a/b.yaml", b"2")))


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_IN_FILE", 10)
    with pytest.raises(InvalidInputError, match="MB"):
        unpack(made(("a/b", b"12345678901")))
    monkeypatch.setattr(archives, "MOST_UNPACKED", 15)
    with pytest.raises(InvalidInputError, match="unpack"):
        unpack(made(("a/b", b"1234567890"), ("a/c", b"1234567890")))


def test_a_size_that_is_not_true_is_not_believed() -> None:
    honest = made(("a/b", b"x" * 500))
    lying = honest.replace((500).to_bytes(4, "little"), (20).to_bytes(4, "little"))
    assert lying != honest
    with pytest.raises(InvalidInputError):
        unpack(lying)


@given(st.data())
@settings(deadline=None, max_examples=60)
def test_a_damaged_archive_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(pack(FILES))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    refused = None
    try:
        unpack(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except InvalidInputError as error:
        refused = error
    assert refused is None or refused.code.startswith("archive.")
