"""What people type, as it is kept: the same for every form."""

import re
import unicodedata

_OTHER_SPACES = re.compile(r"[^\S\n\t ]")
_INVISIBLE = re.compile("[\u200b\u202a-\u202e\u2060-\u2069\ufeff]")
"""What shows nothing, and turns or hides what stands around it (UX H18). The two marks for one place in a line, which
Hebrew keyboards have, stay."""


def clean_text(text: str) -> str:
    """Return a text without line ends of Windows, control characters and marks that turn what stands around them.

    What PostgreSQL refuses, NUL and halves of surrogates, is gone; other spaces are plain ones, and none are around it.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    plain = _INVISIBLE.sub("", _OTHER_SPACES.sub(" ", lines))
    return "".join(c for c in plain if c in "\n\t" or unicodedata.category(c) not in {"Cc", "Cs"}).strip()


def clean_line(text: str) -> str:
    """Return a text on one line, cleaned, with one space between words."""
    return " ".join(clean_text(text).split())
