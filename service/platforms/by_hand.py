"""A connection by hand: whoever holds an invite types in what the LMS showed, and then it waits to be approved."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lti.urls import web_origin
from service.errors import InvalidInputError
from service.platforms.invites import get_invite, use_invite
from service.platforms.models import Platform, PlatformInvite
from service.platforms.operations import find_platform, record_audit, record_pending_deployment
from service.platforms.profiles import PROFILES, UNKNOWN, Profile
from service.platforms.rules import check_platform

ADDRESSES = ("auth_login_url", "token_url", "jwks_url")
FIELDS = ("issuer", "client_id", "deployment_id", *ADDRESSES)
MAKES = {profile.key: profile for profile in PROFILES if profile.addresses and not profile.is_shared}
"""The makes of LMS whose addresses are known. Where one registration serves many, whoever runs the tool enters it."""


def record_by_hand(session: Session, token: str, typed: Mapping[str, str], *, at: datetime) -> Platform:
    """Record the connection that `typed` describes, and use up the invite of `token`.

    `typed` has FIELDS, and `make` (a key of MAKES, or "") with `site`, the address of the LMS: they fill in what is
    empty. Nobody can launch before the deployment is approved. Raises NotAllowedError as `get_invite`, and
    InvalidInputError `platform.malformed` with a code for each faulty field: `malformed`, `no_url`, `not_https`,
    `foreign` (an address that is not on the host of the issuer) or `known` (that client is connected already).
    """
    invite = get_invite(session, token, at=at)
    profile = MAKES.get(typed["make"], UNKNOWN)
    filled = _filled(profile, typed)
    values = {name: typed[name] or filled.get(name, "") for name in FIELDS}
    _check(session, invite, values, filled)
    deployment_id = values.pop("deployment_id")
    use_invite(session, token, at=at)
    platform = Platform(
        **values,
        token_audience=filled.get("token_audience", ""),
        name=invite.note or values["issuer"][:255],
        product_family=next(iter(profile.families), ""),
        may_use_private_addresses=invite.may_use_private_addresses,
        created_at=at,
    )
    try:
        with session.begin_nested():
            session.add(platform)
    except IntegrityError as error:  # someone with another invite was quicker
        raise _fault(client_id="known") from error
    record_pending_deployment(session, platform.id, deployment_id, at=at)
    invite.platform_id = platform.id
    detail = {"invite": invite.public_id, "deployment": deployment_id, "outcome": "by_hand"}
    record_audit(session, "platform_registered", at=at, platform_id=platform.id, detail=detail)
    return platform


def _filled(profile: Profile, typed: Mapping[str, str]) -> dict[str, str]:
    """Return what the make of the LMS says of its addresses; raise InvalidInputError if `site` is missing."""
    if profile.addresses is None:
        return {}
    if web_origin(typed["site"]) is None and "{site}" in profile.addresses.issuer:
        raise _fault(site="no_url")
    return profile.addresses.filled(site=typed["site"], client_id=typed["client_id"])


def _check(session: Session, invite: PlatformInvite, values: Mapping[str, str], filled: Mapping[str, str]) -> None:
    """Raise InvalidInputError unless this can be a new registration, of an LMS that speaks for itself.

    An invite is no proof of who somebody is: with keys on another host he could pass for an LMS that is not his.
    """
    check_platform(name=invite.note, may_use_private_addresses=invite.may_use_private_addresses, **values)
    own = web_origin(values["issuer"])
    if own is None:
        raise _fault(issuer="no_url")
    foreign = [name for name in ADDRESSES if values[name] != filled.get(name) and web_origin(values[name]) != own]
    if foreign:
        raise _fault(**dict.fromkeys(foreign, "foreign"))
    if find_platform(session, values["issuer"], values["client_id"]):
        raise _fault(client_id="known")


def _fault(**faults: str) -> InvalidInputError:
    return InvalidInputError("platform.malformed", f"The connection cannot be used: {faults}.", fields=faults)
