"""What might be: an outsider's estimate, a coordinator's what-if, what the network itself costs, and the refund of a year."""

import secrets
from datetime import date, datetime, timedelta
from typing import Any, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import DeliveryDay, Network, Person


def unguessable() -> str:
    return secrets.token_urlsafe(18)


class Work(models.TextChoices):
    WAITING = "waiting", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


LOST = timedelta(minutes=4)
"""After which a worker that said nothing counts as lost."""


class Works(models.QuerySet[Any]):
    """Rows that a worker computes. It claims one by update, and says now and then that it is still at it."""

    def due(self) -> Self:
        """What nobody computes: it waits, or who did so is lost."""
        lost = Q(status=Work.RUNNING, claimed_at__lt=clock.now() - LOST)
        return self.filter(Q(status=Work.WAITING) | lost)

    def unanswered(self) -> Self:
        return self.filter(status__in=[Work.WAITING, Work.RUNNING])

    def claim(self, pk: int) -> bool:
        """Whether it is now ours to compute."""
        return bool(self.due().filter(pk=pk).update(status=Work.RUNNING, claimed_at=clock.now()))

    def hold(self, pk: int) -> None:
        """We are still at it."""
        self.filter(pk=pk, status=Work.RUNNING).update(claimed_at=clock.now())

    def finish(self, pk: int, **found: Any) -> bool:
        """Keep what was found; False when that was done already, or nobody wants it any more."""
        return bool(self.filter(pk=pk, status=Work.RUNNING).update(status=Work.DONE, **found))

    def fail(self, pk: int) -> None:
        self.filter(pk=pk, status=Work.RUNNING).update(status=Work.FAILED)

    def left_lying(self, since: datetime) -> Self:
        """Due, and asked before `since`: whoever should have begun did not."""
        return self.due().filter(made_at__lt=since)


class WhatIfs(Works):
    def kept(self) -> Self:
        """Those whose time has not passed."""
        return self.filter(expires_on__gte=clock.today())


class WhatIf(models.Model):
    """
    What a farmer outside the network asked, kept with her consent only, until `expires_on`: what she entered, the estimate
    she saw at once, and the exact figure that follows by job. Her link holds the token; there is no account.
    `claimed_at`: when the worker that computes it last said that it does.
    """

    token = models.CharField(max_length=32, unique=True, default=unguessable)
    network = models.ForeignKey(Network, models.CASCADE, related_name="what_ifs")
    made_at = models.DateTimeField(default=clock.now)
    expires_on = models.DateField()
    email = models.EmailField(_("e-mail"), blank=True)
    inputs = models.JSONField()
    estimate = models.JSONField()
    exact = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=8, choices=Work.choices, default=Work.WAITING)
    claimed_at = models.DateTimeField(null=True, blank=True)

    objects = WhatIfs.as_manager()

    class Meta:
        ordering = ["-made_at"]


class Scenario(models.Model):
    """
    A what-if on a delivery day that was settled: what a change would do to everybody's bill. A coordinator asks, or a farmer
    what her own crates outside the platform would do. `inputs` and `result` are described in `logistics.scenarios`;
    `claimed_at`: when the worker that computes it last said that it does.
    """

    class Kind(models.TextChoices):
        POINT = "point", _("one more pickup point")
        DAY = "day", _("one more delivery day")
        VAN = "van", _("one more van")
        PRODUCER = "producer", _("one more farm")
        OUTSIDE = "outside", _("crates of a farm outside the platform")

    delivery_day = models.ForeignKey(DeliveryDay, models.CASCADE, related_name="scenarios")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    inputs = models.JSONField()
    result = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=8, choices=Work.choices, default=Work.WAITING)
    claimed_at = models.DateTimeField(null=True, blank=True)

    objects = Works.as_manager()

    class Meta:
        ordering = ["-made_at"]


class Refund(models.Model):
    """What a network gives back of a year's result, in proportion to use; booked in the ledger under the key `refund:{pk}`."""

    network = models.ForeignKey(Network, models.PROTECT, related_name="refunds")
    year = models.PositiveSmallIntegerField()
    amount = models.DecimalField(_("euro to give back"), max_digits=12, decimal_places=2)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    booked_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "year"], name="one_refund_per_year"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_positive"),
        ]


class Overheads(models.QuerySet["Overhead"]):
    def on(self, day: date) -> Self:
        return self.filter(period__contains=day)


class Overhead(models.Model):
    """Euro a week that the network itself costs, transport apart: who coordinates, the room, insurance. Dated, never overlapping."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="overheads")
    per_week = models.DecimalField(_("euro a week"), max_digits=9, decimal_places=2)
    period = DateRangeField()
    by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    objects = Overheads.as_manager()

    class Meta:
        ordering = ["network", "period"]
        constraints = [
            ExclusionConstraint(
                name="one_overhead_at_a_time",
                expressions=[("network", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=Q(per_week__gte=0), name="overhead_not_negative"),
        ]
