"""The plan of a delivery day: standing tours, rounds, stops, crates, what could not be planned, and every version of it."""

from decimal import Decimal
from typing import Any, Self

from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.crypto import salted_hmac
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from logistics.models.fleet import Vehicle
from network import clock
from network.codes import new_code
from network.models import Delivery, DeliveryDay, Network, Outlet, Person, PickupPoint, Place
from network.models.record import SAID
from network.quantities import StorageClass
from producers.models import Producer


def crate_code() -> str:
    return new_code()


class Rounds(models.QuerySet["Round"]):
    def visible_to(self, person: Any) -> Self:
        """Rounds of networks this person coordinates, and those this person drives."""
        if not person.is_authenticated:
            return self.none()
        return self.filter(
            Q(delivery_day__cycle__network__in=Network.objects.with_role(person, "coordinator"))
            | Q(driver_id=person.pk, pk__in=self.published())
        )

    def published(self) -> Self:
        """Rounds of days whose plan their drivers may see, or have driven."""
        return self.filter(
            Q(delivery_day__in=PlanVersion.objects.published().values("delivery_day"))
            | Q(delivery_day__status__in=[DeliveryDay.Status.DRIVEN, DeliveryDay.Status.SETTLED])
        )


class Tour(models.Model):
    """
    A standing tour: the same stops in the same order at the same hours, every week on a weekday, with one vehicle. The
    planner keeps it unless the coordinator lets it go (`kept` False).
    """

    network = models.ForeignKey(Network, models.CASCADE, related_name="tours")
    name = models.CharField(_("name"), max_length=80)
    weekday = models.PositiveSmallIntegerField()
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="tours")
    kept = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(weekday__lte=6), name="tour_is_on_a_weekday"),
        ]

    def __str__(self) -> str:
        return self.name


class TourStop(models.Model):
    """A farm, pickup point or outlet on a standing tour, and the hour at which the driver is expected."""

    tour = models.ForeignKey(Tour, models.CASCADE, related_name="stops")
    position = models.PositiveSmallIntegerField()
    producer = models.ForeignKey(Producer, models.PROTECT, null=True, blank=True, related_name="+")
    pickup_point = models.ForeignKey(PickupPoint, models.PROTECT, null=True, blank=True, related_name="+")
    outlet = models.ForeignKey(Outlet, models.PROTECT, null=True, blank=True, related_name="+")
    at = models.TimeField()

    class Meta:
        ordering = ["tour", "position"]
        constraints = [
            models.UniqueConstraint(fields=["tour", "position"], name="tour_stop_position_once"),
            models.CheckConstraint(
                condition=Q(producer__isnull=False, pickup_point=None, outlet=None)
                | Q(producer=None, pickup_point__isnull=False, outlet=None)
                | Q(producer=None, pickup_point=None, outlet__isnull=False),
                name="tour_stop_is_at_one_place",
            ),
        ]


class Round(models.Model):
    """
    One trip of a vehicle. `locked`: it keeps its stops, order and times whatever else is replanned. What was really driven
    is in `started_at`, `finished_at` and `km_driven`.
    """

    class Leg(models.TextChoices):
        COLLECTION = "collection", _("collection")
        DISTRIBUTION = "distribution", _("distribution")
        DIRECT = "direct", _("straight from farm to customer")

    class Status(models.TextChoices):
        PLANNED = "planned", _("planned")
        DRIVING = "driving", _("driving")
        DRIVEN = "driven", _("driven")

    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, related_name="rounds")
    leg = models.CharField(max_length=12, choices=Leg.choices)
    number = models.PositiveSmallIntegerField()
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="rounds")
    driver = models.ForeignKey(Person, models.SET_NULL, null=True, blank=True, related_name="rounds")
    tour = models.ForeignKey(Tour, models.SET_NULL, null=True, blank=True, related_name="rounds")
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PLANNED)
    locked = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    km = models.DecimalField(max_digits=8, decimal_places=2)
    cost = models.DecimalField(max_digits=10, decimal_places=2)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    km_driven = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)

    objects = Rounds.as_manager()

    class Meta:
        ordering = ["delivery_day", "number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery_day", "number"], name="round_number_once_per_day"),
            models.CheckConstraint(condition=Q(starts_at__lte=F("ends_at")), name="round_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(km__gte=0, cost__gte=0), name="round_costs_not_negative"),
            models.CheckConstraint(
                condition=Q(km_driven=None) | Q(km_driven__gte=0), name="round_km_driven_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return _("Round %(number)s") % {"number": self.number}

    @property
    def co2_kg(self) -> Decimal:
        return self.km * self.vehicle.co2_per_km / 1000


class Stop(models.Model):
    """
    A farm where crates are collected, or a delivery where they are dropped. `locked`: it stays on its round. `arrived_at` and
    `left_at` are what the driver's phone noted.
    """

    round = models.ForeignKey(Round, models.CASCADE, related_name="stops")
    position = models.PositiveSmallIntegerField()
    producer = models.ForeignKey(Producer, models.PROTECT, null=True, blank=True, related_name="stops")
    delivery = models.ForeignKey(Delivery, models.PROTECT, null=True, blank=True, related_name="stops")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    arrives_at = models.DateTimeField()
    leaves_at = models.DateTimeField()
    km = models.DecimalField(max_digits=8, decimal_places=2, help_text=_("from the stop before"))
    locked = models.BooleanField(default=False)
    arrived_at = models.DateTimeField(null=True, blank=True)
    left_at = models.DateTimeField(null=True, blank=True)
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
    """
    A stop the plan could not hold, why, and what would make it possible: `remedy` is of the kind of `reason`, such as
    `{"crates": 12}` more room, or `{"minutes": 25}` more time (`logistics.routing.Unplanned`).
    """

    class Reason(models.TextChoices):
        SKILLS = "skills", _("no vehicle may or can stop there")
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
    remedy = models.JSONField(default=dict, blank=True)

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
    remainders of several (then it names no line); on the distribution leg (parts of) orders of one delivery; on the direct
    leg what one farm sends straight to one delivery. `letter` tells the crates of a farm or a delivery apart, `code` is
    short, opaque and unique, for labels; `contents` is described in `logistics.loading`.
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
    dropped_at = models.ForeignKey(
        Stop, models.SET_NULL, null=True, blank=True, related_name="dropped", help_text=_("on the direct leg")
    )
    storage_class = models.CharField(max_length=8, choices=StorageClass.choices)
    letter = models.CharField(max_length=6)
    code = models.CharField(max_length=10, unique=True, default=crate_code)
    contents = models.JSONField(default=list)
    kg = models.DecimalField(max_digits=9, decimal_places=3, default=0)
    max_temperature = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.EXPECTED)
    checked_at = models.DateTimeField(null=True, blank=True)
    checked_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(leg="collection", producer__isnull=False, delivery=None)
                | Q(leg="distribution", producer=None, delivery__isnull=False)
                | Q(leg="direct", producer__isnull=False, delivery__isnull=False),
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


class PlanVersions(models.QuerySet["PlanVersion"]):
    def published(self) -> Self:
        """Published, and not followed by another plan that nobody published."""
        replaced = PlanVersion.objects.filter(
            delivery_day=OuterRef("delivery_day"),
            action=PlanVersion.PLANNED,
            published_at=None,
            number__gt=OuterRef("number"),
        )
        return self.filter(~Exists(replaced), published_at__isnull=False)


class PlanVersion(models.Model):
    """
    The plan of a day as it stood after a change, so that versions can be compared and undone. `plan` is described in
    `logistics.versions`; `roads` names where distances came from. Published is what drivers see.
    """

    PLANNED = "planned the rounds"

    delivery_day = models.ForeignKey(DeliveryDay, models.CASCADE, related_name="plan_versions")
    number = models.PositiveSmallIntegerField()
    action = models.CharField(max_length=40)
    by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    plan = models.JSONField(default=dict)
    roads = models.CharField(max_length=12, blank=True)
    km = models.DecimalField(max_digits=10, decimal_places=2)
    cost = models.DecimalField(max_digits=12, decimal_places=2)
    co2_kg = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    unplanned = models.PositiveSmallIntegerField(default=0)
    alone_km = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    alone_cost = models.DecimalField(max_digits=12, decimal_places=2, null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)

    objects = PlanVersions.as_manager()

    class Meta:
        ordering = ["delivery_day", "number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery_day", "number"], name="plan_version_number_once_per_day")
        ]

    def __str__(self) -> str:
        return _("Version %(number)s") % {"number": self.number}

    @property
    def said(self) -> str:
        """What was done, in the reader's language."""
        return capfirst(str(SAID.get(self.action, self.action)))


class RoundChange(models.Model):
    """What changed on a round after it was published, as signed differences the driver acknowledges."""

    round = models.ForeignKey(Round, models.CASCADE, related_name="changes")
    version = models.ForeignKey(PlanVersion, models.CASCADE, related_name="round_changes")
    deltas = models.JSONField(default=list)
    at = models.DateTimeField(default=clock.now)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["round", "version"], name="one_change_per_round_and_version")]


def private_files() -> Storage:
    """Where files lie that only a view may hand out, after asking who is there."""
    return storages["private"]


def paper_path(paper: "Paper", _name: str) -> str:
    """
    A name nobody guesses and that making the paper again gives again, so that what a killed worker left behind is
    written over and never lies about.
    """
    made = f"{paper.version_id}-{paper.kind}-{paper.round_number}-{paper.language}"
    return f"papers/{salted_hmac('logistics.paper', made, algorithm='sha256').hexdigest()[:40]}.pdf"


class Paper(models.Model):
    """
    A sheet or a set of labels, made when the plan was published and kept as it was printed. `round_number` 0: of the
    whole day. The number stays when planning anew replaces the round.
    """

    class Kind(models.TextChoices):
        RUN_SHEET = "run_sheet", _("run sheet")
        LABELS = "labels", _("crate labels")
        PACKING_LISTS = "packing_lists", _("packing lists")
        DELIVERY_NOTES = "delivery_notes", _("delivery notes")
        SUMMARIES = "summaries", _("summary per stop")
        EVERYTHING = "everything", _("everything in one")

    version = models.ForeignKey(PlanVersion, models.CASCADE, related_name="papers")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    round = models.ForeignKey(Round, models.SET_NULL, null=True, blank=True, related_name="papers")
    round_number = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=2)
    pages = models.PositiveSmallIntegerField(default=0)
    file = models.FileField(upload_to=paper_path, storage=private_files)
    made_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["version", "round_number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "kind", "round_number", "language"], name="paper_once")
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())
