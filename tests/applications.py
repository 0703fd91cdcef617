"""Applications under test share what they compile, once in each process: it was most of what a short test took."""

from collections.abc import Callable
from types import CodeType
from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule


class _Templates(BytecodeCache):
    """Keeps what templates were compiled to for environments of one kind, for as long as their source is the same."""

    def __init__(self) -> None:
        self._kept: dict[tuple[object, ...], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get(_key(bucket))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[_key(bucket)] = bucket.code


def _key(bucket: Bucket) -> tuple[object, ...]:
    environment = bucket.environment
    return type(environment), tuple(environment.extensions), bucket.key, bucket.checksum


class _Rule(Rule):
    """A route whose address is built by a function that a rule of the same words and defaults compiled."""

    builders: dict[str, Callable[..., tuple[str, str]]] = {}  # noqa: RUF012 (kept for all)

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        key = repr((self.rule, self._trace, self.defaults, append_unknown))
        if key not in self.builders:
            self.builders[key] = super()._compile_builder(append_unknown)
        return self.builders[key]


def compile_once() -> None:
    """Let the applications that this process makes from now on share their templates and routes."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Templates()}
    Flask.url_rule_class = _Rule
