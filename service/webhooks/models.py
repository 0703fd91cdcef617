"""Tables of what other systems are told: where they listen, what is signed with, what was sent."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.api_clients.models import ApiClient
from service.db import Base, enum_type, new_public_id


class EventKind(StrEnum):
    """What is told."""

    GAINED = "readiness.gained"
    LOST = "readiness.lost"
    PING = "ping"
    """Sent because an administrator wants to see whether it arrives."""


class DeliveryState(StrEnum):
    """Where an event is on its way."""

    WAITING = "waiting"
    SENDING = "sending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class WebhookEndpoint(Base):
    """An address at which a client listens. It is told of the people that the client may ask about."""

    __tablename__ = "webhook_endpoint"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    client_id: Mapped[int] = mapped_column(ForeignKey("api_client.id"), index=True)
    url: Mapped[str] = mapped_column(String(2048))
    may_use_private_addresses: Mapped[bool] = mapped_column(default=False)
    """Set only by whoever runs the tool."""
    created_at: Mapped[datetime]
    """What happened before is not told."""
    disabled_at: Mapped[datetime | None]
    """Set once: an address that is wanted again is added again."""
    failures: Mapped[int] = mapped_column(default=0)
    """Tries in a row that failed; see `patience`."""
    paused_until: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(255), default="")
    """What the latest failure was."""
    client: Mapped[ApiClient] = relationship(lazy="joined", innerjoin=True)
    secrets: Mapped[list["WebhookSecret"]] = relationship(order_by="WebhookSecret.id.desc()", viewonly=True)


class WebhookSecret(Base):
    """What an endpoint is signed for with. Encrypted, since signing needs it. While a new one takes over, both sign."""

    __tablename__ = "webhook_secret"

    id: Mapped[int] = mapped_column(primary_key=True)
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoint.id"), index=True)
    encrypted_secret: Mapped[bytes]
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]


class WebhookDelivery(Base):
    """An event on its way to one endpoint: a row first. The same event again is the same row, with the same id."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        Index(None, "endpoint_id", "next_try_at"),
        Index(None, "endpoint_id", "membership_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=new_public_id)
    """The id of the message: by it the receiver knows one that comes twice."""
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoint.id"))
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    """Of whom it tells; one after the other for each. None for a ping."""
    kind: Mapped[EventKind] = mapped_column(enum_type(EventKind))
    body: Mapped[str] = mapped_column(Text)
    """JSON, as it is signed and sent."""
    state: Mapped[DeliveryState] = mapped_column(enum_type(DeliveryState), default=DeliveryState.WAITING)
    created_at: Mapped[datetime] = mapped_column(index=True)
    asked_at: Mapped[datetime]
    """When it was queued, or someone asked for it to be sent again: it is given up three days later."""
    next_try_at: Mapped[datetime | None]
    """When a sender may take it; while it is sent, the end of that sender's lease. None when it is over."""
    tries: Mapped[int] = mapped_column(default=0)
    last_try_at: Mapped[datetime | None]
    status: Mapped[int | None]
    """HTTP status of the latest try; None when no answer came."""
    reason: Mapped[str] = mapped_column(String(255), default="")
    endpoint: Mapped[WebhookEndpoint] = relationship(lazy="joined", innerjoin=True)
