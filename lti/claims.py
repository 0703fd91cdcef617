"""What a launch says, as typed values made from a verified id_token."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn

from lti import claim_values as read
from lti.errors import LaunchRefusedError
from lti.roles import LaunchRole, Roles, parse_roles

_LTI = "https://purl.imsglobal.org/spec/lti/claim/"
_AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
_NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
_DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"


class MessageType(StrEnum):
    """The messages that this layer can read. Which of them the tool offers is the application's choice."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"


@dataclass(frozen=True, slots=True)
class ResourceLink:
    """The activity in the LMS that was opened."""

    id: str
    title: str


@dataclass(frozen=True, slots=True)
class Context:
    """The course in the LMS."""

    id: str
    title: str
    label: str


@dataclass(frozen=True, slots=True)
class LaunchUser:
    """Who launches. `subject` is known with the issuer only; names and e-mail are "" when the LMS withholds them."""

    subject: str
    name: str
    given_name: str
    family_name: str
    email: str


@dataclass(frozen=True, slots=True)
class GradeService:
    """Where and with which scopes grades go (AGS). `line_item_url` is set if the activity has exactly one."""

    scopes: tuple[str, ...]
    line_items_url: str | None
    line_item_url: str | None


@dataclass(frozen=True, slots=True)
class DeepLinkingSettings:
    """What the LMS accepts as the answer of a content picker (Deep Linking 4.4)."""

    return_url: str
    accept_types: tuple[str, ...]
    accept_multiple: bool
    data: str | None


@dataclass(frozen=True, slots=True)
class LaunchClaims:
    """A verified launch. What is optional and was not sent, or not in a usable form, is None, "" or empty."""

    message_type: MessageType
    issuer: str
    client_id: str
    deployment_id: str
    target_link_uri: str
    resource_link: ResourceLink | None
    context: Context | None
    roles: Roles
    user: LaunchUser
    locale: str
    document_target: str
    return_url: str | None
    custom: Mapping[str, str]
    ags: GradeService | None
    nrps_url: str | None
    product_family: str
    deep_linking: DeepLinkingSettings | None
    for_user: str | None
    """The subject whose work is to be reviewed; set for SUBMISSION_REVIEW only."""


def read_claims(body: Mapping[str, Any], *, client_id: str) -> LaunchClaims:
    """Return the launch that the verified `body` describes; raise LaunchRefusedError for what may not be missing."""
    if body.get(_LTI + "version") != "1.3.0":
        _refuse("version_unknown", "The version is not 1.3.0.")
    message_type = _message_type(body)
    presentation = read.mapping(body.get(_LTI + "launch_presentation"))
    claims = LaunchClaims(
        message_type=message_type,
        issuer=str(body["iss"]),
        client_id=client_id,
        deployment_id=read_deployment_id(body),
        target_link_uri=_target(body),
        resource_link=_resource_link(body, is_needed=message_type is MessageType.RESOURCE_LINK),
        context=_context(body),
        roles=_roles(body),
        user=_user(body),
        locale=read.text(presentation.get("locale"))[:35],
        document_target=read.text(presentation.get("document_target"))[:16],
        return_url=read_return_url(body),
        custom=read.custom(body.get(_LTI + "custom")),
        ags=_grade_service(body),
        nrps_url=read.url(read.mapping(body.get(_NRPS)).get("context_memberships_url")),
        product_family=read.text(read.mapping(body.get(_LTI + "tool_platform")).get("product_family_code"))[:64],
        deep_linking=_deep_linking(body) if message_type is MessageType.DEEP_LINKING else None,
        for_user=_for_user(body) if message_type is MessageType.SUBMISSION_REVIEW else None,
    )
    if message_type is MessageType.SUBMISSION_REVIEW and (claims.ags is None or claims.ags.line_item_url is None):
        _refuse("line_item_missing", "A submission review names no line item.")
    if message_type is not MessageType.RESOURCE_LINK and claims.roles.role is LaunchRole.LEARNER:
        _refuse("role_not_allowed", f"A learner may not open {message_type}.", status=403)
    return claims


def read_deployment_id(body: Mapping[str, Any]) -> str:
    """Return the deployment id; raise LaunchRefusedError if it is missing or malformed."""
    return read.identifier(body.get(_LTI + "deployment_id")) or _refuse(
        "deployment_missing", "The deployment id is missing or malformed."
    )


def read_return_url(body: Mapping[str, Any]) -> str | None:
    """Return where the LMS wants its user back, if it says so in a usable form."""
    return read.url(read.mapping(body.get(_LTI + "launch_presentation")).get("return_url"))


def _refuse(code: str, message: str, *, status: int = 400) -> NoReturn:
    raise LaunchRefusedError(code, message, status=status)


def _message_type(body: Mapping[str, Any]) -> MessageType:
    sent = body.get(_LTI + "message_type")
    if isinstance(sent, str) and sent in set(MessageType):
        return MessageType(sent)
    return _refuse("message_type_unknown", "The message type is missing or not one that is known.")


def _target(body: Mapping[str, Any]) -> str:
    return read.url(body.get(_LTI + "target_link_uri")) or _refuse(
        "target_missing", "The target_link_uri is missing or malformed."
    )


def _resource_link(body: Mapping[str, Any], *, is_needed: bool) -> ResourceLink | None:
    sent = read.mapping(body.get(_LTI + "resource_link"))
    link_id = read.identifier(sent.get("id"))
    if link_id is None:
        return _refuse("resource_link_missing", "The resource link has no usable id.") if is_needed else None
    return ResourceLink(link_id, read.text(sent.get("title")))


def _context(body: Mapping[str, Any]) -> Context | None:
    """Read the course. None is fine (CONFORMANCE G09), but one without a usable id is a fault (C25)."""
    sent = body.get(_LTI + "context")
    if sent is None or sent == {}:
        return None
    fields = read.mapping(sent)
    context_id = read.identifier(fields.get("id")) or _refuse("context_malformed", "The context has no usable id.")
    return Context(context_id, read.text(fields.get("title")), read.text(fields.get("label")))


def _roles(body: Mapping[str, Any]) -> Roles:
    sent = body.get(_LTI + "roles")
    if not isinstance(sent, list):
        _refuse("roles_missing", "The roles claim is missing or no list.")
    return parse_roles(sent)


def _user(body: Mapping[str, Any]) -> LaunchUser:
    subject = read.identifier(body.get("sub")) or _refuse("subject_missing", "The sub is missing or malformed.")
    email = read.text(body.get("email"))
    return LaunchUser(
        subject=subject,
        name=read.text(body.get("name")),
        given_name=read.text(body.get("given_name")),
        family_name=read.text(body.get("family_name")),
        email=email if "@" in email else "",
    )


def _grade_service(body: Mapping[str, Any]) -> GradeService | None:
    sent = read.mapping(body.get(_AGS))
    line_items_url, line_item_url = read.url(sent.get("lineitems")), read.url(sent.get("lineitem"))
    if line_items_url is None and line_item_url is None:
        return None
    return GradeService(read.texts(sent.get("scope"), most=20), line_items_url, line_item_url)


def _deep_linking(body: Mapping[str, Any]) -> DeepLinkingSettings:
    sent = read.mapping(body.get(_DEEP_LINKING))
    return_url = read.url(sent.get("deep_link_return_url")) or _refuse(
        "deep_linking_malformed", "The deep linking settings have no usable return URL."
    )
    data = sent.get("data")
    if isinstance(data, str) and not read.is_storable(data):
        _refuse("deep_linking_malformed", "The data to send back holds what is no text.")
    return DeepLinkingSettings(
        return_url=return_url,
        accept_types=read.texts(sent.get("accept_types"), most=20),
        accept_multiple=sent.get("accept_multiple") in (True, "true"),
        data=data if isinstance(data, str) else None,
    )


def _for_user(body: Mapping[str, Any]) -> str:
    sent = read.mapping(body.get(_LTI + "for_user"))
    return read.identifier(sent.get("user_id")) or _refuse("for_user_missing", "for_user names no one to review.")
