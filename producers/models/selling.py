"""What is for sale in a week: supplies, the offers that sell them, agreed prices, and why they changed."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import DeliveryDay, Person, PriceGroup
from producers.models.catalogue import Producer, Product


class Supplies(models.QuerySet["Supply"]):
    def standing(self) -> Self:
        """Stock that carries over from week to week, now."""
        return self.filter(carries_over=True, last_week_on=None)

    def of_week(self, week_on: date) -> Self:
        """What is or was sold in a week: its own supplies, and stock that carried over into it. Both may exist of a product."""
        lasting = Q(last_week_on=None) | Q(last_week_on__gte=week_on)
        return self.filter(Q(week_on=week_on) | Q(carries_over=True, week_on__lt=week_on) & lasting)

    def by_product(self) -> dict[int, "Supply"]:
        """One per product (pk): stock that carries over goes before what a week has of its own."""
        found: dict[int, Supply] = {}
        for supply in self:
            if supply.product_id not in found or supply.carries_over:
                found[supply.product_id] = supply
        return found


class Supply(models.Model):
    """
    What a producer has of a product in a week, for all networks and buyers together. One that `carries_over` is all she has
    of it, for every week from `week_on` to `last_week_on` (None: it goes on): the offers of all those weeks sell this one row
    (`docs/supply.md`). `reserved` is written by `producers.stock` only, and by the close of a day.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="supplies")
    week_on = models.DateField(help_text=_("the Monday of the week of delivery"))
    carries_over = models.BooleanField(default=False)
    until_gone = models.BooleanField(default=False, help_text=_("it is not topped up, and ends when nothing is left"))
    last_week_on = models.DateField(null=True, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    reserved = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    price = models.DecimalField(max_digits=10, decimal_places=4)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "supplies"
        constraints = [
            models.UniqueConstraint(fields=["product", "week_on"], name="one_supply_per_product_and_week"),
            models.CheckConstraint(
                condition=Q(reserved__gte=0, reserved__lte=F("quantity")), name="supply_reserved_within_quantity"
            ),
            models.CheckConstraint(condition=Q(price__gt=0), name="supply_price_positive"),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(carries_over=True, last_week_on=None),
                name="one_stock_per_product_carries_over",
            ),
            models.CheckConstraint(
                condition=Q(carries_over=True) | Q(until_gone=False, last_week_on=None),
                name="supply_of_a_week_ends_with_it",
            ),
        ]

    objects = Supplies.as_manager()

    def __str__(self) -> str:
        return f"{self.product} {self.week_on}"

    def can_repeat(self, week_on: date) -> bool:
        """Whether "as last week" announces it again in the week of `week_on`."""
        return self.week_on == week_on - timedelta(weeks=1) and not self.carries_over and not hasattr(self, "pool")

    @property
    def available(self) -> Decimal:
        return self.quantity - self.reserved

    def is_sold_in(self, week_on: date) -> bool:
        if not self.carries_over:
            return self.week_on == week_on
        return self.week_on <= week_on and (self.last_week_on is None or week_on <= self.last_week_on)


class Offers(models.QuerySet["Offer"]):
    def on_sale(self) -> Self:
        """Offers that can be ordered this moment; sold out ones included."""
        moment = clock.now()
        return self.filter(
            Q(closes_at=None) | Q(closes_at__gt=moment),
            listed=True,
            delivery_day__status=DeliveryDay.Status.OPEN,
            delivery_day__closes_at__gt=moment,
        )


class Offer(models.Model):
    """
    A supply at a price, on a delivery day, for a price group. All prices per unit: `price` is what the farmer receives,
    `net` and `gross` what the buyer pays without and with VAT; `tariff` and `contribution` are the parts between. `tiers`
    are the lower prices from so many units, fewest first: `{"from": "20.000", "price": …, "gross": …}`, as strings.
    """

    supply = models.ForeignKey(Supply, models.PROTECT, related_name="offers")
    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, related_name="offers")
    price_group = models.ForeignKey(PriceGroup, models.PROTECT, related_name="offers")
    price = models.DecimalField(max_digits=10, decimal_places=4)
    tariff = models.DecimalField(max_digits=10, decimal_places=4)
    contribution = models.DecimalField(max_digits=10, decimal_places=4)
    net = models.DecimalField(max_digits=10, decimal_places=4)
    vat_rate = models.DecimalField(max_digits=4, decimal_places=2)
    gross = models.DecimalField(max_digits=10, decimal_places=2)
    tiers = models.JSONField(default=list, blank=True)
    listed = models.BooleanField(default=True)
    closes_at = models.DateTimeField(null=True, blank=True)

    objects = Offers.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supply", "delivery_day", "price_group"], name="one_offer_per_supply_day_and_price_group"
            ),
            models.CheckConstraint(
                condition=Q(price__gt=0, tariff__gte=0, contribution__gte=0, net__gt=0, gross__gt=0),
                name="offer_prices_make_sense",
            ),
            models.CheckConstraint(
                condition=Exact(F("net"), F("price") + F("tariff") + F("contribution")),
                name="offer_net_is_the_sum_of_its_parts",
            ),
        ]
        indexes = [models.Index(fields=["delivery_day", "price_group"], name="offers_of_a_day_and_group")]

    def __str__(self) -> str:
        return str(self.supply)

    @property
    def is_on_sale(self) -> bool:
        """As `Offers.on_sale`."""
        over = self.closes_at is not None and self.closes_at <= clock.now()
        return self.listed and not over and self.delivery_day.is_on_sale


class StockMovement(models.Model):
    """Why the quantity of a supply changed; a sale is that of a delivery day that closed. Append-only."""

    class Reason(models.TextChoices):
        ANNOUNCED = "announced", _("announced")
        CORRECTED = "corrected", _("corrected")
        SHORTAGE = "shortage", _("shortage")
        HARVEST = "harvest", _("harvested or made")
        LOSS = "loss", _("lost or used")
        COUNT = "count", _("counted")
        RETURN = "return", _("came back")
        SALE = "sale", _("sold")

    supply = models.ForeignKey(Supply, models.PROTECT, related_name="movements")
    change = models.DecimalField(max_digits=12, decimal_places=3)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    note = models.CharField(max_length=200, blank=True, default="", db_default="")
    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, null=True, blank=True, related_name="stock_sold")
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["supply", "delivery_day"], condition=Q(reason="sale"), name="stock_is_sold_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(reason="sale", change__lt=0, delivery_day__isnull=False)
                | ~Q(reason="sale") & Q(delivery_day=None),
                name="stock_sold_says_for_which_day",
            ),
        ]


class Pool(models.Model):
    """
    A supply that is sold only if enough of it is ordered, such as packages of one animal: from `threshold` units it goes on.
    That is decided at `decides_at`, or on the farmer's word before; else every line of it lapses (`docs/supply.md`).
    """

    class Status(models.TextChoices):
        GATHERING = "gathering", _("gathering orders")
        ON = "on", _("goes on")
        OFF = "off", _("called off")

    supply = models.OneToOneField(Supply, models.PROTECT, related_name="pool")
    threshold = models.DecimalField(max_digits=12, decimal_places=3)
    decides_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.GATHERING)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(threshold__gt=0), name="pool_threshold_positive"),
            models.CheckConstraint(
                condition=Q(status="gathering", decided_at=None)
                | Q(status__in=["on", "off"], decided_at__isnull=False),
                name="decided_pool_says_when",
            ),
        ]

    @property
    def left(self) -> Decimal:
        """Units still to be ordered before it goes on."""
        return max(Decimal(0), self.threshold - self.supply.reserved)


class PriceChange(models.Model):
    """The farmer's price of a supply, as it was and became. Append-only."""

    supply = models.ForeignKey(Supply, models.PROTECT, related_name="price_changes")
    old = models.DecimalField(max_digits=10, decimal_places=4, null=True)
    new = models.DecimalField(max_digits=10, decimal_places=4)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)


class Agreements(models.QuerySet["Agreement"]):
    def current(self) -> Self:
        """Those that hold, or will."""
        return self.filter(period__endswith__gt=clock.today())


class Agreement(models.Model):
    """
    What a farmer promised a group of buyers of a network: `price` is what she receives per unit for deliveries within
    `period`, for any quantity (`from_quantity` 0) or from so many units of one order.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="agreements")
    price_group = models.ForeignKey(PriceGroup, models.PROTECT, related_name="agreements")
    price = models.DecimalField(max_digits=10, decimal_places=4)
    from_quantity = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    period = DateRangeField()
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=clock.now)

    objects = Agreements.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(price__gt=0, from_quantity__gte=0), name="agreement_price_and_quantity_make_sense"
            ),
            ExclusionConstraint(
                name="one_agreement_at_a_time",
                expressions=[
                    ("product", RangeOperators.EQUAL),
                    ("price_group", RangeOperators.EQUAL),
                    ("from_quantity", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    @property
    def last_on(self) -> date:
        """The last day on which it holds."""
        end: date = self.period.upper
        return end - timedelta(days=1)


class Batch(models.Model):
    """
    Many changes of a week at once, pasted, from a file or by a rule: first read and looked at, then applied whole or not at
    all. `upload` is what came in and is forgotten once it is read; `result` what was understood, as `producers.batches` writes it.
    """

    class Source(models.TextChoices):
        PASTED = "pasted", _("pasted")
        FILE = "file", _("file")
        RULE = "rule", _("changed at once")

    class Status(models.TextChoices):
        WAITING = "waiting", _("being read")
        READY = "ready", _("to look at")
        APPLYING = "applying", _("being applied")
        APPLIED = "applied", _("applied")
        REFUSED = "refused", _("refused")

    producer = models.ForeignKey(Producer, models.CASCADE, related_name="batches")
    week_on = models.DateField()
    source = models.CharField(max_length=6, choices=Source.choices)
    name = models.CharField(max_length=120, blank=True)
    upload = models.BinaryField(default=bytes)
    result = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.WAITING)
    message = models.TextField(blank=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
