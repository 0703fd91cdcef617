"""What the features may raise. No HTTP numbers here: `web.errors` gives each family its status and its page.

Messages are English sentences for the log; `code` is what a page translates, with `details` filled in.
"""


class MentorReadyError(Exception):
    """Base of every error that a feature raises on purpose."""

    def __init__(self, code: str, message: str, **details: object) -> None:
        super().__init__(message)
        self.code = code
        self.details = details


class NotFoundError(MentorReadyError):
    """What was asked for is not there, or not for this person: the two are never told apart."""


class InvalidInputError(MentorReadyError):
    """What was sent cannot be taken; `details` may hold `fields`, a mapping of field name to code."""


class NotAllowedError(MentorReadyError):
    """The person may not do this."""


class ConflictError(MentorReadyError):
    """Right in itself, but not as things stand now; `code` says what stands in the way."""


class ContentError(MentorReadyError):
    """The training content cannot be used; `details["faults"]` lists every fault with file and line."""
