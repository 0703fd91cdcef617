"""Fields that content files are made of, with messages that an author understands. Built on marshmallow."""

import re
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

MISSING = "is missing."


class Shape(Schema):
    """The shape of one mapping in a content file; a name that it does not know is a fault."""

    error_messages = {  # noqa: RUF012 (marshmallow reads it from the class)
        "unknown": "is not known here. Is it misspelt?",
        "type": "must consist of lines of the form `name: value`.",
    }


class Markdown(fields.String):
    """Words for people, in Markdown: never empty; blanks around them are dropped."""

    default_error_messages = {"required": MISSING, "invalid": "must be text."}  # noqa: RUF012 (as above)

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", True)
        super().__init__(**options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = str(super()._deserialize(value, attr, data, **kwargs)).strip()
        if not text:
            raise ValidationError("is empty.")
        return text


class Text(Markdown):
    """Words for people that are shown as they stand."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=self._check, **options)

    @staticmethod
    def _check(text: str) -> None:
        if re.search(r"\*\*|\]\(|</?[a-z]", text):
            raise ValidationError("is shown as it stands: neither Markdown nor HTML works here.")


class Key(fields.String):
    """A name that stays the same in all languages, such as `who-leads`."""

    default_error_messages = {"required": MISSING, "invalid": "must be a key."}  # noqa: RUF012 (as above)

    def __init__(self, longest: int = 64, **options: Any) -> None:
        rule = f"must be a key: 1 to {longest} small Latin letters, digits and hyphens."
        options.setdefault("required", True)
        super().__init__(validate=validate.Regexp(rf"[a-z0-9-]{{1,{longest}}}$", error=rule), **options)


class Number(fields.Float):
    """A number above zero, with at most two decimals, so that a mark can be shown as it is."""

    default_error_messages = {  # noqa: RUF012 (as above)
        "required": MISSING,
        "invalid": "must be a number.",
        "special": "must be a number.",
    }

    def __init__(self, **options: Any) -> None:
        super().__init__(required=True, validate=self._check, **options)

    @staticmethod
    def _check(number: float) -> None:
        if not 0 < number <= 1000 or round(number, 2) != number:
            raise ValidationError("must be a number above 0, up to 1000, with at most two decimals.")


class Whole(fields.Integer):
    """A whole number from `lowest` on."""

    default_error_messages = {"required": MISSING, "invalid": "must be a whole number."}  # noqa: RUF012 (as above)

    def __init__(self, highest: int = 10_000, lowest: int = 1, **options: Any) -> None:
        rule = f"must be a whole number from {lowest} to {highest}."
        options.setdefault("required", True)
        super().__init__(validate=validate.Range(lowest, highest, error=rule), **options)


class Share(fields.Float):
    """How much of the marks something earns: from 0 for nothing to 1 for all."""

    default_error_messages = Number.default_error_messages

    def __init__(self) -> None:
        super().__init__(required=True, validate=self._check)

    @staticmethod
    def _check(number: float) -> None:
        if not 0 <= number <= 1 or round(number, 2) != number:
            raise ValidationError("must be a number from 0 to 1, with at most two decimals.")


class YesNo(fields.Boolean):
    """`yes` or `no`; `no` if it is left out."""

    default_error_messages = {"invalid": "must be yes or no."}  # noqa: RUF012 (as above)

    def __init__(self) -> None:
        super().__init__(truthy={"yes", "true"}, falsy={"no", "false"}, load_default=False)


class Listed(fields.List[Any]):
    """A list with its least and greatest length, no text in it twice."""

    default_error_messages = {"required": MISSING, "invalid": "must be a list."}  # noqa: RUF012 (as above)

    def __init__(self, item: fields.Field[Any], least: int = 1, most: int = 500, **options: Any) -> None:
        options.setdefault("required", True)
        super().__init__(item, validate=[_has_length(least, most), _has_no_double], **options)


class Keyed(fields.Dict):
    """A mapping of keys to values of one kind; its faults are told under the key where they are."""

    default_error_messages = {  # noqa: RUF012 (as above)
        "required": MISSING,
        "invalid": "must consist of lines of the form `key: ...`.",
    }

    def __init__(self, value: fields.Field[Any], least: int = 0, most: int = 500, **options: Any) -> None:
        options.setdefault("required", True)
        super().__init__(keys=Key(), values=value, validate=_has_length(least, most), **options)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        try:
            return super()._deserialize(value, attr, data, **kwargs)  # type: ignore[no-untyped-call]
        except ValidationError as error:
            if not isinstance(error.messages, dict):
                raise
            found = {key: sides.get("key") or sides["value"] for key, sides in error.messages.items()}
            raise ValidationError(found, valid_data=error.valid_data) from error


def _has_length(least: int, most: int) -> validate.Length:
    rule = f"must have {least} to {most} entries, and has {{input_length}}."
    return _CountedLength(least, most, error=rule)


class _CountedLength(validate.Length):
    """Says how many entries there are, which marshmallow's own does not."""

    def _format_error(self, value: Any, message: str) -> str:
        return (self.error or message).format(input_length=len(value))


def _has_no_double(values: list[Any]) -> None:
    doubles = sorted({value for value in values if isinstance(value, str) and values.count(value) > 1})
    if doubles:
        raise ValidationError(f"holds {', '.join(doubles)} more than once.")
