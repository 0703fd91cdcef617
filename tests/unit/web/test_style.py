"""The style sheets: contrast of every pair of colours in use, one sheet for both directions, nothing from elsewhere."""

import re
from pathlib import Path

import pytest

from tests.unit.web.conftest import WEB

STATIC = WEB / "static"
SHEETS = sorted(STATIC.glob("*.css"))
WORDS = 4.5
PARTS = 3.0
GROUNDS = ["paper", "surface", "sunk"]
PAIRS = [
    *[("ink", ground, WORDS) for ground in [*GROUNDS, "act-soft", "here-soft"]],
    *[("ink-soft", ground, WORDS) for ground in [*GROUNDS, "here-soft"]],
    *[("act", ground, WORDS) for ground in ["paper", "surface", "here-soft"]],
    *[("act-strong", ground, WORDS) for ground in ["paper", "surface", "act-soft"]],
    ("on-act", "act", WORDS),
    ("on-act", "act-strong", WORDS),
    ("paper", "ink", WORDS),
    *[("here", ground, WORDS) for ground in ["here-soft", "surface", "paper"]],
    *[(state, f"{state}-soft", WORDS) for state in ["met", "open", "waiting", "waived", "expired", "alarm"]],
    ("alarm", "paper", WORDS),
    *[("line-strong", ground, PARTS) for ground in GROUNDS],
    ("act", "sunk", PARTS),
    *[(colour, "surface", WORDS) for colour in ("met", "waiting", "open", "alarm")],
    ("waived", "surface", PARTS),
    *[("focus", ground, PARTS) for ground in [*GROUNDS, "focus-gap"]],
]


def colours(scheme: str) -> dict[str, str]:
    """Return the tokens of a scheme that are colours; dark ones replace light ones."""
    light, dark = re.split(
        r"@media screen and \(prefers-color-scheme: dark\)", (STATIC / "base.css").read_text(), maxsplit=1
    )
    dark = dark[: dark.index("\n}\n")]
    found = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", light))
    return found | dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", dark)) if scheme == "dark" else found


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_in_use_can_be_told_apart(scheme: str) -> None:
    tokens = colours(scheme)
    weak = [(*pair, round(contrast(tokens[pair[0]], tokens[pair[1]]), 2)) for pair in PAIRS]
    assert [pair for pair in weak if pair[3] < pair[2]] == []


def test_dark_has_a_colour_for_every_light_one() -> None:
    assert colours("light").keys() == colours("dark").keys()
    assert sum(value != colours("dark")[name] for name, value in colours("light").items()) == len(colours("light"))


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_directions_are_logical(sheet: Path) -> None:
    physical = r"^\s*((margin|padding|border)-(left|right|top|bottom)|left|right|(min-|max-)?(width|height)):"
    css = sheet.read_text()
    assert re.findall(physical, css, re.MULTILINE) == []
    assert re.findall(r"(text-align|float|clear): (left|right)", css) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_nothing_comes_from_elsewhere(sheet: Path) -> None:
    assert re.findall(r"@import|url\(|https?:", sheet.read_text()) == []


@pytest.mark.parametrize("sheet", [s for s in SHEETS if s.name not in {"base.css", "print.css"}], ids=lambda s: s.name)
def test_only_the_base_names_colours(sheet: Path) -> None:
    assert re.findall(r"#[0-9a-f]{3,8}\b|rgb\(|hsl\(", sheet.read_text()) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_nothing_moves(sheet: Path) -> None:
    assert re.findall(r"\b(animation|transition|scroll-behavior)\b", sheet.read_text()) == []


def test_sheets_and_scripts_of_a_page_are_light() -> None:
    """Sheets hold up the first picture of a page, scripts do not. In bytes before they are compressed."""
    most = {"css": 34_000, "js": 15_000}
    frame = (WEB / "templates" / "base.html").read_text()
    for template in (WEB / "templates").glob("*.html"):
        text = frame + template.read_text()
        for call, kind in (("sheets", "css"), ("scripts", "js")):
            called = " ".join(re.findall(rf"{call}\(([^)]*)\)", text))
            names = {f"{name}.{kind}" for name in re.findall(r'"([\w-]+)"', called)}
            names |= set(re.findall(rf"filename='([\w-]+\.{kind})'", text))
            sizes = {name: (STATIC / name).stat().st_size for name in names}
            assert 0 < sum(sizes.values()) < most[kind], (template.name, sizes)


def test_templates_hold_no_style_and_no_script_of_their_own() -> None:
    offenders = []
    for template in (WEB / "templates").rglob("*.html"):
        text = template.read_text()
        if re.search(r"\sstyle=|<style|\son\w+=|<script(?![^>]*\ssrc=)|javascript:|(src|href|action)=.?https?:", text):
            offenders.append(template.name)
    assert offenders == []
