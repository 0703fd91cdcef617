import pytest
from itsdangerous import URLSafeTimedSerializer

from service.web.signing import LONGEST_PLAIN, Signer


@pytest.mark.parametrize(("messages", "is_compressed"), [(1, False), (60, True)])
def test_what_many_messages_make_long_is_compressed(messages: int, is_compressed: bool) -> None:
    session = {"person": 1, "messages": ["התשובה נשמרה. אפשר להמשיך."] * messages}
    signed = Signer("secret").dumps(session)
    assert isinstance(signed, str)
    assert signed.startswith(".") is is_compressed
    assert len(signed) < LONGEST_PLAIN
    assert Signer("secret").loads(signed) == URLSafeTimedSerializer("secret").loads(signed) == session
