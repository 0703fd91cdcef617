"""Reads the form of an exercise out of a page: what it offers, and what it holds."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """The fields by name: what may be chosen (None: anything may be written), and what a browser would send now."""

    offers: dict[str, set[str] | None] = field(default_factory=dict)
    holds: dict[str, str] = field(default_factory=dict)
    required: set[str] = field(default_factory=set)
    longest: dict[str, int] = field(default_factory=dict)
    """How many characters a browser lets one write."""


def read_form(page: str, exercise: str) -> Form:
    """Return the form of an exercise."""
    reader = _Reader()
    _, opening, rest = page.partition(f'id="exercise-{exercise}"')
    reader.feed(f"<article {opening}{rest.partition('</article>')[0]}")
    assert reader.form.offers, f"The page has no form for {exercise}."
    return reader.form


class _Reader(HTMLParser):
    """Reads the article of an exercise; to read all of the page took longer than to make it."""

    def __init__(self) -> None:
        super().__init__()
        self.form = Form()
        self._select = ""
        self._textarea = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        name = values.get("name") or ""
        if "required" in values:
            self.form.required.add(name)
        if values.get("maxlength"):
            self.form.longest[name] = int(values["maxlength"] or 0)
        if tag == "input":
            self._input(name, values)
        elif tag == "select":
            self._select = name
            self.form.offers[name] = set()
        elif tag == "option" and self._select:
            self._value = values.get("value")
            self._is_selected = "selected" in values
            self._words = ""
            if self._value is not None:
                self._option(self._value)
        elif tag == "textarea":
            self._textarea = name
            self.form.offers[name] = None
            self.form.holds[name] = ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "option" and self._select and self._value is None:
            self._option(self._words)
        elif tag == "textarea" and self._textarea:
            self.form.holds[self._textarea] = self.form.holds[self._textarea].removeprefix("\n")
            self._textarea = ""

    def handle_data(self, data: str) -> None:
        if self._textarea:
            self.form.holds[self._textarea] += data
        elif self._select:
            self._words = data

    def _input(self, name: str, values: dict[str, str | None]) -> None:
        value = values.get("value") or ""
        if values.get("type") in {"radio", "checkbox"}:
            offered = self.form.offers.setdefault(name, set())
            assert offered is not None
            offered.add(value)
            if "checked" in values:
                self.form.holds[name] = value
        else:
            self.form.offers[name] = {value} if values.get("type") == "hidden" else None
            self.form.holds[name] = value

    def _option(self, value: str) -> None:
        offered = self.form.offers[self._select]
        assert offered is not None
        if not offered or self._is_selected:
            self.form.holds[self._select] = value
        offered.add(value)
