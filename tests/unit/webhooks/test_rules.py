"""How messages are signed, and which addresses are taken."""

from datetime import UTC, datetime, timedelta

import pytest

from service.errors import InvalidInputError
from service.webhooks.rules import GIVE_UP_AFTER, check_url, next_try_at, sign
from tests.makers import AT


def test_signs_as_the_example_of_standard_webhooks() -> None:
    at = datetime.fromtimestamp(1614265330, UTC)
    secret, message_id, body = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        '{"test": 2432232314}',
    )
    assert sign(secret, message_id, at, body) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("url", "may_be_private", "is_taken"),
    [
        ("https://crm.example/hook", False, True),
        ("https://crm.example:8443/hook?a=b", False, True),
        ("http://crm.example/hook", False, False),
        ("http://127.0.0.1:9/hook", True, True),
        ("https://127.0.0.1/hook", False, False),
        ("https://10.0.0.1/hook", False, False),
        ("https://169.254.169.254/latest", True, False),
        ("https://user:secret@crm.example/", False, False),
        ("https://crm.example/\nhook", False, False),
        ("ftp://crm.example/", True, False),
        ("", True, False),
    ],
)
def test_only_an_address_that_may_be_called_is_taken(url: str, may_be_private: bool, is_taken: bool) -> None:
    if is_taken:
        check_url(url, may_use_private_addresses=may_be_private)
    else:
        with pytest.raises(InvalidInputError):
            check_url(url, may_use_private_addresses=may_be_private)


def test_waits_grow_and_end() -> None:
    waits, at = [], AT
    for tries in range(1, 200):
        due = next_try_at(tries, at=at, asked_at=AT, jitter=0.0, retry_after=None)
        if due is None:
            break
        waits.append((due - at).total_seconds())
        at = due
    assert waits[:4] == [5.0, 10.0, 20.0, 40.0]
    assert max(waits) == 3600.0
    assert timedelta(days=2) < at - AT <= GIVE_UP_AFTER
