"""What a profile holds, when it is complete, and what cannot be taken."""

from dataclasses import dataclass

LANGUAGES = ("ar", "he", "en", "pl", "ru", "uk", "am", "fr", "es", "de")
"""Languages that people may say they can speak about their work in."""
SETTINGS = ("in_person", "online", "both")
"""How people want to meet (S0-34, S4-26)."""
TIMES = ("mornings", "afternoons", "evenings", "weekends")
LONGEST_FIELD = 200
LONGEST_TEXT = 2000


@dataclass(frozen=True)
class Told:
    """What someone tells. `matter`: a mentor's experience and offer, a mentee's need; `field`: of work or interest."""

    languages: tuple[str, ...] = ()
    setting: str = ""
    times: tuple[str, ...] = ()
    field: str = ""
    matter: str = ""
    wishes: str = ""
    """About the other side; may stay empty."""


def list_missing(told: Told) -> tuple[str, ...]:
    """Return the names of what still lacks, in the order of the form."""
    return tuple(name for name in ("languages", "setting", "times", "field", "matter") if not getattr(told, name))


def find_faults(told: Told) -> dict[str, str]:
    """Return what cannot be taken, as codes by name."""
    known = {
        "languages": set(told.languages) <= set(LANGUAGES),
        "setting": told.setting in {"", *SETTINGS},
        "times": set(told.times) <= set(TIMES),
    }
    lengths = {
        "field": len(told.field) <= LONGEST_FIELD,
        "matter": len(told.matter) <= LONGEST_TEXT,
        "wishes": len(told.wishes) <= LONGEST_TEXT,
    }
    unknown = {name: "profile.unknown" for name, is_known in known.items() if not is_known}
    return unknown | {name: "profile.too_long" for name, fits in lengths.items() if not fits}
