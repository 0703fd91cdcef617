"""What staff can place in a course of the LMS: the list that a picker shows, and each entry as an item for the LMS."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from flask_babel import gettext

from lti.deep_linking import ContentItem, LineItem
from service.forums.rules import PLANS, Purpose, is_for_staff
from service.grades.delivery import TAG
from service.i18n import fold
from service.modules import rules
from service.modules.content import Catalogue, CourseContent, Module
from service.people.models import LEARNING_ROLES, Role
from service.placing import CONTENT, CONTEXT_HISTORY, LINK_HISTORY, SCORE_MAXIMUM
from service.web.forum_words import forum_about, forum_title

LONGEST_TITLE = 255


@dataclass(frozen=True)
class Offer:
    """One thing that a link can show. `minutes` is 0 where none are known; `parts` are the exercises of a module."""

    content: str
    title: str
    text: str
    minutes: int = 0
    searched: str = ""
    """What a search looks through, folded: the titles in all languages, so that any of them finds it."""
    parts: tuple["Offer", ...] = ()

    @property
    def is_graded(self) -> bool:
        """Say whether the gradebook gets a column for it."""
        return rules.is_graded(self.content)


@dataclass(frozen=True)
class Group:
    """Offers under one heading."""

    title: str
    offers: tuple[Offer, ...]


def list_groups(catalogue: Catalogue, language: str, *, has_network: bool) -> list[Group]:
    """Return all that can be placed: our pages, the forums, then each course with its modules and their exercises.

    `has_network`: whether coordinators of several courses have a forum there (see forums.access).
    """
    pages = Group(gettext("Pages"), tuple(_pages()))
    forums = Group(gettext("Forums"), tuple(_forums(has_network=has_network)))
    return [pages, forums, *(_course(course, language) for course in catalogue.courses)]


def search(groups: Iterable[Group], query: str, kept: Collection[str]) -> list[Group]:
    """Return what matches all words of `query`, and what is in `kept` in any case; empty groups go."""
    words = fold(query).split()
    found = []
    for group in groups:
        offers = [offer for offer in (_narrow(offer, words, kept) for offer in group.offers) if offer]
        if offers:
            found.append(replace(group, offers=tuple(offers)))
    return found


def list_chosen(groups: Iterable[Group], contents: Collection[str]) -> list[Offer]:
    """Return the offers with these keys, in the order of the list; keys that are no offer are passed over."""
    return [offer for offer in _all_offers(groups) if offer.content in contents]


def make_item(offer: Offer, role: Role | None, launch_url: str) -> ContentItem:
    """Return the link that shows `offer`, and gives a newcomer `role` (no role goes with a page for staff)."""
    custom = {
        CONTENT: offer.content,
        LINK_HISTORY: "$ResourceLink.id.history",
        CONTEXT_HISTORY: "$Context.id.history",
    }
    title = offer.title
    if role is not None and not _is_for_staff(offer.content):
        custom["role"] = role.value
        title = _home_title(role) if offer.content == "home" else title
    title = title[:LONGEST_TITLE]
    return ContentItem(
        url=launch_url,
        title=title,
        text=offer.text,
        custom=custom,
        line_item=LineItem(title, SCORE_MAXIMUM, offer.content, TAG) if offer.is_graded else None,
    )


def read_role(value: str) -> Role | None:
    """Return the learners' role that a form names, None for anything else."""
    return Role(value) if value in set(LEARNING_ROLES) else None


def _pages() -> Iterator[Offer]:
    pages = [
        ("home", gettext("MentorReady: start here"), gettext("What to learn, how far one is, what is missing.")),
        ("readiness", gettext("My readiness"), gettext("What is done and what is missing until one is ready.")),
        (
            "board",
            gettext("Who is ready?"),
            gettext("For coordinators: everyone, with what each still needs."),
        ),
        ("pairing", gettext("Pairing"), gettext("For coordinators; learners see their home page instead.")),
    ]
    for content, title, text in pages:
        yield Offer(content, title, text, searched=fold(f"{title} {text}"))


def _forums(*, has_network: bool) -> Iterator[Offer]:
    for key, plan in PLANS.items():
        if plan.purpose is Purpose.NETWORK and not has_network:
            continue
        title, text = forum_title(key), forum_about(key)
        yield Offer(f"{rules.FORUM_PREFIX}{key}", title, text, searched=fold(f"{title} {text}"))


def _is_for_staff(content: str) -> bool:
    forum_key = rules.find_forum_key(content)
    return is_for_staff(forum_key) if forum_key else content in {"board", "pairing"}


def _home_title(role: Role) -> str:
    return {
        Role.MENTOR: gettext("MentorReady for mentors: start here"),
        Role.YOUTH_WORKER: gettext("MentorReady for youth workers: start here"),
        Role.MENTEE: gettext("MentorReady for mentees: start here"),
    }[role]


def _course(course: CourseContent, language: str) -> Group:
    words = course.words[language]
    whole = Offer(
        f"{rules.COURSE_PREFIX}{course.key}",
        words.title,
        gettext("The home page with just the modules of this training."),
        minutes=sum(module.minutes for module in course.modules),
        searched=fold(" ".join(found.title for found in course.words.values())),
    )
    return Group(words.title, (whole, *(_module(module, language) for module in course.modules)))


def _module(module: Module, language: str) -> Offer:
    words = module.words[language]
    parts = [_exercise(module, exercise.key, language) for exercise in module.exercises]
    return Offer(
        f"{rules.MODULE_PREFIX}{module.key}",
        words.title,
        words.goal,
        minutes=module.minutes,
        searched=fold(" ".join(f"{found.title} {found.goal}" for found in module.words.values())),
        parts=tuple(part for part in parts if len(part.content) <= rules.LONGEST_CONTENT),
    )


def _exercise(module: Module, key: str, language: str) -> Offer:
    return Offer(
        rules.exercise_content(module.key, key),
        module.words[language].exercises[key].title,
        gettext("One exercise of the module “%(module)s”.", module=module.words[language].title),
        searched=fold(" ".join(found.exercises[key].title for found in module.words.values())),
    )


def _narrow(offer: Offer, words: Collection[str], kept: Collection[str]) -> Offer | None:
    """Return the offer with those parts that match; all of them if it matches itself, None if nothing does."""
    if all(word in offer.searched for word in words):
        return offer
    parts = tuple(part for part in (_narrow(part, words, kept) for part in offer.parts) if part)
    return replace(offer, parts=parts) if parts or offer.content in kept else None


def _all_offers(groups: Iterable[Group]) -> Iterator[Offer]:
    for group in groups:
        for offer in group.offers:
            yield offer
            yield from offer.parts
