"""Mails about a recall: to each buyer once, and to the farm and the coordinators it touches. From the outbox only."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from network import clock
from network.mail import send
from network.models import Network, NetworkRole, Person
from orders import recalls
from orders.models import Recall, RecallNotice


def recall(notice: int) -> None:
    """
    To everybody of a buyer: what it got of the goods, what is wrong, and what to do with it. A mail nobody can switch off.
    Nothing when it went out already; a buyer without an address stays to be called.
    """
    found = (
        RecallNotice.objects.select_for_update(no_key=True, of=("self",))
        .select_related("recall__producer__organisation", "buyer")
        .filter(pk=notice, mailed_at=None)
        .first()
    )
    if found is None:
        return
    lots = recalls.said_of(found.recall)
    lines: list[dict[str, Any]] = [
        {
            "line": row.line,
            "quantity": row.quantity,
            "order": row.line.order,
            "network": row.line.order.delivery.delivery_day.network,
            "lots": lots.get((row.line.product_id, row.line.order.delivery.delivery_day_id), []),
        }
        for row in found.lines.select_related("line__order__delivery__delivery_day__cycle__network")
    ]
    people = list(found.buyer.people.filter(is_active=True).exclude(email="").order_by("pk"))
    for person in people:
        with translation.override(person.language):
            url = settings.SITE_URL + reverse("orders:detail", args=[lines[-1]["order"].pk])
            told = {"person": person, "recall": found.recall, "lines": lines, "network": lines[-1]["network"]}
            subject = _("Do not use it: %(farm)s calls back %(product)s") % {
                "farm": found.recall.producer,
                "product": ", ".join(dict.fromkeys(str(row["line"].name) for row in lines)),
            }
            send(person.email, subject, "recall", told | {"url": url}, key=f"recall-{found.pk}-{person.pk}")
    if people:
        RecallNotice.objects.filter(pk=found.pk).update(mailed_at=clock.now())


def started(recall: int) -> None:
    """To the farm and to the coordinators of its networks that got some of it: who follows it up, and the food agency's number."""
    found = recalls.with_tally(Recall.objects.filter(pk=recall)).select_related("started_by").get()
    networks = Network.objects.filter(cycles__days__in=found.goods.values("delivery_day"))
    coordinators = NetworkRole.objects.filter(network__in=networks, role=NetworkRole.Role.COORDINATOR).values("person")
    farmers = found.producer.organisation.people.values("pk")
    for person in (Person.objects.filter(pk__in=coordinators) | Person.objects.filter(pk__in=farmers)).filter(
        is_active=True
    ):
        with translation.override(person.language):
            context: dict[str, Any] = {
                "person": person,
                "recall": found,
                "products": list(dict.fromkeys(str(one.product) for one in found.goods.select_related("product"))),
                "url": settings.SITE_URL + reverse("orders:recall", args=[found.pk]),
            }
            subject = _("Recall %(number)s of %(farm)s has started") % {"number": found.pk, "farm": found.producer}
            send(person.email, subject, "recall_started", context, key=f"recall-started-{found.pk}-{person.pk}")
