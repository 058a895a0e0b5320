"""Where things happen: places, pickup points, outlets."""

from math import asin, cos, radians, sin, sqrt
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import ASin, Cos, Power, Radians, Sin, Sqrt
from django.utils.translation import gettext_lazy as _

from network.models.people import Membership, Network, Organisation
from network.quantities import StorageClass
from network.texts import Texts

EARTH_RADIUS_KM = 6371.0


def km_between(start: tuple[float, float], end: tuple[float, float]) -> float:
    """Kilometres as the crow flies between two (latitude, longitude) points, by the haversine formula."""
    lat_a, lat_b = radians(start[0]), radians(end[0])
    half = sin((lat_b - lat_a) / 2) ** 2 + cos(lat_a) * cos(lat_b) * sin(radians(end[1] - start[1]) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(half))


def km_from(point: tuple[float, float], place: str) -> Any:
    """`km_between` for the database: from a (latitude, longitude) point to the places at this path; null without a place."""
    lat, lon = radians(point[0]), radians(point[1])
    there = Radians(F(f"{place}__lat"))
    half = Power(Sin((there - lat) / 2), 2) + cos(lat) * Cos(there) * Power(
        Sin((Radians(F(f"{place}__lon")) - lon) / 2), 2
    )
    return 2 * EARTH_RADIUS_KM * ASin(Sqrt(half))


class Place(models.Model):
    """A spot on the map. A move is a new place: documents keep the old one."""

    street = models.CharField(_("street"), max_length=120, blank=True)
    postcode = models.CharField(_("postcode"), max_length=10)
    municipality = models.CharField(_("municipality"), max_length=80)
    lat = models.FloatField()
    lon = models.FloatField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(lat__gte=-90, lat__lte=90, lon__gte=-180, lon__lte=180), name="place_is_on_earth"
            )
        ]

    def __str__(self) -> str:
        return f"{self.street}, {self.postcode} {self.municipality}".strip(", ")

    @property
    def point(self) -> tuple[float, float]:
        return self.lat, self.lon


class PickupPoints(models.QuerySet["PickupPoint"]):
    def active(self) -> Self:
        return self.filter(archived_at=None)


class PickupPoint(models.Model):
    network = models.ForeignKey(Network, models.PROTECT, related_name="pickup_points")
    code = models.SlugField(max_length=12)
    name = Texts()
    place = models.ForeignKey(Place, models.PROTECT, related_name="pickup_points")
    cooling = Texts()
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = PickupPoints.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["network", "code"], name="pickup_point_code_once_per_network")]

    def __str__(self) -> str:
        return str(self.name)


class PickupSlot(models.Model):
    """A weekday on which a pickup point is open."""

    pickup_point = models.ForeignKey(PickupPoint, models.CASCADE, related_name="slots")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pickup_point", "weekday", "opens"], name="pickup_slot_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="pickup_slot_on_a_weekday"),
            models.CheckConstraint(condition=Q(opens__lt=F("closes")), name="pickup_slot_closes_after_it_opens"),
        ]


class PointCapacity(models.Model):
    """Crates of a storage class that fit at a pickup point: comfortably (soft), and at all (hard)."""

    pickup_point = models.ForeignKey(PickupPoint, models.CASCADE, related_name="capacities")
    storage_class = models.CharField(max_length=8, choices=StorageClass.choices)
    soft = models.PositiveIntegerField()
    hard = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["pickup_point", "storage_class"], name="point_capacity_once_per_class"),
            models.CheckConstraint(condition=Q(soft__lte=F("hard")), name="point_soft_capacity_within_hard"),
        ]


class Outlets(models.QuerySet["Outlet"]):
    def in_network(self, network: Network) -> Self:
        """Those that a network delivers to: of its outlets, and of its farms with a shop of their own."""
        buying = Membership.objects.current().filter(
            network=network, college__in=[Membership.College.OUTLETS, Membership.College.PRODUCERS]
        )
        return self.filter(archived_at=None, organisation__in=buying.values("organisation"))


class Outlet(models.Model):
    """A shop, restaurant or kitchen that buys in bulk and is delivered at its door."""

    class Kind(models.TextChoices):
        SHOP = "shop", _("shop")
        FARM_SHOP = "farm_shop", _("farm shop")
        MARKET = "market", _("market stall")
        RESTAURANT = "restaurant", _("restaurant")
        CATERER = "caterer", _("caterer")
        KITCHEN = "kitchen", _("public kitchen")
        SCHOOL = "school", _("school")

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="outlet")
    code = models.SlugField(max_length=12, unique=True)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    opens = models.TimeField()
    closes = models.TimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = Outlets.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(opens__lt=F("closes")), name="outlet_closes_after_it_opens"),
        ]

    def __str__(self) -> str:
        return self.organisation.name
