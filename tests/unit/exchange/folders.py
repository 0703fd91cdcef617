"""What a folder holds, to tell whether anything in it was changed."""

from pathlib import Path


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file by name."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
