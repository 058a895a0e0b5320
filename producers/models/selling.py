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


class Supply(models.Model):
    """
    What a producer has of a product in a week, for all networks and buyers together. `reserved` is written by
    `producers.stock` only.
    """

    product = models.ForeignKey(Product, models.PROTECT, related_name="supplies")
    week_on = models.DateField(help_text=_("the Monday of the week of delivery"))
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
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.week_on}"

    @property
    def available(self) -> Decimal:
        return self.quantity - self.reserved


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


class StockMovement(models.Model):
    """Why the quantity of a supply changed. Append-only."""

    class Reason(models.TextChoices):
        ANNOUNCED = "announced", _("announced")
        CORRECTED = "corrected", _("corrected")
        SHORTAGE = "shortage", _("shortage")

    supply = models.ForeignKey(Supply, models.PROTECT, related_name="movements")
    change = models.DecimalField(max_digits=12, decimal_places=3)
    reason = models.CharField(max_length=10, choices=Reason.choices)
    by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField(default=clock.now)


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
