"""What is particular to one make of LMS, as data: one table, each entry with where we know it from.

What is said of Moodle was seen on a running Moodle 4.5; the others are from documentation, and were not tried.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit, urlunsplit

from lti.urls import is_in_domain


@dataclass(frozen=True)
class Quirk:
    """Something that whoever connects this LMS should know, in a sentence."""

    sentence: str
    source: str


@dataclass(frozen=True)
class Addresses:
    """The values of a registration. `{site}` is the address of the LMS, `{client_id}` what it gave to the tool."""

    issuer: str
    auth_login_url: str
    token_url: str
    jwks_url: str
    token_audience: str = ""

    def filled(self, *, site: str, client_id: str) -> dict[str, str]:
        """Return the values, each under its name, for one LMS; `site` without a slash at its end."""
        values = {"site": site.rstrip("/"), "client_id": client_id}
        return {name: pattern.format(**values) for name, pattern in vars(self).items()}


@dataclass(frozen=True)
class Profile:
    """One make of LMS."""

    key: str
    """Names it on the command line, and its page `docs/CONNECT_<KEY>.md`."""
    name: str
    families: tuple[str, ...] = ()
    """Its `product_family_code`s."""
    has_dynamic_registration: bool = False
    addresses: Addresses | None = None
    """None where the addresses differ from course to course, or are only shown on its screen."""
    domains: tuple[str, ...] = ()
    """Domains of its maker, on any host of which its addresses and services may be (CONFORMANCE T11)."""
    is_shared: bool = False
    """Whether one registration serves many institutions, each a deployment: none may look at the others."""
    registration_extras: Mapping[str, str] = field(default_factory=dict)
    """What its dynamic registration wants inside the tool configuration, beside the standard's own."""
    quirks: tuple[Quirk, ...] = ()


PROFILES = (
    Profile(
        key="moodle",
        name="Moodle",
        families=("moodle",),
        has_dynamic_registration=True,
        addresses=Addresses(
            issuer="{site}",
            auth_login_url="{site}/mod/lti/auth.php",
            token_url="{site}/mod/lti/token.php",  # noqa: S106 (an address)
            jwks_url="{site}/mod/lti/certs.php",
        ),
        quirks=(
            Quirk("Dynamic registration leaves the tool pending until it is activated.", "MOODLE.md section 9"),
            Quirk("A score must be newer than the grade that is there, by whole seconds; else 409.", "MOODLE.md 5"),
            Quirk(
                "A teacher's change in a column that no activity has is overwritten by a later score.", "FEATURES M12"
            ),
            Quirk("Media types are compared exactly: a charset behind one is refused.", "CONFORMANCE A14"),
            Quirk(
                "Requests for a token must name their key; an unknown one is looked up at once.", "MOODLE.md section 4"
            ),
            Quirk(
                "Names are sent only if they were asked for, and are HTML-escaped in the roster.", "MOODLE.md 7 and 9"
            ),
        ),
    ),
    Profile(
        key="canvas",
        name="Canvas",
        families=("canvas",),
        has_dynamic_registration=True,
        addresses=Addresses(
            issuer="https://canvas.instructure.com",
            auth_login_url="https://sso.canvaslms.com/api/lti/authorize_redirect",
            token_url="https://sso.canvaslms.com/login/oauth2/token",  # noqa: S106 (an address)
            jwks_url="https://sso.canvaslms.com/api/lti/security/jwks",
        ),
        domains=("instructure.com", "canvaslms.com"),
        registration_extras={"https://canvas.instructure.com/lti/privacy_level": "name_only"},
        quirks=(
            Quirk(
                "All institutions that Instructure hosts share one issuer; the client id tells them apart.",
                "its documentation",
            ),
            Quirk("Its configuration is only shown to who sends the registration token.", "its documentation"),
            Quirk("Dynamic registration sends no names unless a privacy level asks for them.", "its documentation"),
            Quirk("A score for someone who is not a student of the course gets 422.", "CONFORMANCE A13"),
        ),
    ),
    Profile(
        key="blackboard",
        name="Blackboard",
        families=("BlackboardLearn",),
        addresses=Addresses(
            issuer="https://blackboard.com",
            auth_login_url="https://developer.blackboard.com/api/v1/gateway/oidcauth",
            token_url="https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",  # noqa: S106 (an address)
            jwks_url="https://developer.blackboard.com/api/v1/management/applications/{client_id}/jwks.json",
        ),
        is_shared=True,
        quirks=(
            Quirk(
                "The tool is registered once for all institutions; each institution is a deployment.", "LTI.md, pain 13"
            ),
            Quirk("Services are on the institution's own host, which must be named.", "its documentation"),
            Quirk("A score for someone who is not in the course gets 400.", "CONFORMANCE A13"),
        ),
    ),
    Profile(
        key="d2l",
        name="D2L Brightspace",
        families=("desire2learn",),
        has_dynamic_registration=True,
        addresses=Addresses(
            issuer="{site}",
            auth_login_url="{site}/d2l/lti/authenticate",
            token_url="https://auth.brightspace.com/core/connect/token",  # noqa: S106 (an address)
            jwks_url="{site}/d2l/.well-known/jwks",
            token_audience="https://api.brightspace.com/auth/token",  # noqa: S106 (an address)
        ),
        domains=("brightspace.com",),
        quirks=(
            Quirk("Requests for a token must name an audience that is not the token URL.", "its documentation"),
            Quirk("Its keys change about every hour.", "LTI.md, pain 4"),
            Quirk("Without org unit information in the deployment, a launch names no course.", "its documentation"),
            Quirk(
                "A score for someone who cannot be graded gets 403, 404 or 422.", "CONFORMANCE A13, its documentation"
            ),
        ),
    ),
    Profile(
        key="sakai",
        name="Sakai",
        families=("sakai",),
        has_dynamic_registration=True,
        quirks=(Quirk("The addresses are shown once the tool is saved.", "its documentation"),),
    ),
    Profile(
        key="openedx",
        name="Open edX",
        quirks=(
            Quirk("Each component of a course has a client id and addresses of its own.", "its documentation"),
            Quirk(
                "By default a component has one column that can be filled, and none can be added.", "its documentation"
            ),
        ),
    ),
)
UNKNOWN = Profile(key="", name="")


def get_profile(key: str) -> Profile:
    """Return the profile of this key; raise KeyError."""
    return {profile.key: profile for profile in PROFILES}[key]


def profile_of(product_family: str, issuer: str) -> Profile:
    """Return the profile of an LMS; UNKNOWN for others. An issuer that only one make has outweighs what it claims."""
    for profile in PROFILES:
        if profile.addresses and profile.addresses.issuer == issuer:
            return profile
    for profile in PROFILES:
        if product_family in profile.families or any(is_in_domain(issuer, domain) for domain in profile.domains):
            return profile
    return UNKNOWN


def course_address(product_family: str, return_url: str) -> str:
    """Return an address of the course that may be stored and shown, made from a launch's `return_url`.

    The query goes, since it may hold a secret. Moodle's `return.php?course=2&sesskey=…` needs that secret of the
    user's session (MOODLE.md section 3), so the course page takes its place.
    """
    parts = urlsplit(return_url)
    page = parts._replace(query="", fragment="")
    course = parse_qs(parts.query).get("course", [""])[0]
    if product_family == "moodle" and course.isdecimal() and parts.path.endswith("/mod/lti/return.php"):
        page = page._replace(path=parts.path.removesuffix("/mod/lti/return.php") + "/course/view.php")
        page = page._replace(query=f"id={course}")
    return urlunsplit(page)
