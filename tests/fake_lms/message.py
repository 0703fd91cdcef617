"""The message launch of lti1p3platform, filled with this LMS's claims and rendered as a form that posts itself."""

from typing import Any

from flask import render_template
from lti1p3platform.message_launch import LTIAdvantageMessageLaunchAbstract

from tests.fake_lms import claims
from tests.fake_lms.claims import CLAIM, Scene
from tests.fake_lms.lms import Lms
from tests.fake_lms.platform import PlatformConf, PlatformRequest
from tests.fake_lms.storage import storage_fields

RESOURCE_LINK = "LtiResourceLinkRequest"
DEEP_LINKING = "LtiDeepLinkingRequest"
SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"


class MessageLaunch(LTIAdvantageMessageLaunchAbstract):
    """One message to the tool. The library checks the tool's request, assembles and signs; the claims are Moodle's."""

    def __init__(self, lms: Lms, scene: Scene, request: PlatformRequest | None = None) -> None:
        super().__init__(request, PlatformConf(lms=lms, tool=scene.tool))
        self._lms = lms
        self._scene = scene
        self._registration = self._platform_config.get_registration()
        self.set_id_token_expiration(lms.switches["id_token_lifetime_s"])

    def validate_preflight_response(self, preflight_response: dict[str, Any]) -> None:
        """Take the redirect address. The sign-in has checked all that the library checks, and does without `state`."""
        self._redirect_url = preflight_response["redirect_uri"]

    def prepare_launch(self, preflight_response: dict[str, Any]) -> None:
        scene, lms = self._scene, self._lms
        activity, course = scene.activity, scene.course
        self.set_launch_url(claims.target_of(scene))
        self.set_user_data(str(scene.person.id), claims.launch_roles(scene.person, scene.enrolment))
        self.set_launch_context_claim(str(course.id), ["CourseSection"], course.title, course.label)
        self.set_custom_parameters_claim(claims.custom_claim(lms, scene))
        if activity:
            self.set_resource_link_claim(str(activity.id), activity.description, activity.title)
        self.set_extra_claims(
            {
                CLAIM + "message_type": scene.launch.message_type,
                CLAIM + "launch_presentation": claims.presentation_claim(lms, scene, scene.launch.hint),
                **claims.identity_claims(lms, scene),
                **claims.platform_claims(lms, scene),
                **claims.service_claims(lms, scene),
                **claims.outcome_claim(lms, scene),
            }
        )
        if scene.launch.for_user is not None:
            self.set_extra_claims({CLAIM + "for_user": {"user_id": str(scene.launch.for_user)}})
        if scene.launch.message_type == DEEP_LINKING:
            self._offer_content_selection()

    def _offer_content_selection(self) -> None:
        query = f"course={self._scene.course.id}&id={self._scene.tool.id}&sesskey={self._scene.launch.hint}"
        self.set_extra_claims(
            {
                claims.DEEP_LINKING_CLAIM: {
                    "accept_types": ["ltiResourceLink"],
                    "accept_presentation_document_targets": ["frame", "iframe", "window"],
                    "accept_copy_advice": False,
                    "accept_multiple": True,
                    "accept_unsigned": False,
                    "auto_create": False,
                    "can_confirm": False,
                    "deep_link_return_url": f"{self._lms.url}/mod/lti/contentitem_return.php?{query}",
                    "title": "",
                    "text": "",
                }
            }
        )

    def get_launch_message(self, include_extra_claims: bool = True) -> dict[str, Any]:
        """Assemble the claims; Moodle sends no `azp`."""
        message: dict[str, Any] = super().get_launch_message(include_extra_claims)
        del message["azp"]
        return message

    def message(self, nonce: str) -> dict[str, Any]:
        """Return the complete claims of an id_token that would be signed now."""
        self.prepare_launch({})
        issued_at = int(self._lms.now())
        times = {"iat": issued_at, "exp": issued_at + self.id_token_expiration}
        return self.get_launch_message() | {"nonce": nonce} | times

    def render_launch_form(self, launch_data: dict[str, Any], **_kwargs: Any) -> str:
        fields = {"id_token": launch_data["id_token"], "state": launch_data["state"], **storage_fields(self._lms)}
        return render_template("post.html", address=launch_data["launch_url"], fields=fields)
