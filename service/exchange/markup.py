"""Turns what another system shows into what content here may hold: Markdown without HTML, and plain text."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdownify import MarkdownConverter

from service.exchange.questions import Format, Rich
from service.modules.render import render_block

_MEDIA = re.compile(r"<(img|audio|video|iframe|object|embed|svg|canvas|math)\b", re.IGNORECASE)
_FORMULA = re.compile(r"\\\(|\\\[|\$\$")
_STYLED = re.compile(r"<(?!/?(?:p|br|span|div)\b)/?[a-z]", re.IGNORECASE)
_BLOCK = re.compile(r"<(?:br|/?(?:p|div|li|tr|td|th|h[1-6]))\b", re.IGNORECASE)
_PARAGRAPH_END = re.compile(r"</(?:p|div|li|tr|h[1-6])>|<br\b[^<>]*>", re.IGNORECASE)
_NOT_IN_TEXT = ((re.compile(r"\*(?=\*)"), "* "), (re.compile(r"\](?=\()"), "] "), (re.compile(r"<(?=/?[a-z])"), "< "))
"""What `Text` would refuse, since it looks like Markdown or HTML."""
_TAGS = {"a", "b", "blockquote", "br", "code", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "li", "ol", "p"}
_TAGS |= {"pre", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}
_DEEPEST = 40
_JOINERS = "\u200c\u200d"
"""Without these, letters of some scripts and pictures made of several fall apart."""

_markdown = MarkdownIt("commonmark", {"html": True}).enable("table")


@dataclass(frozen=True)
class Taken:
    """A text as it is here, and what of it was lost, in words that follow “without”."""

    text: str
    losses: tuple[str, ...] = ()


class _Converter(MarkdownConverter):
    """Writes no headings, which the text of an exercise does not have."""

    def convert_hN(self, n: int, el: Any, text: str, parent_tags: set[str]) -> str:  # noqa: N802 (the library's name)
        """Write a heading as a paragraph in bold."""
        return f"\n\n**{text.strip()}**\n\n" if text.strip() else ""


def as_markdown(rich: Rich) -> Taken:
    """Return the text as Markdown that the content may hold."""
    source = _as_html(rich)
    losses = [*_media(source)]
    cleaned = nh3.clean(
        source,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    if "<a" in source.lower() and cleaned.count("<a href=") < source.lower().count("<a "):
        losses.append("links that lead to files, or nowhere")
    written = _converted(cleaned) if _depth(cleaned) <= _DEEPEST else ""
    if not written or render_block(written).problems or "\0" in written:
        plain = _plain(source)
        written = re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", plain)
        if plain and _STYLED.search(cleaned):
            losses.append("the form of its text")
    return Taken(written.strip(), tuple(losses))


def as_text(rich: Rich) -> Taken:
    """Return the text as one that is shown as it stands."""
    source = _as_html(rich)
    losses = [*_media(source)]
    if _STYLED.search(source):
        losses.append("bold, lists and the like where only plain text can stand")
    text = _plain(source)
    for looks_like, instead in _NOT_IN_TEXT:
        text = looks_like.sub(instead, text)
    return Taken(text, tuple(losses))


def as_lines(rich: Rich) -> Taken:
    """Return the text as `as_text` does, with an empty line between its paragraphs."""
    taken = as_text(rich)
    paragraphs = [as_text(Rich(part)).text for part in _PARAGRAPH_END.split(_as_html(rich))]
    return Taken("\n\n".join(text for text in paragraphs if text), taken.losses)


def _as_html(rich: Rich) -> str:
    text = "".join(_kept(letter) for letter in rich.text)
    if rich.format is Format.PLAIN:
        return html.escape(text, quote=False).replace("\n", "<br>\n")
    if rich.format is Format.MARKDOWN:
        return str(_markdown.render(text))
    return text.strip().replace("\n", "<br>\n") if rich.format is Format.MOODLE else text


def _kept(letter: str) -> str:
    """Return the letter, a blank for any other kind of space, nothing for what steers terminals or directions."""
    if letter.isspace():
        return letter if letter in "\n\t" else " "
    return letter if letter.isprintable() or letter in _JOINERS else ""


def _media(source: str) -> Iterator[str]:
    if _MEDIA.search(source):
        yield "pictures, sound or film in its text"
    if _FORMULA.search(source):
        yield "the form of its formulas"


def _depth(cleaned: str) -> int:
    """Return how deep elements stand in each other; the HTML is well formed."""
    deepest = depth = 0
    for tag in re.finditer(r"<(/?)(?!br\b|hr\b)[a-z]", cleaned):
        depth += -1 if tag[1] else 1
        deepest = max(deepest, depth)
    return deepest


def _converted(cleaned: str) -> str:
    written = str(_Converter(bullets="-", escape_misc=True, newline_style="backslash").convert(f"<div>{cleaned}</div>"))
    return re.sub(r"\n{3,}", "\n\n", written).strip()


def _plain(source: str) -> str:
    """Return the words alone, on one line."""
    spaced = _BLOCK.sub(" \\g<0>", source)
    return " ".join(html.unescape(nh3.clean(spaced, tags=set())).split())
