"""The terms on which a network works: price groups, logistics tariffs, VAT rates, home delivery."""

from datetime import date
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from network.models.people import Network
from network.quantities import StorageClass


class PriceGroup(models.Model):
    """Buyers who see the same price: households, or the trade. The contribution is a share of the net shelf price."""

    class Audience(models.TextChoices):
        HOUSEHOLD = "household", _("households")
        TRADE = "trade", _("outlets and farm shops")

    network = models.ForeignKey(Network, models.CASCADE, related_name="price_groups")
    audience = models.CharField(max_length=10, choices=Audience.choices)
    contribution = models.DecimalField(max_digits=4, decimal_places=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "audience"], name="one_price_group_per_audience"),
            models.CheckConstraint(
                condition=Q(contribution__gte=0, contribution__lt=1), name="contribution_is_a_share_below_one"
            ),
        ]

    def __str__(self) -> str:
        return self.get_audience_display()


class Dated(models.QuerySet["Tariff"]):
    def on(self, day: date) -> Self:
        return self.filter(period__contains=day)


class Tariff(models.Model):
    """Euro of logistics per crate equivalent of a storage class, on top of the farmer's price."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="tariffs")
    storage_class = models.CharField(max_length=8, choices=StorageClass.choices)
    per_crate = models.DecimalField(max_digits=8, decimal_places=4)
    period = DateRangeField()

    objects = Dated.as_manager()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_tariff_at_a_time",
                expressions=[
                    ("network", RangeOperators.EQUAL),
                    ("storage_class", RangeOperators.EQUAL),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(condition=Q(per_crate__gte=0), name="tariff_not_negative"),
        ]


class VatRate(models.Model):
    """Belgian VAT rate in percent per kind of goods."""

    class Category(models.TextChoices):
        FOOD = "food", _("food")
        ALCOHOL = "alcohol", _("alcohol")
        PLANTS = "plants", _("plants and flowers")
        SERVICE = "service", _("services")

    category = models.CharField(max_length=8, choices=Category.choices)
    rate = models.DecimalField(max_digits=4, decimal_places=2)
    period = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_vat_rate_at_a_time",
                expressions=[("category", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=Q(rate__gte=0, rate__lt=100), name="vat_rate_is_a_percentage"),
        ]


class HomeDelivery(models.Model):
    """
    A network brings baskets home: on these weekdays, in this window, to at most so many `doors` a day within `radius_km` of
    its hub as the crow flies. `price` per delivery, VAT included. No row: it does not.
    """

    network = models.OneToOneField(Network, models.CASCADE, related_name="home_delivery")
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    opens = models.TimeField()
    closes = models.TimeField()
    price = models.DecimalField(max_digits=6, decimal_places=2)
    radius_km = models.PositiveSmallIntegerField()
    doors = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name_plural = "home deliveries"
        constraints = [
            models.CheckConstraint(condition=Q(opens__lt=F("closes")), name="home_delivery_closes_after_it_opens"),
            models.CheckConstraint(condition=Q(price__gte=0), name="home_delivery_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.price}"
