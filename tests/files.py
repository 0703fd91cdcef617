"""Files as people send them: small pictures, and documents that are archives."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

from PIL import Image


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30), colour: str = "#c03030", **options: Any) -> bytes:
    """Return a picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, form, **options)
    return written.getvalue()


def archive(parts: Mapping[str, str]) -> bytes:
    """Return an archive with these parts, in their order, not packed."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return written.getvalue()
