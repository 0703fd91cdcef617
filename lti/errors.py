"""What the LTI layer may raise: a launch that is refused, and a service of the LMS that cannot be used."""


class LtiError(Exception):
    """Base of every error that this layer raises on purpose."""


class LaunchRefusedError(LtiError):
    """A login or launch that must not go on.

    `code` is stable and is what a page puts into words; the message is English, for the log. `status` is the HTTP
    status of the page. What only a verified token can tell stays None before: `return_url`, where the LMS wants its
    user back, `registration_id`, and `deployment_id` of a deployment that waits to be approved.
    """

    def __init__(self, code: str, message: str, *, status: int = 400, deployment_id: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.return_url: str | None = None
        self.registration_id: int | None = None
        self.deployment_id = deployment_id


class StorageNeededError(LtiError):
    """A launch without the cookie of its login, whose proof the LMS's storage may still hold (CONFORMANCE P03).

    Nothing is used up. `origin` is where the storage answers, `target` the name of its frame, `key` what to ask for.
    """

    def __init__(self, origin: str, target: str, key: str) -> None:
        super().__init__("The proof of the login must be asked of the platform's storage.")
        self.origin = origin
        self.target = target
        self.key = key


class KeyUnreadableError(LtiError):
    """A stored secret cannot be decrypted: the application secret has changed or the row is damaged."""


class RegistrationError(LtiError):
    """A registration that did not come about; nothing of it is kept.

    `code` is stable and is what a page puts into words: address_refused, configuration_unreachable,
    configuration_unreadable, issuer_foreign, endpoint_foreign, registration_refused, registration_unreachable,
    registration_unreadable. `said` is what the LMS answered, in one line of at most 200 characters.
    """

    def __init__(self, code: str, message: str, *, said: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.said = said


class ServiceError(LtiError):
    """A call to a service of the LMS that gave no answer to work with."""


class AddressRefusedError(ServiceError):
    """The address may not be called: wrong scheme, foreign host, or a private network. Trying again is of no use."""


class ServiceUnreachableError(ServiceError):
    """No answer came, or one that says "not now"; worth trying again.

    `reason` is one of timeout, dns, connection, tls, too_large, unreadable, busy. `retry_after` is in seconds.
    """

    def __init__(self, reason: str, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.retry_after = retry_after


class UnreadableAnswerError(ServiceUnreachableError):
    """An answer came, but its body is not the JSON that was asked for."""

    def __init__(self, message: str) -> None:
        super().__init__("unreadable", message)


class TokenRefusedError(ServiceError):
    """The LMS gave no access token: our key, our registration or the scopes are at fault. Not worth a quick retry.

    `status` is the HTTP status of the token endpoint, `error` its error code or text, cut to 200 characters.
    A token without a scope that was asked for is refused with status 200 and error `scope_not_granted`.
    """

    def __init__(self, status: int, error: str) -> None:
        super().__init__(f"The token endpoint answered {status}: {error}")
        self.status = status
        self.error = error
