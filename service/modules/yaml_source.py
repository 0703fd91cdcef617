"""Reads a YAML file of an author: plain text, lists and mappings only, each with the line it stands on.

Every scalar stays text (the reader's schema says what is a number), so that the option `no` is not turned into False.
Anchors, aliases and tags are refused before anything is built: a few lines of them can grow to gigabytes or run code.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

MAX_DEPTH = 12
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Written in C where PyYAML was built with it, which reads some twenty times faster."""
_NEEDS_QUOTES = "Text needs quotes if it holds `: ` or ` #` or begins with a sign such as * or @."
_IF_TEXT = "If it is text, put it into quotes."

Path = tuple[str | int, ...]
Problem = tuple[int, str]
"""A line, from 1 on, and a sentence."""


@dataclass
class Document:
    """What a YAML file says. `lines` maps the path of each value to its line."""

    data: Any = None
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line_of(self, path: Path) -> int:
        """Return the line of the value at `path`, or of the nearest one around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse_yaml(text: str) -> Document:
    """Return the document. With `problems` it holds what could be read beside them, which may be nothing."""
    document = Document()
    try:
        document.problems.extend(_refused_events(text))
        root = None if document.problems else yaml.compose(text, Loader=_LOADER)
    except yaml.YAMLError as error:
        document.problems.append(_told(error))
        return document
    if root is None:
        if not document.problems:
            document.problems.append((1, "This file is empty."))
        return document
    document.data = _built(root, (), document)
    return document


def _refused_events(text: str) -> Iterator[Problem]:
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            yield line, f"`*{event.anchor}` is a YAML alias, and these are not used here. {_IF_TEXT}"
            continue
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            yield line, f"`&{anchor}` is a YAML anchor, and these are not used here. {_IF_TEXT}"
        if tag:
            yield line, f"`{tag}` is a YAML tag, and these are not used here. {_IF_TEXT}"
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                yield line, f"Lists and mappings are nested more than {MAX_DEPTH} deep here."
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _told(error: yaml.YAMLError) -> Problem:
    """Return a sentence for the author. YAML counts lines from 0."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context
        return mark.line + 1 if mark else 1, f"This is not YAML: {what}. {_NEEDS_QUOTES}"
    if isinstance(error, yaml.reader.ReaderError):
        return 1, f"This is not YAML: the character {error.character!r} may not be in it."
    return 1, f"This is not YAML: {error}."


def _built(node: yaml.Node, path: Path, document: Document) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _built_mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_built(item, (*path, number), document) for number, item in enumerate(node.value)]
    return node.value


def _built_mapping(node: yaml.MappingNode, path: Path, document: Document) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            document.problems.append((line, "A name before the colon must be plain text."))
            continue
        key = key_node.value
        if key in mapping:
            first = document.lines[(*path, key)]
            document.problems.append((line, f"`{key}` is here twice; the first time on line {first}."))
            continue
        document.lines[(*path, key)] = line
        mapping[key] = _built(value_node, (*path, key), document)
    return mapping
