"""
Which mails a person wants. What the law or a promise of ours demands (an order confirmed or cancelled, what was credited) has
no switch; the kinds listed here can be switched off, on the page of the account or by the link in the mail itself.
"""

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models import TextChoices
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from network.models import Person

SIGNER = signing.Signer(salt="network.notices")


class Kind(TextChoices):
    """A kind is named as its template in `templates/mail`."""

    ORDER_CLOSED = "order_closed", _("ordering has closed: what will come, and where to collect it")
    BASKET_WAITING = "basket_waiting", _("your basket is not confirmed yet, some hours before ordering closes")
    SUBSCRIPTION = "subscription", _("what is in your box this week")
    SHOP_OPEN = "shop_open", _("the shop is open: what the farms have this week")


OFF_UNTIL_ASKED = {Kind.SHOP_OPEN.value}


def wants(person: Person, kind: str) -> bool:
    """Whether she is to get this kind of mail; always for kinds without a switch."""
    if kind not in Kind.values:
        return True
    return bool(person.mail_choices.get(kind, kind not in OFF_UNTIL_ASKED))


@transaction.atomic
def choose(*, person: Person, wanted: dict[str, bool]) -> Person:
    """Keep her choice for the kinds named; the others stay as they are."""
    person = Person.objects.select_for_update(no_key=True).get(pk=person.pk)
    person.mail_choices = person.mail_choices | {kind: on for kind, on in wanted.items() if kind in Kind.values}
    person.save(update_fields=["mail_choices"])
    return person


def switch_of(person: Person, kind: str) -> str:
    """The address at which a kind is switched off without signing in; empty for a kind without a switch."""
    if kind not in Kind.values:
        return ""
    return settings.SITE_URL + reverse("network:unsubscribe", args=[SIGNER.sign(f"{person.pk}.{kind}")])


def read_switch(link: str) -> tuple[Person, Kind] | None:
    """Whose mails of which kind a link switches; None when we did not sign it or she is no longer here."""
    try:
        pk, _dot, kind = SIGNER.unsign(link).partition(".")
    except signing.BadSignature:
        return None
    person = Person.objects.filter(pk=pk, is_active=True).first()
    return (person, Kind(kind)) if person and kind in Kind.values else None


def headers(person: Person, kind: str) -> dict[str, str]:
    """What lets a mail program show a button to switch the kind off (RFC 2369 and 8058)."""
    url = switch_of(person, kind)
    return {"List-Unsubscribe": f"<{url}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if url else {}
