"""Leads from the words of a text to the glossary: the first time that a module names a term, it becomes a link.

Done once, when the content is read. What is linked to stands on the same page, so that nobody leaves what they write.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from service.modules.content import Catalogue, CourseContent, Module, SectionWords
from service.modules.terms import Term, TermWords, written

_TAG = re.compile(r"""(<(?:[^<>"']|"[^"]*"|'[^']*')*>)""")
_NAME = re.compile(r"</?([a-zA-Z0-9]+)")
_LEFT_ALONE = frozenset({"a", "code", "pre", "figure", "svg", "audio", "video", "h2", "h3", "h4", "h5", "h6", "th"})
"""Inside of these nothing becomes a link: links, headings, what is quoted letter by letter, what is drawn."""


def with_term_links(catalogue: Catalogue) -> Catalogue:
    """Return the content with its glossary linked to; each section says which terms it leads to."""
    courses = (_with_links(course, catalogue.terms_of(course.key)) for course in catalogue.courses)
    return replace(catalogue, courses=tuple(courses))


def _with_links(course: CourseContent, terms: Sequence[Term]) -> CourseContent:
    if not terms:
        return course
    finders = {language: _Finder(terms, language) for language in terms[0].words}
    return replace(course, modules=tuple(_linked(module, finders) for module in course.modules))


def _linked(module: Module, finders: Mapping[str, "_Finder"]) -> Module:
    words = {
        language: replace(of_language, sections=finders[language].link_all(of_language.sections))
        for language, of_language in module.words.items()
    }
    return replace(module, words=words)


class _Finder:
    """Finds the terms of a course in texts of one language."""

    def __init__(self, terms: Sequence[Term], language: str) -> None:
        self._words = {term.key: term.words[language] for term in terms}
        forms = [(form, key) for key, words in self._words.items() for form in words.links or words.forms]
        # Where two terms fit, the one of which more letters are written is meant: `mentoring*` before `mentor*`.
        forms.sort(key=lambda one: -len(one[0].replace("*", "")))
        self._keys = [key for _, key in forms]
        self._pattern = re.compile(
            rf"(?<!\w)(?:{'|'.join(f'({written(form)})' for form, _ in forms)})(?!\w)", re.IGNORECASE
        )

    def link_all(self, sections: Sequence[SectionWords]) -> tuple[SectionWords, ...]:
        """Return the sections of a module with the first place of each term in them as a link."""
        found: dict[str, TermWords] = {}
        return tuple(self._linked(section, found) for section in sections)

    def _linked(self, section: SectionWords, found: dict[str, TermWords]) -> SectionWords:
        before = set(found)
        paragraphs = tuple(
            replace(paragraph, html="".join(self._pieces(paragraph.html, found))) for paragraph in section.paragraphs
        )
        news = {key: words for key, words in found.items() if key not in before}
        return replace(section, paragraphs=paragraphs, terms=news)

    def _pieces(self, html: str, found: dict[str, TermWords]) -> Iterator[str]:
        """Give the HTML piece by piece, and add to `found` what became a link."""
        left_alone = 0
        for piece in _TAG.split(html):
            name = _NAME.match(piece)
            if name:
                left_alone += (-1 if piece[1] == "/" else 1) * (name[1].lower() in _LEFT_ALONE)
            yield piece if name or left_alone else self._pattern.sub(lambda match: self._link(match, found), piece)

    def _link(self, match: re.Match[str], found: dict[str, TermWords]) -> str:
        key = self._keys[(match.lastindex or 1) - 1]
        if key in found:
            return match[0]
        found[key] = self._words[key]
        return f'<a class="term" role="doc-glossref" href="#term-{key}">{match[0]}</a>'
