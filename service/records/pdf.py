"""Sets a record on paper: as tagged PDF (PDF/UA-1), with its letters in it and the signed JSON attached."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import segno

from service.db import Json
from service.records.rules import as_writable

_TEMPLATE = Path(__file__).parent / "record.typ"


@dataclass(frozen=True)
class Row:
    """A module or an outcome as the sheet shows it; days and versions are words already."""

    title: str
    note: str = ""
    version: str = ""
    on: str = ""


@dataclass(frozen=True)
class Sheet:
    """All words of a sheet, in the one language that it is set in. `name` may be ""."""

    language: str
    is_certificate: bool
    title: str
    name: str
    name_note: str
    description: str
    issuer_name: str
    issued: str
    headers: Sequence[str]
    """Of the columns module, version, day."""
    modules_title: str
    modules: Sequence[Row]
    outcomes_title: str
    outcomes: Sequence[Row]
    check_title: str
    check_words: str
    code_words: str
    offline_words: str
    qr_words: str
    """What the picture of the address is called, for who does not see it."""
    attachment_words: str
    address: str
    code: str
    """As it is printed."""


def render_pdf(sheet: Sheet, credential: Json, *, issued_at: datetime) -> bytes:
    """Return the sheet as PDF/UA-1; the same sheet gives the same bytes."""
    # Only whoever wants a PDF pays for the 80 MB of this library: neither the start of the tool nor its worker does.
    import typst  # noqa: PLC0415

    picture = BytesIO()
    segno.make(sheet.address, error="m").save(picture, kind="svg", xmldecl=False, border=2)
    data = _as_writable(asdict(sheet)) | {
        "date": [issued_at.year, issued_at.month, issued_at.day],
        "qr": picture.getvalue().decode(),
        "credential": json.dumps(credential, ensure_ascii=False, indent=2),
    }
    return typst.compile(
        _TEMPLATE,
        sys_inputs={"sheet": json.dumps(data)},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=int(issued_at.timestamp()),
    )


def _as_writable(data: Any) -> Any:
    """Return the data with all its texts as the typeface can show them: PDF/UA allows no letter without a shape."""
    if isinstance(data, str):
        return as_writable(data)
    if isinstance(data, dict):
        return {name: _as_writable(value) for name, value in data.items()}
    return [_as_writable(value) for value in data] if isinstance(data, (list, tuple)) else data
