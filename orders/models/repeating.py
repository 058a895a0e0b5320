"""What comes again: favourites, subscriptions, and what became of them each week."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import Cycle, Network, Organisation, Person, PickupPoint
from orders.models.ordering import Order
from producers.models import BoxSize, Product


class Favourite(models.Model):
    """A product a household, or another buyer, wants to find again."""

    buyer = models.ForeignKey(Organisation, models.CASCADE, related_name="favourites")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["buyer", "product"], name="favourite_once_per_buyer")]


class Cause(models.Model):
    """Who gets a box that its household gives away: the organisation collects it at a pickup point, the household pays."""

    network = models.ForeignKey(Network, models.PROTECT, related_name="causes")
    name = models.CharField(_("name"), max_length=60)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    pickup_point = models.ForeignKey(PickupPoint, models.PROTECT, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "name"],
                condition=Q(archived_at=None),
                name="cause_named_once_per_network",
                violation_error_message=_("This cause is on the list already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Subscriptions(models.QuerySet["Subscription"]):
    def running(self) -> Self:
        return self.filter(stopped_at=None)

    def of(self, person: Any) -> Self:
        """Subscriptions of the organisations this person belongs to."""
        return self.filter(buyer__in=Organisation.objects.of(person))


class Subscription(models.Model):
    """
    A box, or an own list (no size), that becomes an order of its own accord in the weeks that `orders.rhythm` gives.
    `starts_on` is the Monday of its first week; `changed_at` and `version` move with every change.
    """

    class Rhythm(models.TextChoices):
        WEEKLY = "weekly", _("every week")
        FORTNIGHTLY = "fortnightly", _("every two weeks")
        MONTHLY = "monthly", _("once a month")

    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="subscriptions")
    network = models.ForeignKey(Network, models.PROTECT, related_name="subscriptions")
    size = models.ForeignKey(BoxSize, models.PROTECT, null=True, blank=True, related_name="subscriptions")
    pickup_point = models.ForeignKey(PickupPoint, models.PROTECT, related_name="subscriptions")
    weekday = models.PositiveSmallIntegerField()
    rhythm = models.CharField(max_length=12, choices=Rhythm.choices, default=Rhythm.WEEKLY)
    starts_on = models.DateField()
    paused_from = models.DateField(null=True, blank=True)
    paused_until = models.DateField(null=True, blank=True)
    age_declared = models.BooleanField(default=False)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    version = models.PositiveIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = Subscriptions.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["buyer", "network", "size", "pickup_point", "weekday", "rhythm"],
                condition=Q(stopped_at=None),
                name="one_running_subscription_alike",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="subscription_on_a_weekday"),
            models.CheckConstraint(condition=Q(starts_on__iso_week_day=1), name="subscription_starts_on_a_monday"),
            models.CheckConstraint(
                condition=Q(paused_from=None, paused_until=None) | Q(paused_from__lte=F("paused_until")),
                name="subscription_pause_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["network"], condition=Q(stopped_at=None), name="subscriptions_running")]

    def __str__(self) -> str:
        return str(self.size) if self.size else str(_("Own list"))


class SubscriptionWeek(models.Model):
    """
    A week in which a subscription goes otherwise: skipped, given to a cause, or with lines of its own. No row: as usual.
    """

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="weeks")
    week_on = models.DateField()
    skipped = models.BooleanField(default=False)
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "week_on"], name="one_row_per_subscription_and_week"),
            models.CheckConstraint(condition=~Q(skipped=True, cause__isnull=False), name="skipped_or_given_away"),
        ]


class SubscriptionLine(models.Model):
    """So much of a product: of the own list (no week), or what one week's box holds instead of what it would."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="lines")
    week = models.ForeignKey(SubscriptionWeek, models.CASCADE, null=True, blank=True, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "week", "product"], name="subscription_line_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="subscription_line_asks_for_something"),
        ]


class SubscriptionRun(models.Model):
    """
    What became of a subscription in a cycle: at most one row, made with the order in one transaction. `lines` holds per
    product what was wanted and got, as strings; `reason` says why nothing came, in the buyer's language.
    """

    class Outcome(models.TextChoices):
        FILLED = "filled", _("filled")
        PARTLY = "partly", _("filled in part")
        NO_DELIVERY = "no_delivery", _("no delivery that week")
        FAILED = "failed", _("not filled")

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="runs")
    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="subscription_runs")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="subscription_runs")
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    lines = models.JSONField(default=list)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "cycle"], name="one_run_per_subscription_and_cycle"),
            models.CheckConstraint(
                condition=Q(outcome__in=["filled", "partly"], order__isnull=False)
                | Q(outcome__in=["no_delivery", "failed"], order=None),
                name="subscription_run_has_an_order_or_none",
            ),
        ]
