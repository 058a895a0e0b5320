"""How it moves and what that costs: vehicles, rounds, stops, crates, and the shares of the cost."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import Delivery, DeliveryDay, Network, Organisation, Person, Place
from network.quantities import StorageClass
from producers.models import Producer


class Vehicle(models.Model):
    """A van of the hub or of a farmer. Rates in euro; capacity in crates per storage class, in all, and in kg."""

    network = models.ForeignKey(Network, models.PROTECT, null=True, blank=True, related_name="vehicles")
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="vehicles")
    name = models.CharField(max_length=80)
    depot = models.ForeignKey(Place, models.PROTECT, related_name="vehicles")
    crates = models.PositiveIntegerField()
    ambient = models.PositiveIntegerField()
    cool = models.PositiveIntegerField()
    cold = models.PositiveIntegerField()
    frozen = models.PositiveIntegerField()
    kg = models.PositiveIntegerField()
    per_day = models.DecimalField(max_digits=8, decimal_places=2)
    per_km = models.DecimalField(max_digits=8, decimal_places=4)
    per_hour = models.DecimalField(max_digits=8, decimal_places=2)
    available_from = models.TimeField()
    available_until = models.TimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(per_day__gte=0, per_km__gte=0, per_hour__gte=0), name="vehicle_rates_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(available_from__lt=F("available_until")), name="vehicle_returns_after_it_leaves"
            ),
            models.CheckConstraint(condition=Q(crates__gt=0, kg__gt=0), name="vehicle_carries_something"),
        ]

    def __str__(self) -> str:
        return self.name


class Rounds(models.QuerySet["Round"]):
    def visible_to(self, person: Any) -> Self:
        """Rounds of networks this person coordinates, and those this person drives."""
        if not person.is_authenticated:
            return self.none()
        return self.filter(
            Q(delivery_day__cycle__network__in=Network.objects.with_role(person, "coordinator"))
            | Q(driver_id=person.pk)
        )


class Round(models.Model):
    class Leg(models.TextChoices):
        COLLECTION = "collection", _("collection")
        DISTRIBUTION = "distribution", _("distribution")

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        DRIVING = "driving", _("driving")
        DRIVEN = "driven", _("driven")

    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, related_name="rounds")
    leg = models.CharField(max_length=12, choices=Leg.choices)
    number = models.PositiveSmallIntegerField()
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="rounds")
    driver = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="rounds")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PLANNED)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    km = models.DecimalField(max_digits=8, decimal_places=2)
    cost = models.DecimalField(max_digits=10, decimal_places=2)

    objects = Rounds.as_manager()

    class Meta:
        ordering = ["delivery_day", "number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery_day", "number"], name="round_number_once_per_day"),
            models.CheckConstraint(condition=Q(starts_at__lte=F("ends_at")), name="round_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(km__gte=0, cost__gte=0), name="round_costs_not_negative"),
        ]

    def __str__(self) -> str:
        return _("Round %(number)s") % {"number": self.number}


class Stop(models.Model):
    """A farm where crates are collected, or a delivery where they are dropped."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="stops")
    position = models.PositiveSmallIntegerField()
    producer = models.ForeignKey(Producer, models.PROTECT, null=True, blank=True, related_name="stops")
    delivery = models.ForeignKey(Delivery, models.PROTECT, null=True, blank=True, related_name="stops")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    arrives_at = models.DateTimeField()
    leaves_at = models.DateTimeField()
    km = models.DecimalField(max_digits=8, decimal_places=2, help_text=_("from the stop before"))
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["round", "position"]
        constraints = [
            models.UniqueConstraint(fields=["round", "position"], name="stop_position_once_per_round"),
            models.CheckConstraint(
                condition=Q(producer=None, delivery__isnull=False) | Q(producer__isnull=False, delivery=None),
                name="stop_is_at_a_farm_or_a_delivery",
            ),
        ]

    def __str__(self) -> str:
        return str(self.producer or self.delivery.destination)  # type: ignore[union-attr]


class Unplanned(models.Model):
    """A stop the plan could not hold, and why."""

    class Reason(models.TextChoices):
        CAPACITY = "capacity", _("more crates or kg than any vehicle carries")
        STORAGE = "storage", _("no vehicle keeps this storage class cold enough")
        WINDOW = "window", _("its time window cannot be reached")
        HOURS = "hours", _("it does not fit in any driver's hours")
        LEFT_OUT = "left_out", _("there are too few vehicles")
        NOWHERE = "nowhere", _("its address is not known")

    delivery_day = models.ForeignKey(DeliveryDay, models.CASCADE, related_name="unplanned")
    producer = models.ForeignKey(Producer, models.PROTECT, null=True, blank=True, related_name="+")
    delivery = models.ForeignKey(Delivery, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=10, choices=Reason.choices)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(producer=None, delivery__isnull=False) | Q(producer__isnull=False, delivery=None),
                name="unplanned_is_a_farm_or_a_delivery",
            ),
        ]


class Crate(models.Model):
    """
    A crate on a delivery day, in one storage class. On the collection leg it holds one product of a purchase order, or the
    remainders of several (then it names no line); on the distribution leg (parts of) orders of one delivery. `letter`
    tells the crates of a farm or a delivery apart; `contents` is described in `logistics.loading`.
    """

    class Status(models.TextChoices):
        EXPECTED = "expected", _("expected")
        LOADED = "loaded", _("collected")
        DELIVERED = "delivered", _("delivered")
        MISSING = "missing", _("missing")

    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, related_name="crates")
    leg = models.CharField(max_length=12, choices=Round.Leg.choices)
    producer = models.ForeignKey(Producer, models.PROTECT, null=True, blank=True, related_name="crates")
    purchase_order_line = models.ForeignKey(
        "orders.PurchaseOrderLine", models.PROTECT, null=True, blank=True, related_name="crates"
    )
    delivery = models.ForeignKey(Delivery, models.PROTECT, null=True, blank=True, related_name="crates")
    stop = models.ForeignKey(Stop, models.SET_NULL, null=True, blank=True, related_name="crates")
    storage_class = models.CharField(max_length=8, choices=StorageClass.choices)
    letter = models.CharField(max_length=6)
    contents = models.JSONField(default=list)
    kg = models.DecimalField(max_digits=9, decimal_places=3, default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.EXPECTED)
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(leg="collection", producer__isnull=False, delivery=None)
                | Q(leg="distribution", producer=None, delivery__isnull=False),
                name="crate_comes_from_a_farm_or_goes_to_a_delivery",
            ),
            models.UniqueConstraint(
                fields=["delivery_day", "leg", "producer", "delivery", "letter"],
                name="crate_letter_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return self.letter


class Pickup(models.Model):
    """An order handed over at its pickup point or outlet: the check mark of the volunteer."""

    order = models.OneToOneField("orders.Order", models.PROTECT, related_name="pickup")
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")


class CostRun(models.Model):
    """The cost of a delivery day's rounds and how it was shared. `billed + launch_gap = cost`."""

    delivery_day = models.OneToOneField(DeliveryDay, models.PROTECT, related_name="cost_run")
    method = models.CharField(max_length=24)
    cost = models.DecimalField(max_digits=12, decimal_places=2)
    billed = models.DecimalField(max_digits=12, decimal_places=2)
    launch_gap = models.DecimalField(max_digits=12, decimal_places=2)
    made_at = models.DateTimeField(default=clock.now)
    inputs = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(billed__gte=0, launch_gap__gte=0, cost=F("billed") + F("launch_gap")),
                name="cost_is_billed_or_launch_gap",
            )
        ]


class CostShare(models.Model):
    """What transport costs one producer on a delivery day: alone, door to door, and together. Euro, without VAT."""

    cost_run = models.ForeignKey(CostRun, models.CASCADE, related_name="shares")
    producer = models.ForeignKey(Producer, models.PROTECT, related_name="cost_shares")
    crates = models.DecimalField(max_digits=9, decimal_places=3)
    alone = models.DecimalField(max_digits=10, decimal_places=2)
    own = models.DecimalField(
        max_digits=10, decimal_places=2, help_text=_("what bringing to the hub costs her herself")
    )
    share = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cost_run", "producer"], name="one_cost_share_per_run_and_producer"),
            models.CheckConstraint(condition=Q(share__gte=0, own__gte=0), name="cost_share_not_negative"),
            models.CheckConstraint(
                condition=Q(share=0) | Q(alone__gte=F("share") + F("own")), name="nobody_pays_more_than_alone"
            ),
        ]

    @property
    def together(self) -> Any:
        return self.share + self.own

    @property
    def saved(self) -> Any:
        return self.alone - self.together
