"""Templates of the applications under test, compiled once in each process: most of what a test's first page took."""

from types import CodeType

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket


class _Compiled(BytecodeCache):
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


def compile_once() -> None:
    """Let the applications that this process makes from now on share what templates were compiled to."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Compiled()}
