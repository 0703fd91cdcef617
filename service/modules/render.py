"""Turns an author's Markdown into HTML that is safe to show, and says what cannot be taken.

Two walls: what is not plain Markdown (HTML, pictures, strange links) is a fault of the content and never gets here,
and whatever comes out is cleaned against a list of allowed tags nevertheless.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, Protocol
from urllib.parse import urlsplit

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.container import container_plugin

from service.modules import blocks
from service.modules.content import Paragraph

_HEADING_WITH_KEY = re.compile(r"(?P<text>.*\S)\s*\{#(?P<key>[a-z0-9-]+)\}\s*")
_SHOWN = ("figure", "media")
_LINK_SCHEMES = {"https", "http", "mailto"}
_ALLOWED_ATTRIBUTES = {"a": {"href", "target"}, "ol": {"start"}}
_ALLOWED_TAGS = {
    *("a", "br", "code", "em", "strong"),
    *("blockquote", "hr", "li", "ol", "p", "pre", "ul"),
    *("h2", "h3", "h4", "h5", "h6"),
    *("table", "tbody", "td", "th", "thead", "tr"),
}

_markdown = (
    MarkdownIt("commonmark", {"html": True})
    .enable("table")
    .use(container_plugin, "block", validate=lambda line, _: bool(line.strip()))
)
# HTML and all links are let through to the tokens, so that they can be told to the author instead of vanishing.
_markdown.validateLink = lambda url: True  # type: ignore[method-assign]


class Drawn(Protocol):
    """A figure or medium in the language of the text, as figures.py and media.py have it."""

    def html(self, alternative: str) -> str:
        """Return it as HTML that is safe to show."""


class Placed(NamedTuple):
    """A figure or medium that stands in a text: `![what it shows](figure:key)`."""

    line: int
    kind: str
    key: str
    alternative: str


@dataclass
class Rendered:
    """A part of a Markdown file: its heading, the key after it in braces, and what follows, paragraph by paragraph."""

    heading: str = ""
    key: str = ""
    line: int = 1
    paragraphs: tuple[Paragraph, ...] = ()

    @property
    def html(self) -> str:
        """What stands below the heading, as one piece of HTML."""
        return "".join(paragraph.html for paragraph in self.paragraphs)


@dataclass
class Page:
    """A Markdown text that was read, with its faults as (line, sentence)."""

    parts: list[Rendered] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    placed: list[Placed] = field(default_factory=list)


def render_block(text: str, anchors: Collection[str] = ()) -> Page:
    """Render a text without headings into one part. `anchors` are the keys that a link `#key` may lead to."""
    tokens = _parsed(text)
    page = Page(problems=list(_problems(tokens, anchors)))
    for is_there, what in ((_is_heading, "heading"), (blocks.kind_of, "block")):
        page.problems.extend((_line(token), f"A {what} cannot stand here.") for token in tokens if is_there(token))
    page.parts.append(Rendered(paragraphs=(Paragraph("", _html(tokens), 1),)))
    return page


def render_parts(
    text: str, level: int, anchors: Collection[str] = (), figures: Mapping[tuple[str, str], Drawn] | None = None
) -> Page:
    """Render a text that begins with a heading of `level`, 1 or 2, and is divided by all of them into parts.

    `figures` are those that can be shown in it, and media, by kind and key; None if none may be. Which ones it names is
    in `placed`.
    """
    tokens = _parsed(text)
    page = Page(problems=[*_problems(tokens, anchors, figures is not None), *_heading_problems(tokens, level)])
    page.placed.extend(placed for number in range(len(tokens)) if (placed := _placed(tokens[number : number + 2])))
    page.problems.extend(blocks.block_problems(tokens, text))
    starts = [n for n, token in enumerate(tokens) if _is_heading(token) and _level(token) == level and not token.level]
    for start, end in pairwise([*starts, len(tokens)]):
        heading = _plain(tokens[start + 1])
        with_key = _HEADING_WITH_KEY.fullmatch(heading)
        part = Rendered(heading, "", _line(tokens[start]))
        part.paragraphs = tuple(_paragraphs(tokens[start + 3 : end], text, figures or {}))
        if with_key:
            part.heading, part.key = with_key["text"], with_key["key"]
        page.parts.append(part)
        if not part.paragraphs:
            page.problems.append((part.line, f"Nothing stands below the heading “{part.heading}”."))
    return page


def _parsed(text: str) -> list[Token]:
    tokens = _markdown.parse(text)
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open" and _scheme(child) in {"http", "https"}:
                child.attrSet("target", "_blank")  # other sites refuse to be shown in the frame of the LMS
    return tokens


def _paragraphs(tokens: Sequence[Token], text: str, figures: Mapping[tuple[str, str], Drawn]) -> Iterator[Paragraph]:
    """Give what stands on the lowest level: each paragraph, list, table, heading, block or figure."""
    lines, start = text.splitlines(), 0
    for number, token in enumerate(tokens):
        if token.level or token.nesting > 0:
            continue  # what begins here ends further down
        first, inside = tokens[start], tokens[start : number + 1]
        start = number + 1
        if blocks.kind_of(first):
            inside = inside[1:-1]
        source = "\n".join(lines[slice(*first.map)]) if first.map else ""
        html = _figure(placed, figures) if (placed := _placed(inside)) else _html(inside)
        yield Paragraph(blocks.kind_of(first), html, _line(first), blocks.details_of(first), source)


def _placed(tokens: Sequence[Token]) -> Placed | None:
    """Return the figure that is all there is in the paragraph that begins with these tokens, if there is one."""
    if len(tokens) < 2:
        return None
    paragraph, children = tokens[0], tokens[1].children or []
    if paragraph.type != "paragraph_open" or paragraph.level or [child.type for child in children] != ["image"]:
        return None
    kind, _, key = str(children[0].attrGet("src")).partition(":")
    return Placed(_line(paragraph), kind, key, _plain(children[0]).strip()) if kind in _SHOWN else None


def _figure(placed: Placed, figures: Mapping[tuple[str, str], Drawn]) -> str:
    """Return the figure or medium as HTML; nothing for one with faults, of which the author is told."""
    found = figures.get((placed.kind, placed.key))
    return found.html(placed.alternative) if found else ""


def _html(tokens: Sequence[Token]) -> str:
    return nh3.clean(
        _markdown.renderer.render(tokens, _markdown.options, {}),
        tags=_ALLOWED_TAGS,
        attributes=_ALLOWED_ATTRIBUTES,
        set_tag_attribute_values={"th": {"scope": "col"}},
        url_schemes=_LINK_SCHEMES,
        link_rel="noopener noreferrer",
    )


def _problems(
    tokens: Sequence[Token], anchors: Collection[str], may_have_figures: bool = False
) -> Iterator[tuple[int, str]]:
    line = 1
    for number, block in enumerate(tokens):
        line = _line(block) if block.map else line
        is_figure = may_have_figures and number > 0 and _placed(tokens[number - 1 : number + 1]) is not None
        for token in (block, *(block.children or ())):
            if token.type in {"html_block", "html_inline"}:
                yield line, f"HTML is not allowed: {_short(token.content)}"
            elif token.type == "image" and not is_figure:
                yield (
                    line,
                    "A picture cannot stand here. A figure has its own paragraph in a section: `![...](figure:key)`.",
                )
            elif token.type == "link_open" and not _may_link(token, anchors):
                target = _short(token.attrGet("href"))
                yield line, f"A link cannot lead to {target}: it begins with https:// or mailto:, or names a section."


def _may_link(token: Token, anchors: Collection[str]) -> bool:
    href = str(token.attrGet("href"))
    return href[1:] in anchors if href.startswith("#") else _scheme(token) in _LINK_SCHEMES


def _scheme(token: Token) -> str:
    try:
        return urlsplit(str(token.attrGet("href"))).scheme.lower()
    except ValueError:
        return ""


def _heading_problems(tokens: Sequence[Token], top: int) -> Iterator[tuple[int, str]]:
    marks = "#" * top
    if not tokens or not _is_heading(tokens[0]) or _level(tokens[0]) != top:
        yield 1, f"The text must begin with a heading `{marks} ...`."
    previous = top
    for number, token in enumerate(tokens):
        if not _is_heading(token):
            continue
        level, line = _level(token), _line(token)
        if token.level:
            yield line, "A heading cannot stand inside a quotation, a list or a block."
        elif level < top:
            yield line, f"The highest heading here is `{marks}`."
        elif level > previous + 1:
            yield line, f"A heading `{'#' * level}` cannot follow `{'#' * previous}`: one step at a time."
        if level != top and "{#" in _plain(tokens[number + 1]):
            yield line, f"Only a heading `{marks}` has a key in braces."
        previous = level


def _is_heading(token: Token) -> bool:
    return token.type == "heading_open"


def _level(token: Token) -> int:
    return int(token.tag[1])


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _plain(token: Token) -> str:
    return "".join(" " if child.type == "softbreak" else child.content for child in token.children or ())


def _short(text: object) -> str:
    return f"`{' '.join(str(text).split())[:60]}`"
