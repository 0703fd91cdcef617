"""Words for other systems: what they may be told, what was sent to them, and what is wrong with a form about them."""

from flask_babel import gettext

from service.api_clients.models import Scope
from service.web.formats import isolated
from service.webhooks.models import DeliveryState, EventKind


def scope_words(scope: str) -> str:
    """Return what a scope lets a system be told."""
    return {
        Scope.ELIGIBILITY: gettext("Who may be paired, since when and until when"),
        Scope.READINESS: gettext("How each condition stands, without reasons and without who decided"),
        Scope.NAMES: gettext("Names"),
    }[Scope(scope)]


def event_words(kind: EventKind) -> str:
    """Return what a system was told."""
    return {
        EventKind.GAINED: gettext("Someone is ready"),
        EventKind.LOST: gettext("Someone is no longer ready"),
        EventKind.PING: gettext("Test"),
    }[kind]


def delivery_badge(state: DeliveryState) -> tuple[str, str]:
    """Return the badge of a delivery and its words."""
    return {
        DeliveryState.WAITING: ("waiting", gettext("On its way")),
        DeliveryState.SENDING: ("waiting", gettext("Being sent")),
        DeliveryState.DELIVERED: ("met", gettext("Arrived")),
        DeliveryState.GIVEN_UP: ("alarm", gettext("Given up")),
    }[state]


def fault_words(code: str) -> str:
    """Return what is wrong with a field, and what to do."""
    return {
        "client.name": gettext("A name is needed: at most 255 characters, on one line."),
        "client.scopes": gettext("Choose what it may be told; names alone are of no use."),
        "webhook.url": gettext(
            "An address that the world can reach is needed, beginning with %(start)s.", start=isolated("https://")
        ),
        "webhook.enough": gettext("This address is there already, or there are five of them."),
        "client.revoked": gettext("This system is revoked. Add it anew."),
    }[code]
