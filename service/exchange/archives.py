"""Zip archives: written so that the same files give the same bytes, read as something that a stranger made."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Collection, Mapping

from service.errors import InvalidInputError

MOST_BYTES = 20 * 1024 * 1024
"""Of an archive, packed."""
MOST_UNPACKED = 50 * 1024 * 1024
MOST_IN_FILE = 5 * 1024 * 1024
MOST_FILES = 2000
MOST_RATIO = 100
"""How many times larger a file may become; text that people write grows some ten times."""
LONGEST_NAME = 200
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*){0,5}")
_FIRST_DAY = (1980, 1, 1, 0, 0, 0)
_MAY_BE_ENCRYPTED = 0x1


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return an archive of these files, by name; the same files give the same bytes, today and tomorrow."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _FIRST_DAY)
            entry.create_system, entry.external_attr = 3, (stat.S_IFREG | 0o644) << 16
            archive.writestr(entry, files[name], zipfile.ZIP_DEFLATED, 9)
    return stream.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """Return the files of an archive by name. Raise InvalidInputError for one that is broken, or no gift.

    Names are plain and relative; two that a file system could take for one are refused, as are links, whatever is
    encrypted, and what grows too large or too fast.
    """
    if len(content) > MOST_BYTES:
        raise _refused("too_large", f"The archive has more than {MOST_BYTES // 1024**2} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check_names([entry.filename for entry in entries])
            for entry in entries:
                _check_entry(entry)
            _check_sum(entries)
            return {entry.filename: _read(archive, entry) for entry in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        raise _refused("broken", f"This is no zip archive that can be read: {error}.") from error


def _check_names(names: Collection[str]) -> None:
    if len(names) > MOST_FILES:
        raise _refused("too_many", f"The archive holds more than {MOST_FILES} files.")
    seen: set[str] = set()
    for name in names:
        if len(name) > LONGEST_NAME or not _NAME.fullmatch(name):
            raise _refused("name", f"The archive holds a file with a name that cannot be taken: {name[:80]!r}.")
        if name.lower() in seen:
            raise _refused("twice", f"The archive holds {name!r} twice; capital letters make no difference here.")
        seen.add(name.lower())
    folders = {name.rpartition("/")[0] for name in seen}
    for name in seen:
        if any(folder == name or folder.startswith(f"{name}/") for folder in folders):
            raise _refused("name", f"In the archive {name!r} is a file and a folder.")


def _check_entry(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise _refused("link", f"In the archive {entry.filename!r} is a link or something else that is no file.")
    if entry.flag_bits & _MAY_BE_ENCRYPTED:
        raise _refused("encrypted", f"In the archive {entry.filename!r} is encrypted.")
    if entry.file_size > MOST_IN_FILE:
        raise _refused("too_large", f"{entry.filename!r} has more than {MOST_IN_FILE // 1024**2} MB.")
    if entry.file_size > MOST_RATIO * max(entry.compress_size, 100):
        raise _refused("bomb", f"{entry.filename!r} would grow more than {MOST_RATIO} times.")


def _check_sum(entries: Collection[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise _refused("too_large", f"The archive would unpack to more than {MOST_UNPACKED // 1024**2} MB.")


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """Return what a file holds; what it says of its size is not believed."""
    with archive.open(entry) as stream:
        content = stream.read(entry.file_size + 1)
    if len(content) != entry.file_size:
        raise _refused("broken", f"{entry.filename!r} is not as large as the archive says.")
    return content


def _refused(code: str, sentence: str) -> InvalidInputError:
    return InvalidInputError(f"archive.{code}", sentence)
