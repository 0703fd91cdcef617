"""Adds to a YAML file that a person wrote, and leaves the rest of it as it is: comments, order, quotes."""

import json
from collections.abc import Sequence
from typing import Any

import yaml

from service.modules.yaml_source import parse_yaml

LONGEST_LINE = 120


def as_yaml(data: Any) -> str:
    """Return data as an author would write it: no anchors, keys in their order, long text with its line ends."""
    unshared = json.loads(json.dumps(data))
    return yaml.dump(unshared, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=LONGEST_LINE)


def with_added(text: str, name: str, added: Sequence[Any] | dict[str, Any]) -> str:
    """Return the YAML `text` with entries added at the end of the list or mapping that stands under `name`.

    The text has been read by `parse_yaml` without problems, and has the name.
    """
    wanted = parse_yaml(text).data
    wanted[name] = {**wanted[name], **added} if isinstance(added, dict) else [*wanted[name], *added]
    wanted = json.loads(json.dumps(wanted), parse_int=str, parse_float=str)
    changed = _inserted(text, name, added)
    # Whoever wrote the file may have done so in a way that this does not know. Then comments are lost, words are not.
    return changed if parse_yaml(changed).data == _as_text(wanted) else as_yaml(wanted)


class _Dumper(yaml.SafeDumper):
    """Writes text of several lines as such."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    has_lines = "\n" in value.strip() and not any(line != line.rstrip() for line in value.split("\n"))
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if has_lines else None)


_Dumper.add_representer(str, _text)


def _inserted(text: str, name: str, added: Sequence[Any] | dict[str, Any]) -> str:
    root: Any = yaml.compose(text, Loader=yaml.BaseLoader)
    node = next(value for key, value in root.value if key.value == name)
    if node.flow_style:
        inside = yaml.safe_dump(
            list(added) if not isinstance(added, dict) else added,
            default_flow_style=True,
            allow_unicode=True,
            width=100_000,
            sort_keys=False,
        ).strip()[1:-1]
        end = node.end_mark.index - 1
        return f"{text[:end]}{', ' if node.value else ''}{inside}{text[end:]}"
    indent = " " * node.start_mark.column
    lines = "".join(f"{indent}{line}\n" if line else "\n" for line in as_yaml(added).splitlines())
    end = node.end_mark.index
    end = text.rfind("\n", 0, end) + 1 if end < len(text) else end
    before = text[:end] if not end or text[end - 1] == "\n" else f"{text[:end]}\n"
    return before + lines + text[end:]


def _as_text(data: Any) -> Any:
    """Return data as `parse_yaml` gives it: every scalar is text."""
    if isinstance(data, dict):
        return {str(key): _as_text(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_as_text(value) for value in data]
    if isinstance(data, bool):
        return "true" if data else "false"
    return str(data)
