"""Reads a drawing: an SVG file of a few plain elements, without script, style or anything from elsewhere.

What is not in the lists below is a fault, and only what is in them is written out again (figures.py). Colours come from
classes of figures.css, so that a drawing can be seen in light, in dark, in forced colours and on paper.
"""

import re
from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat

WIDTH = 288
"""One unit is one pixel on a phone 320 px wide: what is drawn to be read there can be read everywhere."""
SHAPES = {
    "circle": ("cx", "cy", "r"),
    "ellipse": ("cx", "cy", "rx", "ry"),
    "line": ("x1", "y1", "x2", "y2"),
    "path": ("d",),
    "polygon": ("points",),
    "polyline": ("points",),
    "rect": ("x", "y", "width", "height", "rx"),
}
LOOKS = frozenset({"box", "dash", "here", "soft", "solid", "thick"})
TEXT_LOOKS = frozenset({"big", "on-solid", "small", "strong"})
ANCHORS = ("start", "middle", "end")
_OPTIONAL = {"class", "rx", "text-anchor", "data-width", "data-lines"}
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_NUMBERS = re.compile(r"[-\d\s.,]+")
_PATH = re.compile(r"[-\d\s.,MmLlHhVvCcSsQqTtAaZz]+")
_NO_WORDS = re.compile(r"[\d\W]+")
_SIZES = {"small": 13.0, "big": 22.0}


@dataclass(frozen=True)
class Shape:
    """A shape with its attributes, checked."""

    name: str
    attributes: dict[str, str]


@dataclass
class Place:
    """Where a label stands: `x` is its start, middle or end as `anchor` says, `y` the middle of its `lines`."""

    line: int
    x: float
    y: float
    anchor: str
    width: float
    lines: int
    looks: frozenset[str]
    text: str = ""
    """The key of the label; or, without letters, what stands there in every language."""

    @property
    def is_label(self) -> bool:
        """Whether each language has words for it."""
        return not _NO_WORDS.fullmatch(self.text)

    @property
    def size(self) -> float:
        """The height of its letters, in units."""
        return next((size for look, size in _SIZES.items() if look in self.looks), 14.0)


@dataclass
class Drawing:
    """An SVG file that was read, with its faults as (line, sentence)."""

    height: float = 0
    parts: list[Shape | Place] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)

    @property
    def labels(self) -> dict[str, list[Place]]:
        """The places of each label."""
        found: dict[str, list[Place]] = {}
        for part in self.parts:
            if isinstance(part, Place) and part.is_label:
                found.setdefault(part.text, []).append(part)
        return found


def read_drawing(svg: str) -> Drawing:
    """Return the drawing. With `problems` it is not to be shown."""
    reader = _Reader()
    try:
        reader.parser.Parse(svg.encode(), True)
    except expat.ExpatError as error:
        reader.drawing.problems.append((error.lineno, f"This is not XML: {expat.ErrorString(error.code)}."))
    except _DoctypeError as error:
        reader.drawing.problems.append((error.line, "A DOCTYPE cannot stand here."))
    return reader.drawing


class _DoctypeError(Exception):
    """A document type may define entities that grow without end: reading stops."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line


class _Reader:
    def __init__(self) -> None:
        self.drawing = Drawing()
        self._open: list[str] = []
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._words

    def _add(self, sentence: str) -> None:
        self.drawing.problems.append((self.parser.CurrentLineNumber, sentence))

    def _doctype(self, *_: object) -> NoReturn:
        raise _DoctypeError(self.parser.CurrentLineNumber)

    def _start(self, name: str, given: dict[str, str]) -> None:
        inside, self._open = list(self._open), [*self._open, name]
        if not inside:
            self._start_svg(name, given)
        elif inside != ["svg"]:
            self._add(f"`<{name}>` stands inside of `<{inside[-1]}>`: all elements stand side by side in `<svg>`.")
        elif name == "text":
            self._start_text(given)
        elif name in SHAPES:
            found = self._checked(name, given, SHAPES[name], LOOKS)
            self.drawing.parts.append(Shape(name, found))
        else:
            self._add(f"`<{name}>` is not used in drawings: they are made of {', '.join(SHAPES)} and text.")

    def _start_svg(self, name: str, given: dict[str, str]) -> None:
        box = re.fullmatch(rf"0 0 {WIDTH} (\d+)", given.get("viewBox", ""))
        if name != "svg" or given.get("xmlns") != "http://www.w3.org/2000/svg" or set(given) != {"xmlns", "viewBox"}:
            self._add('A drawing begins with `<svg xmlns="http://www.w3.org/2000/svg" viewBox="...">` and no more.')
        if not box:
            self._add(f"The viewBox must be `0 0 {WIDTH}` and the height: it is drawn for the narrowest phone.")
        else:
            self.drawing.height = int(box[1])

    def _start_text(self, given: dict[str, str]) -> None:
        names = ("x", "y", "text-anchor", "data-width", "data-lines")
        found = self._checked("text", given, names, TEXT_LOOKS)
        x, y = (float(found.get(name, 0)) for name in ("x", "y"))
        place = Place(
            line=self.parser.CurrentLineNumber,
            x=x,
            y=y,
            anchor=found.get("text-anchor", "start"),
            width=float(found.get("data-width", WIDTH)),
            lines=int(float(found.get("data-lines", 1))),
            looks=frozenset(found.get("class", "").split()),
        )
        left = x - place.width * ANCHORS.index(place.anchor) / 2
        if "data-width" in found and not 0 <= left <= left + place.width <= WIDTH:
            self._add("This text has its place outside of the drawing.")
        self.drawing.parts.append(place)

    def _checked(
        self, name: str, given: dict[str, str], names: tuple[str, ...], looks: frozenset[str]
    ) -> dict[str, str]:
        """Return the attributes that may be used, and tell of the others."""
        found = {}
        for attribute, value in given.items():
            if attribute not in {*names, "class"}:
                self._add(f"`{attribute}` is not used in `<{name}>`. It may have {', '.join(names)} and class.")
            elif attribute == "class" and not looks.issuperset(value.split()):
                self._add(f"`class` is `{value[:60]}`, and may hold {', '.join(sorted(looks))}.")
            elif not _is_fit(attribute, value):
                self._add(f"`{attribute}` is `{value[:60]}`, which does not fit there.")
            else:
                found[attribute] = value
        for attribute in names:
            if attribute not in given and attribute not in _OPTIONAL:
                self._add(f"`<{name}>` lacks `{attribute}`.")
        return found

    def _words(self, words: str) -> None:
        text = self._open[-1:] == ["text"] and self.drawing.parts
        if text and isinstance(text[-1], Place):
            text[-1].text += words
        elif words.strip():
            self._add("Words stand in `<text>`.")

    def _end(self, name: str) -> None:
        self._open.pop()
        place = self.drawing.parts[-1] if name == "text" and self.drawing.parts else None
        if not isinstance(place, Place):
            return
        place.text = place.text.strip()
        if place.is_label and not re.fullmatch(r"[a-z0-9-]{1,64}", place.text):
            self._add(f"`{place.text[:60]}` is not the key of a label; its words stand in en.yaml and the others.")
        elif place.is_label and place.width == WIDTH:
            self._add(f"The label `{place.text}` lacks `data-width`: how much room its words have.")


def _is_fit(attribute: str, value: str) -> bool:
    if attribute == "class":
        return True
    if attribute == "text-anchor":
        return value in ANCHORS
    if attribute == "data-lines":
        return value in {"1", "2", "3", "4", "5"}
    return bool({"points": _NUMBERS, "d": _PATH}.get(attribute, _NUMBER).fullmatch(value))
