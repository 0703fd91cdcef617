"""Turns what people write into HTML that is safe to show: less Markdown than authors have, and the same two walls.

HTML is shown as it was typed, pictures and headings are no part of it, links lead to the web or to an address for
mail. Whatever comes out is cleaned against a list of allowed tags nevertheless.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

_ALLOWED_TAGS = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
_ALLOWED_ATTRIBUTES = {"a": {"href", "target"}, "ol": {"start"}}
_LINK_SCHEMES = {"https", "http", "mailto"}
_WHOLE_ADDRESS = re.compile(r"(https?://|mailto:)[^\s]", re.IGNORECASE)
_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?)\]}'’”»]", re.IGNORECASE)
"""An address as people paste it; the sign that ends the sentence is not part of it."""

_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True}).disable(
    ["image", "heading", "lheading", "html_block", "html_inline", "reference"]
)
# What is no whole address is shown as it was typed: a relative one would lead into the tool.
_markdown.validateLink = lambda url: bool(_WHOLE_ADDRESS.match(url))  # type: ignore[method-assign]


@lru_cache(maxsize=2048)
def render_post(text: str) -> str:
    """Return the HTML of a post."""
    tokens = _markdown.parse(text)
    for token in tokens:
        token.children = list(_with_links(_as_typed(token.children))) if token.children else token.children
        for child in token.children or ():
            if child.type == "link_open":
                child.attrs.pop("title", None)  # it would hide from those without a mouse, or lie about the address
                child.attrSet("target", "_blank")  # other sites refuse to be shown in the frame of the LMS
    return nh3.clean(
        _markdown.renderer.render(tokens, _markdown.options, {}),
        tags=_ALLOWED_TAGS,
        attributes=_ALLOWED_ATTRIBUTES,
        url_schemes=_LINK_SCHEMES,
        link_rel="noopener noreferrer nofollow ugc",
    )


def _as_typed(children: Iterable[Token]) -> Iterator[Token]:
    """Yield the parts of a line: `[words]()`, a link to nowhere that is never asked about, as it was typed."""
    leads_nowhere = False
    for child in children:
        if child.type == "link_open":
            leads_nowhere = not child.attrs["href"]
        yield _text("[" if child.nesting > 0 else "]()") if leads_nowhere and child.tag == "a" else child


def _with_links(children: Iterable[Token]) -> Iterator[Token]:
    """Yield the parts of a line with a link for each address that stands in its text, outside of other links."""
    depth = 0
    for child in children:
        depth += child.nesting if child.tag == "a" else 0
        if child.type != "text" or depth:
            yield child
            continue
        end = 0
        for address in _BARE_ADDRESS.finditer(child.content):
            yield _text(child.content[end : address.start()])
            yield Token("link_open", "a", 1, attrs={"href": _markdown.normalizeLink(address.group())})
            yield _text(address.group())
            yield Token("link_close", "a", -1)
            end = address.end()
        yield _text(child.content[end:])


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)
