"""What farms sell: filling a week quickly, and finding what is on the shelf."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext as _

from network.errors import Refused
from network.models import Network, Person, Place
from network.models.places import km_between
from producers import stock
from producers.models import Offer, Producer, Product, Supply


@transaction.atomic
def repeat_last_week(*, producer: Producer, week_on: date, by: Person | None) -> int:
    """
    Announce what was announced the week before, quantities and prices alike; what this week already has stays as it is, and
    what was sold only if enough of it was ordered is hers to announce: its threshold and moment are of a week.
    Returns how many products were repeated; Refused when there is nothing to repeat.
    """
    already = Supply.objects.of_week(week_on).filter(product=OuterRef("product"))
    listed = Offer.objects.filter(supply=OuterRef("pk"), listed=True)
    last = (
        Supply.objects.filter(
            ~Exists(already),
            product__producer=producer,
            product__archived_at=None,
            week_on=week_on - timedelta(weeks=1),
            carries_over=False,
            pool=None,
        )
        .annotate(was_listed=Exists(listed))
        .select_related("product")
        .order_by("pk")
    )
    rows = [
        stock.Announcement(
            product=supply.product, quantity=supply.quantity, price=supply.price, listed=supply.was_listed
        )
        for supply in last
    ]
    if not rows:
        raise Refused(_("Last week has nothing that is not here already."))
    stock.announce_many(producer=producer, week_on=week_on, rows=rows, by=by)
    return len(rows)


@dataclass(frozen=True)
class Entry:
    """A farm in the list of a network: its number on the map, km from the hub, what it grows, how much it sells now."""

    number: int
    farm: Producer
    place: Place | None
    distance_km: float | None
    drawings: list[str]
    selling: int


def farms_of(network: Network) -> list[Entry]:
    """The farms of a network by name, in three queries."""
    farms = (
        Producer.objects.active()
        .in_network(network)
        .select_related("organisation__place")
        .order_by("organisation__name", "pk")
    )
    drawings: dict[int, list[str]] = {}
    for producer, drawing in (
        Product.objects.active()
        .filter(producer__in=farms)
        .order_by("category", "pk")
        .values_list("producer", "drawing")
    ):
        if drawing not in drawings.setdefault(producer, []):
            drawings[producer].append(drawing)
    selling: dict[int, set[int]] = {}
    for producer, product in (
        on_shelf(network).order_by().values_list("supply__product__producer", "supply__product").distinct()
    ):
        selling.setdefault(producer, set()).add(product)
    return [
        Entry(
            number=number,
            farm=farm,
            place=farm.organisation.place,
            distance_km=distance_km(network, farm),
            drawings=drawings.get(farm.pk, [])[:4],
            selling=len(selling.get(farm.pk, ())),
        )
        for number, farm in enumerate(farms, 1)
    ]


def distance_km(network: Network, farm: Producer) -> float | None:
    """As the crow flies from the network's hub; None for a farm without a place."""
    place = farm.organisation.place
    return km_between(network.hub.point, place.point) if place else None


def on_shelf(network: Network) -> QuerySet[Offer]:
    """What households can order now in a network."""
    return (
        Offer.objects.on_sale()
        .filter(delivery_day__cycle__network=network, price_group__audience="household")
        .select_related("supply__product", "delivery_day")
    )


def hub_marker(network: Network) -> dict[str, Any]:
    """The hub of a network on a map."""
    return {"lat": network.hub.lat, "lon": network.hub.lon, "kind": "hub", "label": _("Hub")}


@dataclass(frozen=True)
class Change:
    """Something that changed a supply: a `kind` (stock, price), by whom, and from what to what."""

    at: datetime
    by: Person | None
    kind: str
    reason: str
    old: Decimal | None
    new: Decimal


def history_of(supply: Supply) -> list[Change]:
    """Stock and price changes of a supply, newest first; stock as the quantity before and after."""
    changes: list[Change] = []
    quantity = Decimal(0)
    for movement in supply.movements.select_related("by").order_by("at", "pk"):
        before, quantity = quantity, quantity + movement.change
        changes.append(Change(movement.at, movement.by, "stock", movement.get_reason_display(), before, quantity))
    for change in supply.price_changes.select_related("by").order_by("at", "pk"):
        changes.append(Change(change.at, change.by, "price", "", change.old, change.new))
    return sorted(changes, key=_when, reverse=True)


def _when(change: Change) -> Any:
    return change.at, change.kind
