"""What is done with profiles: find, save, and say how complete they are."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.db import set_row
from service.errors import ConflictError, InvalidInputError
from service.people.known import Member
from service.profiles.models import Profile
from service.profiles.rules import Told, find_faults


def find_profile(session: Session, member: Member) -> Profile | None:
    """Return a member's profile, None before the first save."""
    return session.get(Profile, member.id)


def told_in(profile: Profile) -> Told:
    """Return what a profile tells."""
    return Told(
        tuple(profile.languages), profile.setting, tuple(profile.times), profile.field, profile.matter, profile.wishes
    )


def save_profile(session: Session, member: Member, told: Told, *, seen: int, at: datetime) -> None:
    """Keep what a member, who is locked, tells; it may be incomplete. `seen`: the revision that the form showed.

    Raise InvalidInputError with `fields` for what cannot be taken, and ConflictError if it was changed since.
    """
    faults = find_faults(told)
    if faults:
        raise InvalidInputError("profile.faulty", "The profile cannot be taken so.", fields=faults)
    before = find_profile(session, member)
    revision = before.revision if before else 0
    if before and told_in(before) == told:
        return
    if seen != revision:
        raise ConflictError("profile.changed", "The profile was changed since it was shown.")
    values = {**asdict(told), "languages": list(told.languages), "times": list(told.times)}
    set_row(session, Profile, {"membership_id": member.id}, {**values, "revision": revision + 1, "changed_at": at})


def list_profiles(session: Session, member_ids: Sequence[int]) -> Mapping[int, Profile]:
    """Return the profiles of these members by membership id, in one statement; those without one are left out."""
    rows = session.scalars(select(Profile).where(Profile.membership_id.in_(member_ids)))
    return {row.membership_id: row for row in rows}
