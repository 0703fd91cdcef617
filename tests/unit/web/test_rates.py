"""How often one address may ask a public page."""

from service.web.rates import Rate, network_of


def test_an_address_waits_for_the_next_minute_and_others_do_not() -> None:
    rate = Rate(2)
    assert [rate.is_spent("192.0.2.1", 7) for _ in range(3)] == [False, False, True]
    assert not rate.is_spent("192.0.2.2", 7)
    assert not rate.is_spent("192.0.2.1", 8)


def test_a_network_of_ipv6_is_one_asker() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff") != network_of("2001:db8:0:1::1")
    assert network_of("nonsense") == ""
