"""A picture, a recording or a film, apart from words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ADDRESS = "/media"
"""Below this path browsers get the files."""
IMAGE, AUDIO, VIDEO = "image", "audio", "video"
CAPTIONS_TYPE = "text/vtt"


@dataclass(frozen=True)
class Medium:
    """A file with what is the same in all languages."""

    key: str
    path: Path
    type: str
    """As a browser is told, such as `audio/mpeg`."""
    digest: str
    credit: str
    licence: str
    is_decorative: bool
    is_silent: bool
    """Whether there is nothing to hear in a film."""
    captions: Mapping[str, Path] = field(default_factory=dict)
    """Of a film, by language."""

    @property
    def kind(self) -> str:
        """IMAGE, AUDIO or VIDEO."""
        return self.type.partition("/")[0]

    def address(self, path: Path) -> str:
        """Return where a browser gets the file, or its captions; another content has another address."""
        return f"{ADDRESS}/{self.digest}/{path.name}"

    def as_data(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        flags = {"decorative": self.is_decorative, "silent": self.is_silent}
        return {"file": self.path.name, "digest": self.digest, "credit": self.credit, "licence": self.licence, **flags}
