"""What was noted where goods are collected, and goods that come back."""

from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import Organisation, Person
from orders.models.ordering import Order, OrderLine


class Shortfall(models.Model):
    """
    What a buyer did not get of a line where it is collected, or got bad, in the line's unit; not what the farm already said
    was missing. The buyer never pays for it. The farm bears it, unless the coordinator said before the day was settled
    that the network does (`docs/pickup.md`).
    """

    class Reason(models.TextChoices):
        MISSING = "missing", _("missing")
        BAD = "bad", _("bad")
        OTHER = "other", _("something else")

    class Bearer(models.TextChoices):
        FARM = "farm", _("the farm")
        NETWORK = "network", _("the network")

    line = models.OneToOneField(OrderLine, models.CASCADE, related_name="shortfall")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    reason = models.CharField(max_length=8, choices=Reason.choices)
    note = models.CharField(max_length=200, blank=True)
    bearer = models.CharField(max_length=8, choices=Bearer.choices, default=Bearer.FARM)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="shortfall_is_more_than_nothing")]


class EmptiesReturn(models.Model):
    """
    Empties a household brought back when it collected an order, in all, per value of their deposit: `value` euro a piece,
    0 for crates that bear none. `credited` of them stand on a document already.
    """

    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="empties_returned")
    order = models.ForeignKey(Order, models.PROTECT, related_name="empties_returned")
    value = models.DecimalField(max_digits=6, decimal_places=2)
    count = models.PositiveSmallIntegerField()
    credited = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["order", "value"]
        constraints = [
            models.UniqueConstraint(fields=["order", "value"], name="empties_returned_once_per_order_and_value"),
            models.CheckConstraint(
                condition=Q(value__gte=0, credited__lte=F("count")), name="empties_credited_at_most_once"
            ),
        ]

    @property
    def amount(self) -> Decimal:
        return self.value * self.count


class Withdrawals(models.QuerySet["Withdrawal"]):
    def visible_to(self, person: Any) -> Self:
        """Withdrawals of households this person belongs to."""
        return self.filter(order__buyer__in=Organisation.objects.of(person))


class Withdrawal(models.Model):
    """
    A consumer goes back on (part of) a contract within 14 days, which needs no reason (art. VI.47 and VI.53 Code of
    Economic Law). What was declared, when, is never changed; the coordinator notes that the goods are back.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="withdrawals")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    received_at = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    objects = Withdrawals.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(received_at=None, received_by=None)
                | Q(received_at__isnull=False, received_by__isnull=False),
                name="withdrawal_received_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class WithdrawalLine(models.Model):
    """Units of a line that are given back: declared, and what really came (None: not yet)."""

    withdrawal = models.ForeignKey(Withdrawal, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="withdrawals")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    received = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["withdrawal", "line"], name="withdrawal_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & (Q(received=None) | Q(received__gte=0, received__lte=F("quantity"))),
                name="withdrawal_receives_at_most_what_was_declared",
            ),
        ]
