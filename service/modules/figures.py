"""Figures: drawn once for all languages, with labels in each, and written into the page as SVG.

They stand in the page itself, so that they take its colours and its face. Nothing of the author's file is passed on:
what `drawing` read is written anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from service.i18n import direction, translated
from service.i18n import translatable as _
from service.modules.drawing import ANCHORS, WIDTH, Drawing, Place, Shape, read_drawing
from service.modules.render import render_block
from service.modules.shapes import FigureShape, FigureWordsShape
from service.modules.sources import SourceFile, Sources
from service.modules.text_measure import broken

_LEADING = 1.25
_MIDDLE = 0.35
"""How far below its middle the foot of a letter stands, as a share of its height."""
_IN_WORDS = _("What the drawing shows")
_CREDIT = _("Drawing: %(credit)s. Licence: %(licence)s")


@dataclass(frozen=True)
class Figure:
    """A drawing with what is the same in all languages."""

    key: str
    svg: str
    drawing: Drawing
    credit: str
    licence: str
    is_mirrored: bool
    """Whether time runs in it, so that it is turned round where people read from right to left."""
    is_decorative: bool
    """Whether it says nothing, so that whoever does not see it misses nothing."""

    def as_data(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        flags = {"mirrored": self.is_mirrored, "decorative": self.is_decorative}
        return {"svg": self.svg, "credit": self.credit, "licence": self.licence, **flags}


@dataclass(frozen=True)
class FigureWords:
    """What a figure says in one language."""

    title: str
    description_html: str
    labels: Mapping[str, str]


@dataclass(frozen=True)
class FigureInWords:
    """A figure in one language, ready to be drawn."""

    figure: Figure
    words: FigureWords
    language: str

    def html(self, alternative: str) -> str:
        """Return the figure as HTML. `alternative` says in one sentence what it shows."""
        if self.figure.is_decorative:
            return f'<figure class="figure">{self._svg("aria-hidden", "true")}</figure>\n'
        facts = {"credit": self.figure.credit, "licence": self.figure.licence}
        return (
            f'<figure class="figure">{self._svg("role", "img", alternative)}<figcaption>'
            f"<strong>{escape(self.words.title)}</strong>"
            f"<details><summary>{escape(translated(_IN_WORDS, self.language))}</summary>{self.words.description_html}"
            f'<p class="credit">{escape(translated(_CREDIT, self.language, **facts))}</p></details>'
            "</figcaption></figure>\n"
        )

    def _svg(self, name: str, value: str, label: str = "") -> str:
        said = f' aria-label="{escape(label)}"' if label else ""
        way = direction(self.language)
        turned = self.figure.is_mirrored and way == "rtl"
        drawing = self.figure.drawing
        inside = "".join(
            "".join(self._text(part, turned) for part in parts if isinstance(part, Place))
            if is_text
            else _shapes([part for part in parts if isinstance(part, Shape)], turned)
            for is_text, parts in groupby(drawing.parts, lambda part: isinstance(part, Place))
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {drawing.height:g}" direction="{way}"'
            f' {name}="{value}"{said}>{inside}</svg>'
        )

    def _text(self, place: Place, turned: bool) -> str:
        words = self.words.labels.get(place.text, "") if place.is_label else place.text
        lines = _lines(place, words) or [words]
        x = WIDTH - place.x if turned else place.x
        first = place.y + place.size * (_MIDDLE - _LEADING * (len(lines) - 1) / 2)
        spans = "".join(
            f'<tspan x="{x:g}" y="{first + number * place.size * _LEADING:g}">{escape(line)}</tspan>'
            for number, line in enumerate(lines)
        )
        looks = f' class="{" ".join(sorted(place.looks))}"' if place.looks else ""
        return f'<text text-anchor="{self._anchor(place, turned)}"{looks}>{spans}</text>'

    def _anchor(self, place: Place, turned: bool) -> str:
        """Return where the words stand from `x`. Their start is on the right where they run from right to left."""
        if direction(self.language) == "rtl" and not turned:
            return ANCHORS[2 - ANCHORS.index(place.anchor)]
        return place.anchor


def read_figures(sources: Sources, source: SourceFile, folder: str) -> dict[str, Figure | None]:
    """Return the figures of a module by key, None for one with faults. `source` is its module.yaml."""
    given = source.data.get("figures", [])
    found: dict[str, Figure | None] = {}
    for number, data in enumerate(given if isinstance(given, list) else ()):
        header = source.shaped(FigureShape, data, ("figures", number))
        key = data.get("key") if isinstance(data, dict) else None
        if not isinstance(key, str):
            continue
        if key in found:
            source.add(("figures", number, "key"), f"is `{key}` a second time.")
        found[key] = _read_figure(sources, folder, header) if header else None
    for name in sorted(path.name for path in (sources.root / folder / "figures").glob("[!.]*")):
        if name.removesuffix(".svg") not in found or not name.endswith(".svg"):
            sources.add(f"{folder}/figures/{name}", 1, "This file is none of the `figures` of module.yaml.")
    return found


def _read_figure(sources: Sources, folder: str, header: Mapping[str, Any]) -> Figure | None:
    file = f"{folder}/figures/{header['key']}.svg"
    svg = sources.read(file)
    if svg is None:
        return None
    drawing = read_drawing(svg)
    for line, sentence in drawing.problems:
        sources.add(file, line, sentence)
    if header["decorative"]:
        for places in drawing.labels.values():
            sources.add(file, places[0].line, "A decorative drawing has no labels: whoever does not see it loses them.")
    if drawing.problems:
        return None
    flags = {"is_mirrored": header["mirrored"], "is_decorative": header["decorative"]}
    return Figure(header["key"], svg, drawing, header["credit"], header["licence"], **flags)


def read_figure_words(
    source: SourceFile, figures: Mapping[str, Figure | None], language: str
) -> dict[str, FigureInWords]:
    """Return the figures of a module with the words of its file in one language, without those that have faults."""
    given = source.data.get("figures", {})
    found: dict[str, FigureInWords] = {}
    if not isinstance(given, dict):
        return found
    for key in given:
        if key not in figures:
            source.add(("figures", key), "has words, but module.yaml does not have this figure.")
    for key, figure in figures.items():
        words = _read_words(source, key, figure, given.get(key))
        if figure and words:
            found[key] = FigureInWords(figure, words, language)
    return found


def _read_words(source: SourceFile, key: str, figure: Figure | None, given: Any) -> FigureWords | None:
    path = ("figures", key)
    if figure and figure.is_decorative:
        if given is not None:
            source.add(path, "is decorative, and needs no words.")
        return FigureWords("", "", {})
    if given is None:
        source.add(path, "has no words in this language.")
        return None
    header = source.shaped(FigureWordsShape, given, path)
    if header is None:
        return None
    description = render_block(header["description"])
    for _line, sentence in description.problems:
        source.add((*path, "description"), f"has a fault: {sentence}")
    if figure:
        _check_labels(source, figure, header["labels"])
    return FigureWords(header["title"], description.parts[0].html, header["labels"])


def _check_labels(source: SourceFile, figure: Figure, given: Mapping[str, str]) -> None:
    path = ("figures", figure.key, "labels")
    places = figure.drawing.labels
    for label in given:
        if label not in places:
            source.add((*path, label), "is no label of the drawing.")
    for label, where in places.items():
        if label not in given:
            source.add((*path, label), "has no words in this language.")
            continue
        for place in where:
            if _lines(place, given[label]) is None:
                room = f"{place.width:g} units wide" + (f", {place.lines} lines high" if place.lines > 1 else "")
                source.add((*path, label), f"is too long for its place in the drawing, which is {room}.")


def _lines(place: Place, words: str) -> list[str] | None:
    found = broken(words, place.width, place.lines, place.size, is_bold="strong" in place.looks)
    return list(found) if found else None


def _shapes(shapes: list[Shape], turned: bool) -> str:
    inside = "".join(f"<{shape.name}{''.join(map(_attribute, shape.attributes.items()))}/>" for shape in shapes)
    return f'<g transform="translate({WIDTH} 0) scale(-1 1)">{inside}</g>' if turned else inside


def _attribute(named: tuple[str, str]) -> str:
    name, value = named
    return f' {name}="{escape(value)}"'
