"""How often somebody without an account may ask."""

import pytest
from django.core.cache import cache

from network import pace
from tests.conftest import forget_cached


@pytest.fixture(autouse=True)
def nobody_asked_before():
    forget_cached()


def test_the_pace_is_counted_under_a_name_nobody_can_read():
    assert [pace.too_many("192.0.2.7", what="test", most=2, seconds=60) for _time in range(3)] == [False, False, True]
    assert not pace.too_many("192.0.2.7", what="another", most=2, seconds=60)
    assert not any("192.0.2" in str(key) for key in cache._cache.get_client().keys("*"))


@pytest.mark.parametrize(
    ("address", "counted"), [("192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
)
def test_an_ipv6_home_counts_as_one(rf, address, counted):
    assert pace.address_of(rf.get("/", REMOTE_ADDR=address)) == counted
