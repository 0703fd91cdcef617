"""The files that content is made of: read safely, with every fault kept until all are found."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from marshmallow import Schema, ValidationError

from service.modules.open_places import list_open_places
from service.modules.yaml_source import Document, parse_yaml

MAX_BYTES = 256 * 1024
_KEY = re.compile(r"[a-z0-9-]{1,64}")


def is_key(text: str) -> bool:
    """Say whether this can be the name of a course, a module, a section and so on, the same in every language."""
    return bool(_KEY.fullmatch(text))


class Fault(NamedTuple):
    """Something wrong in a content file, told to its author. `file` is relative to the content folder."""

    file: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.sentence}"


class Sources:
    """A content folder being read. Files are named relative to it, with `/`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.faults: list[Fault] = []

    def add(self, file: str, line: int, sentence: str) -> None:
        """Keep a fault."""
        self.faults.append(Fault(file, line, sentence))

    def read(self, file: str) -> str | None:
        """Return the text of a file, None (and a fault) if it cannot be had. Line ends become `\\n`."""
        content = self.read_bytes(file)
        text = self._decoded(file, content) if content is not None else None
        for line, sentence in list_open_places(text or ""):
            self.add(file, line, sentence)
        return text

    def read_bytes(self, file: str, most: int = MAX_BYTES) -> bytes | None:
        """Return what is in a file, None (and a fault) if it cannot be had."""
        path = self.root / file
        try:
            if not path.resolve().is_relative_to(self.root.resolve()):
                self.add(file, 1, "This file is a link to a place outside the content folder.")
                return None
            if path.exists() and not path.is_file():
                self.add(file, 1, "This is no file.")  # a pipe would keep whoever opens it waiting
                return None
            with path.open("rb") as stream:
                content = stream.read(most + 1)
        except FileNotFoundError:
            self.add(file, 1, "This file is missing.")
            return None
        except (OSError, RuntimeError) as error:  # RuntimeError: a symlink to itself, up to Python 3.12
            self.add(file, 1, f"This file cannot be read: {error}.")
            return None
        if len(content) > most:
            self.add(file, 1, f"This file is larger than {most // 1024} KB.")
            return None
        return content

    def _decoded(self, file: str, content: bytes) -> str | None:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self.add(file, line, "This is not text in UTF-8. Save the file with the encoding UTF-8.")
            return None
        return text.replace("\r\n", "\n").replace("\r", "\n")

    def read_yaml(self, file: str) -> "SourceFile | None":
        """Return a YAML file whose outermost form is a mapping, None (and a fault) for any other."""
        text = self.read(file)
        if text is None:
            return None
        document = parse_yaml(text)
        for line, sentence in document.problems:
            self.add(file, line, sentence)
        if document.data is None:
            return None
        if not isinstance(document.data, dict):
            self.add(file, 1, "This file must consist of lines of the form `name: value`.")
            return None
        return SourceFile(self, file, document)


class SourceFile:
    """A YAML file that was read. Whatever is found wrong in it is kept with the line where it stands."""

    def __init__(self, sources: Sources, file: str, document: Document) -> None:
        self.file = file
        self.data: dict[str, Any] = document.data
        self._sources = sources
        self._document = document

    def add(self, path: Iterable[str | int], sentence: str) -> None:
        """Keep a fault at the value with this path."""
        path = tuple(path)
        self._sources.add(self.file, self.line_of(path), f"{self._name(path)} {sentence}".lstrip())

    def line_of(self, path: Iterable[str | int]) -> int:
        """Return the line of the value with this path."""
        return self._document.line_of(tuple(path))

    def shaped(self, schema: type[Schema], data: Any, path: tuple[str | int, ...] = ()) -> dict[str, Any] | None:
        """Return `data`, the value at `path`, as the schema loads it; None (and its faults) if it does not fit."""
        try:
            shaped: dict[str, Any] = schema().load(data)
        except ValidationError as error:
            for inner, sentence in _flat(error.messages):
                self.add((*path, *inner), sentence)
            return None
        return shaped

    def keys(self, name: str) -> list[str] | None:
        """Return the keys in the list `name`, each once; None if it is no list. The shape tells of other entries.

        With these, reading goes on where the file has faults elsewhere.
        """
        values = self.data.get(name)
        if not isinstance(values, list):
            return None
        return list(dict.fromkeys(value for value in values if isinstance(value, str) and _KEY.fullmatch(value)))

    def check_key(self, folder: str) -> None:
        """Keep a fault if the file's `key` is not the name of its folder."""
        if self.data.get("key", folder) != folder:
            self.add(("key",), f"must be `{folder}`, the name of the folder.")

    def _name(self, path: tuple[str | int, ...]) -> str:
        """Return the path for people; an entry of a list is called by its key, if it has one."""
        names, value = [], self._document.data
        for step in path:
            value = value[step] if isinstance(step, int) or (isinstance(value, dict) and step in value) else None
            key = value.get("key") if isinstance(step, int) and isinstance(value, dict) else None
            names.append(str(key or (step + 1 if isinstance(step, int) else step)))
        return f"`{' > '.join(names)}`" if names else ""


def _flat(messages: Any, path: tuple[str | int, ...] = ()) -> Iterable[tuple[tuple[str | int, ...], str]]:
    if not isinstance(messages, dict):
        for message in messages:
            yield path, message
        return
    for key, inner in messages.items():
        yield from _flat(inner, path if key == "_schema" else (*path, key))
