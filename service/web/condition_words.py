"""A condition of the gate as a page shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ConditionWords:
    """A condition as a page shows it; `href` leads to the act, for whoever can do it."""

    state: str
    title: str
    evidence: str
    href: str
    act: str
    who: str = ""
    """Who decides or can help, and who may waive it."""
    parts: tuple["ConditionWords", ...] = ()
    """What a group is made of."""
    known_href: str = ""
    """Where someone says that they know a module already."""
