"""The week: cycles, delivery days with their own cut-off, and deliveries at a point, an outlet or a household's door."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models.people import Network, Organisation
from network.models.places import Outlet, PickupPoint, Place
from network.quantities import StorageClass
from network.texts import Texts


class WeeklyDay(models.Model):
    """A weekday on which a network delivers, and when ordering for it closes."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="weekly_days")
    weekday = models.PositiveSmallIntegerField()
    cutoff_days_before = models.PositiveSmallIntegerField(default=2)
    cutoff_time = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "weekday"], name="weekly_day_once"),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="weekly_day_is_a_weekday"),
        ]


class Holiday(models.Model):
    """A day without deliveries; `moved_to` names the day that replaces it, if any."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="holidays")
    on = models.DateField()
    name = Texts()
    moved_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "on"], name="holiday_once"),
            models.CheckConstraint(condition=~Q(moved_to=F("on")), name="holiday_moves_to_another_day"),
        ]


class Cycles(models.QuerySet["Cycle"]):
    def open(self) -> Self:
        return self.filter(status=Cycle.Status.OPEN)

    def due_to_open(self) -> Self:
        return self.filter(status=Cycle.Status.SCHEDULED, opens_at__lte=clock.now())


class Cycle(models.Model):
    """One selling week of a network. Cycles may overlap: the next can open while the last is still driven."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("scheduled")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        SETTLED = "settled", _("settled")

    network = models.ForeignKey(Network, models.PROTECT, related_name="cycles")
    week_on = models.DateField()
    opens_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SCHEDULED)

    objects = Cycles.as_manager()

    class Meta:
        ordering = ["-opens_at"]
        constraints = [models.UniqueConstraint(fields=["network", "week_on"], name="one_cycle_per_network_and_week")]

    def __str__(self) -> str:
        return f"{self.network} {self.week_on:%G-W%V}"


def taking_orders(day: str = "") -> Q:
    """For a query of delivery days, or of what has one ("delivery_day__")."""
    return Q(**{f"{day}status": DeliveryDay.Status.OPEN, f"{day}closes_at__gt": clock.now()})


class DeliveryDays(models.QuerySet["DeliveryDay"]):
    def on_sale(self) -> Self:
        return self.filter(taking_orders())

    def due_to_close(self) -> Self:
        return self.filter(status=DeliveryDay.Status.OPEN, closes_at__lte=clock.now())


class DeliveryDay(models.Model):
    class Status(models.TextChoices):
        SCHEDULED = "scheduled", _("scheduled")
        OPEN = "open", _("open")
        CLOSED = "closed", _("closed")
        PLANNED = "planned", _("planned")
        DRIVEN = "driven", _("driven")
        SETTLED = "settled", _("settled")

    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="days")
    on = models.DateField()
    closes_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SCHEDULED)

    objects = DeliveryDays.as_manager()

    class Meta:
        ordering = ["on"]
        constraints = [models.UniqueConstraint(fields=["cycle", "on"], name="one_delivery_day_per_cycle_and_date")]
        indexes = [models.Index(fields=["closes_at"], condition=Q(status="open"), name="delivery_day_due_to_close")]

    def __str__(self) -> str:
        return f"{self.cycle.network} {self.on}"

    @property
    def network(self) -> Network:
        return self.cycle.network

    @property
    def is_on_sale(self) -> bool:
        return self.status == self.Status.OPEN and clock.now() < self.closes_at


class Deliveries(models.QuerySet["Delivery"]):
    def on_sale(self) -> Self:
        """Of a day that takes orders."""
        return self.filter(taking_orders("delivery_day__"))

    def for_buyer(self, buyer: Any) -> Self:
        """Deliveries this organisation may choose: pickup points, and its own door."""
        return self.filter(Q(pickup_point__isnull=False) | Q(outlet__organisation=buyer) | Q(home=buyer))

    def at_points(self) -> Self:
        return self.filter(pickup_point__isnull=False)


class Delivery(models.Model):
    """
    Goods handed over on a delivery day, within a window, at one pickup point, one outlet, or the door of one household.
    `fee` is what that household pays to have them brought: euro, VAT included, as agreed when it first asked for this day.
    """

    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, related_name="deliveries")
    pickup_point = models.ForeignKey(PickupPoint, models.PROTECT, null=True, blank=True, related_name="deliveries")
    outlet = models.ForeignKey(Outlet, models.PROTECT, null=True, blank=True, related_name="deliveries")
    home = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="home_deliveries")
    place = models.ForeignKey(Place, models.PROTECT, related_name="deliveries")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    fee = models.DecimalField(max_digits=6, decimal_places=2, default=0)

    objects = Deliveries.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["delivery_day", "pickup_point", "outlet", "home", "starts_at"],
                name="delivery_once",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(fields=["delivery_day", "home"], name="one_home_delivery_per_household_and_day"),
            models.CheckConstraint(
                condition=Q(pickup_point__isnull=False, outlet=None, home=None)
                | Q(pickup_point=None, outlet__isnull=False, home=None)
                | Q(pickup_point=None, outlet=None, home__isnull=False),
                name="delivery_is_at_a_point_an_outlet_or_a_home",
            ),
            models.CheckConstraint(
                condition=Q(fee=0) | Q(fee__gt=0, home__isnull=False), name="only_home_deliveries_have_a_fee"
            ),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="delivery_ends_after_it_starts"),
        ]

    def __str__(self) -> str:
        return f"{self.destination} {self.delivery_day.on}"

    @property
    def destination(self) -> PickupPoint | Outlet | str:
        """Where it is, as everybody may read it. A household is a number: its name and address are for who drives there."""
        return self.pickup_point or self.outlet or gettext("Home delivery %(number)s") % {"number": self.pk}

    @property
    def where(self) -> str:
        """Where it is, as its buyer reads it."""
        return gettext("At your door") if self.home_id else str(self.destination)


class DeliveryCapacity(models.Model):
    """
    Crate equivalents of a storage class at a delivery: `booked` by confirmed orders, at most `hard`.
    `soft` is where the coordinator is warned. No row: no limit.
    """

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="capacities")
    storage_class = models.CharField(max_length=8, choices=StorageClass.choices)
    soft = models.PositiveIntegerField()
    hard = models.PositiveIntegerField()
    booked = models.DecimalField(max_digits=9, decimal_places=3, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery", "storage_class"], name="delivery_capacity_once_per_class"),
            models.CheckConstraint(condition=Q(soft__lte=F("hard")), name="delivery_soft_capacity_within_hard"),
            models.CheckConstraint(
                condition=Q(booked__gte=0, booked__lte=F("hard")), name="delivery_booked_within_hard_capacity"
            ),
        ]
