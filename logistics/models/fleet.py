"""What drives, where it may drive, and how each farm's goods leave the yard this week."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import Network, Organisation, Person, Place
from network.texts import Texts
from producers.models import Producer


def every_day() -> list[int]:
    return list(range(7))


class Vehicle(models.Model):
    """
    What drives: a van of the hub or of a farmer, a cargo bike, a volunteer's car, a hired carrier. Rates in euro; capacity
    in crates per storage class, in all, and in kg. It starts at its depot and ends there, or at `returns_to`. A driver is
    away for at most `longest_minutes`; a round longer than six hours contains a pause of `pause_minutes`.
    """

    class Kind(models.TextChoices):
        VAN = "van", _("van")
        BIKE = "bike", _("cargo bike")
        CAR = "car", _("volunteer's car")
        CARRIER = "carrier", _("hired carrier")

    class Cooling(models.TextChoices):
        NONE = "none", _("no cooling")
        BOXES = "boxes", _("cool boxes")
        COMPARTMENT = "compartment", _("cold compartment")

    network = models.ForeignKey(Network, models.PROTECT, null=True, blank=True, related_name="vehicles")
    owner = models.ForeignKey(Organisation, models.PROTECT, related_name="vehicles")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices, default=Kind.VAN)
    cooling = models.CharField(_("cooling"), max_length=12, choices=Cooling.choices, default=Cooling.COMPARTMENT)
    depot = models.ForeignKey(Place, models.PROTECT, related_name="vehicles")
    returns_to = models.ForeignKey(Place, models.PROTECT, null=True, blank=True, related_name="+")
    crates = models.PositiveIntegerField()
    ambient = models.PositiveIntegerField()
    cool = models.PositiveIntegerField()
    cold = models.PositiveIntegerField()
    frozen = models.PositiveIntegerField()
    kg = models.PositiveIntegerField()
    per_day = models.DecimalField(max_digits=8, decimal_places=2)
    per_km = models.DecimalField(max_digits=8, decimal_places=4)
    per_hour = models.DecimalField(max_digits=8, decimal_places=2)
    per_stop = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=every_day)
    longest_minutes = models.PositiveSmallIntegerField(default=600)
    pause_minutes = models.PositiveSmallIntegerField(default=30)
    enters_low_emission = models.BooleanField(default=True)
    co2_per_km = models.PositiveSmallIntegerField(default=230, help_text=_("grams"))
    available_from = models.TimeField()
    available_until = models.TimeField()
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(per_day__gte=0, per_km__gte=0, per_hour__gte=0, per_stop__gte=0),
                name="vehicle_rates_not_negative",
            ),
            models.CheckConstraint(
                condition=~Q(kind="car") | Q(per_day=0, per_hour=0, per_stop=0),
                name="volunteers_are_repaid_kilometres_only",
            ),
            models.CheckConstraint(
                condition=Q(longest_minutes__gt=F("pause_minutes")), name="vehicle_pause_within_drivers_hours"
            ),
            models.CheckConstraint(
                condition=Q(available_from__lt=F("available_until")), name="vehicle_returns_after_it_leaves"
            ),
            models.CheckConstraint(condition=Q(crates__gt=0, kg__gt=0), name="vehicle_carries_something"),
            models.CheckConstraint(
                condition=~Q(cooling="none") | Q(cold=0, frozen=0), name="vehicle_without_cooling_carries_nothing_cold"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LowEmissionZone(models.Model):
    """Where only vehicles with `enters_low_emission` may stop. `boundary` is a ring of [latitude, longitude] corners."""

    name = Texts()
    boundary = models.JSONField()

    def __str__(self) -> str:
        return str(self.name)


class TransportChoice(models.Model):
    """
    How a producer's goods leave her yard in a week: she brings them to the hub, is collected, or drives a round with a vehicle
    of her own. It counts for that week, and when it `repeats` for those after it in which she chooses nothing.
    """

    producer = models.ForeignKey(Producer, models.PROTECT, related_name="transport_choices")
    week_on = models.DateField(help_text=_("the Monday of the week of delivery"))
    transport = models.CharField(max_length=10, choices=Producer.Transport.choices)
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, null=True, blank=True, related_name="+")
    repeats = models.BooleanField(
        default=False, help_text=_("also for the weeks after, until something else is chosen")
    )
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["producer", "week_on"], name="one_transport_choice_per_producer_and_week"),
            models.CheckConstraint(
                condition=~Q(transport="drives") | Q(vehicle__isnull=False), name="who_drives_names_her_vehicle"
            ),
        ]


class Road(models.Model):
    """
    Road km and driving minutes from one spot to another as a road server told them. Spots are in hundred-thousandths of a
    degree. Without km and minutes there is no road.
    """

    source = models.CharField(max_length=12)
    from_lat = models.IntegerField()
    from_lon = models.IntegerField()
    to_lat = models.IntegerField()
    to_lon = models.IntegerField()
    km = models.FloatField(null=True)
    minutes = models.FloatField(null=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "from_lat", "from_lon", "to_lat", "to_lon"], name="one_road_per_source_and_pair"
            ),
            models.CheckConstraint(
                condition=Q(km=None, minutes=None) | Q(km__gte=0, minutes__gte=0),
                name="road_length_and_time_not_negative",
            ),
        ]
