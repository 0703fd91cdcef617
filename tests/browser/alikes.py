"""Of visits that show the same words in the same frame, the first: what two roles are both shown is looked at once."""

import re
from collections.abc import Iterator, Sequence

from tests.browser.house import House
from tests.browser.samples import Visit

LANGUAGE = "en"
ADDRESSES = re.compile(r'\s(?:href|action|value|datetime|content)="[^"]*"')
"""Ids and signatures that differ from person to person."""
HERE = re.compile(r'\saria-current="[^"]*"')


def leave_out_alikes(house: House, visits: Sequence[Visit]) -> Iterator[Visit]:
    """Give the visits of which the main part or what is around it was not given yet; all where something is done."""
    house.speak(LANGUAGE)
    client = house.app.test_client(use_cookies=False)
    given: set[str] = set()
    for visit in visits:
        cookie = "=".join(house.cookie(visit.person, language=LANGUAGE))
        answer = client.get(visit.address, base_url=house.url, headers={"Cookie": cookie})
        parts = set(_parts(answer.text))
        if visit.act or not parts <= given:
            yield visit
        given |= parts


def _parts(html: str) -> list[str]:
    """Return the main element, and the page without it; neither says whose it is or where one stands."""
    plain = ADDRESSES.sub("", html)
    before, opening, rest = plain.partition("<main")
    main, closing, after = rest.partition("</main>")
    title = re.compile(r"<title>.*?</title>", re.DOTALL)
    return [opening + main + closing, HERE.sub("", title.sub("", before + after))]
