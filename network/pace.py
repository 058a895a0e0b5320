"""How often somebody without an account may ask: counted per address in the cache, which forgets it, under a name nobody can read."""

from ipaddress import IPv6Address, ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import salted_hmac


def too_many(who: str, *, what: str, most: int, seconds: int) -> bool:
    """Count one more of `what` by `who`; whether that is more than `most` within as many seconds from the first."""
    key = f"pace-{salted_hmac(f'network.pace {what}', who, algorithm='sha256').hexdigest()[:32]}"
    if cache.add(key, 1, seconds):
        return False
    try:
        return cache.incr(key) > most
    except ValueError:  # it was forgotten this very moment
        return False


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; of an IPv6 address the part that one home or firm has."""
    address = ip_address(get_adapter().get_client_ip(request))
    if isinstance(address, IPv6Address):
        return str(ip_network((address, 64), strict=False))
    return str(address)
