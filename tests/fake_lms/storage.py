"""Storage for tools by postMessage (lti-pm-s), which Moodle has not: where it is, and what its pages are told."""

from flask import request

from tests.fake_lms.lms import Lms

FRAME = "post_message_forwarding"
TARGETS = {"_parent": "_parent", "frame": FRAME, "capabilities": "no_such_frame"}


def storage_fields(lms: Lms) -> dict[str, str]:
    """Return the field of logins and launches that names the storage; none if there is no storage."""
    target = TARGETS.get(str(lms.switches["platform_storage"]))
    return {"lti_storage_target": target} if target else {}


def storage_of(lms: Lms) -> dict[str, str]:
    """Return what the templates need: where it is, its frame, what it answers, and who answers from another origin."""
    answers = str(lms.switches["storage_answers"])
    needs_stranger = answers == "other_origin" and request.host.startswith("localhost")
    return {
        "storage": str(lms.switches["platform_storage"]),
        "storage_frame": FRAME,
        "answers": answers,
        "stranger": f"http://{request.host.replace('localhost', '127.0.0.1')}/storage" if needs_stranger else "",
    }
