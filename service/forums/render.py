"""Turns what people write into HTML that is safe to show: less Markdown than authors have, and the same two walls.

HTML is shown as it was typed, pictures and headings are no part of it, links lead to the web or to an address for
mail. Whatever comes out is cleaned against a list of allowed tags nevertheless.
"""

import re
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

_ALLOWED_TAGS = {"a", "blockquote", "br", "code", "em", "hr", "li", "ol", "p", "pre", "strong", "ul"}
_ALLOWED_ATTRIBUTES = {"a": {"href", "target"}, "ol": {"start"}}
_LINK_SCHEMES = {"https", "http", "mailto"}
_WHOLE_ADDRESS = re.compile(r"(https?://|mailto:)[^\s]", re.IGNORECASE)

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
